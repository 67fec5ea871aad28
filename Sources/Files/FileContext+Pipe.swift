internal import Base
package import LinuxABI
internal import Memory

extension FileContext {
    /// Makes a pipe and opens its two ends, as pipe2(2). ENOMEM.
    package func openPipe(
        _ flags: OpenFlags
    ) throws(Errno) -> (reading: OpenFile, writing: OpenFile) {
        try KernelReserve.admit()
        let system = root.node.fileSystem.pipes
        let node = try PipeNode(
            in: system, owner: credentials.user, group: credentials.group)
        let entry = try DirectoryEntry(numbered: node, kind: "pipe")
        let status = flags.intersection(.nonblocking)
        let reading = try OpenFile(entry, flags: status)
        let packets = flags.intersection(.direct)
        let writing = try OpenFile(entry, flags: status.union(packets).union(.writeOnly))
        return (reading, writing)
    }
}

extension OpenFile {
    /// Bytes that the pipe holds (F_GETPIPE_SZ). EBADF where the file is no pipe.
    package func pipeCapacity() throws(Errno) -> Int {
        guard let pipe = node as? PipeNode else { throw .badDescriptor }
        return pipe.capacity
    }
    /// Changes what the pipe holds (F_SETPIPE_SZ). EBADF, EBUSY, EINVAL, ENOMEM, EPERM.
    package func setPipeCapacity(_ byteCount: Int, _ limit: PipeLimit) throws(Errno) -> Int {
        guard let pipe = node as? PipeNode else { throw .badDescriptor }
        return try pipe.setCapacity(byteCount, limit)
    }
}
