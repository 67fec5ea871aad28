internal import Base
package import LinuxABI
internal import Memory

extension FileContext {
    /// Makes a socket, as socket(2), which has no open file yet. EAFNOSUPPORT, EINVAL, ENOMEM,
    /// EPROTONOSUPPORT, ESOCKTNOSUPPORT.
    package func makeSocket(
        family: Int32, type: Int32, protocolNumber: Int32
    ) throws(Errno) -> Socket {
        // NPROTO and SOCK_MAX of Linux.
        let familyCount: Int32 = 46
        let typeCount: Int32 = 11
        guard family >= 0, family < familyCount else { throw .addressFamilyNotSupported }
        guard type >= 0, type < typeCount else { throw .invalidArgument }
        guard family == Int32(SocketFamily.unix) else { throw .addressFamilyNotSupported }
        guard protocolNumber == 0 || protocolNumber == Int32(SocketFamily.unix) else {
            throw .protocolNotSupported
        }
        // SOCK_RAW is another name of datagrams (unix_create).
        let raw: Int32 = 3
        guard let kind = type == raw ? SocketKind.datagram : SocketKind(rawValue: type) else {
            throw .socketTypeNotSupported
        }
        try KernelReserve.admit()
        return UnixSocket(
            kind, in: root.node.fileSystem.sockets, owner: credentials.user,
            group: credentials.group)
    }
    /// Opens a socket, which ends where that fails. ENOMEM.
    package func open(_ socket: Socket, _ flags: OpenFlags) throws(Errno) -> OpenFile {
        do throws(Errno) {
            try KernelReserve.admit()
            let entry = try DirectoryEntry(numbered: socket, kind: "socket")
            return try OpenFile(
                entry, flags: flags.intersection(.nonblocking).union(.readWrite))
        } catch {
            socket.abandon()
            throw error
        }
    }
}
