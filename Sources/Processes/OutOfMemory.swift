internal import Base
internal import LinuxABI
internal import Memory
internal import NucleusInterface
internal import Trace

extension Process {
    /// Kills the program because a page that it touched can't be had, and says so with the sizes, in
    /// the words of Linux (mm/oom_kill.c). The library OS goes on with its reserve.
    func killForMemory(at address: VirtualAddress) {
        // A thread that waits for the signal may fault again.
        guard !isOutOfMemory else { return forceKill() }
        isOutOfMemory = true
        let sizes = MemorySizes(of: self)
        Log.line(.error) { text in
            text.append("out of memory: killed ")
            self.appendName(to: &text)
            text.append(", which touched 0x")
            text.append(hexadecimal: address.rawValue)
            text.append("; free ")
            text.append(UInt64(Frames.freeCount) << 2)
            text.append(" kB of ")
            text.append(UInt64(Frames.totalCount) << 2)
            text.append(" kB, reserve ")
            text.append(UInt64(KernelReserve.frames) << 2)
            text.append(" kB")
        }
        Log.line(.error) { text in
            text.append("out of memory: ")
            self.appendName(to: &text)
            text.append(": total-vm:")
            text.append(self.addressSpace.mappedByteCount >> 10)
            text.append("kB, anon-rss:")
            text.append(UInt64(sizes.anonymousPages) << 2)
            text.append("kB, file-rss:")
            text.append(UInt64(sizes.filePages) << 2)
            text.append("kB, shmem-rss:")
            text.append(UInt64(sizes.sharedMemoryPages) << 2)
            text.append("kB, pgtables:")
            text.append(self.addressSpace.tableByteCount >> 10)
            text.append("kB")
        }
        forceKill()
    }
    private func forceKill() {
        ProgramThread.current.signals.force(.kill, SignalInformation(.kill, .kernel))
    }
    private func appendName(to text: inout TextBuffer) {
        let name = name
        var index = 0
        while index < 16, name[index] != 0 {
            // What a line of the log can show.
            text.append(byte: (0x20..<0x7f).contains(name[index]) ? name[index] : 0x3f)
            index += 1
        }
    }
}
