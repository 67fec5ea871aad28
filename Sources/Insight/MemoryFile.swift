internal import Base
internal import Files
internal import LinuxABI
internal import Processes

/// /proc/[pid]/mem: a program's memory by address, read-only pages included (proc_pid_mem(5)).
enum MemoryFile {
    /// The node for memory, which has nothing to read or write where that is gone.
    static func make(
        of memory: ProcessMemory?, in system: FileSystem, _ mode: FileMode, _ place: SubjectNode
    ) -> Node {
        GeneratedBytesNode(
            in: system, mode: mode, place,
            receiver: { (offset, bytes) throws(Errno) in
                guard let memory, memory.isInUse else { return 0 }
                do throws(Errno) {
                    return try memory.write(bytes, at: VirtualAddress(rawValue: offset))
                } catch { throw Self.asOfDevice(error) }
            },
            { (offset, bytes) throws(Errno) in
                guard let memory, memory.isInUse else { return 0 }
                do throws(Errno) {
                    return try memory.read(at: VirtualAddress(rawValue: offset), into: &bytes)
                } catch { throw Self.asOfDevice(error) }
            })
    }
    /// What is not mapped is an error of the file, not of the caller's buffer (mem_rw).
    private static func asOfDevice(_ error: Errno) -> Errno {
        error == .badAddress ? .inputOutput : error
    }
}
