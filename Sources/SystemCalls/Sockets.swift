internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes

// Sockets: making, naming, connecting. What a family does with it is in Files/Sockets.
extension SystemCalls {
    /// SOCK_CLOEXEC and SOCK_NONBLOCK beside a number, as the flags of open(2). EINVAL.
    private static func socketFlags(_ bits: Int32) throws(Errno) -> OpenFlags {
        let flags = OpenFlags(rawValue: bits)
        guard flags.isSubset(of: [.closeOnExec, .nonblocking]) else { throw .invalidArgument }
        return flags
    }
    private static func own(_ flags: OpenFlags) -> DescriptorFlags {
        flags.contains(.closeOnExec) ? .closeOnExec : []
    }

    /// socket(2): Makes a socket. Errors: EAFNOSUPPORT, EINVAL, EMFILE, ENOMEM, EPROTONOSUPPORT,
    /// ESOCKTNOSUPPORT.
    static func socket(
        _ caller: Caller, family: Int32, type: Int32, protocolNumber: Int32
    ) throws(Errno) -> Int {
        let flags = try socketFlags(type & ~SocketKind.mask)
        let files = caller.files
        let socket = try files.makeSocket(
            family: family, type: type & SocketKind.mask, protocolNumber: protocolNumber)
        return try caller.install(try files.open(socket, flags), own(flags))
    }

    /// socketpair(2): Makes two sockets that are connected with one another. Errors: those of socket(2),
    /// EFAULT, EOPNOTSUPP.
    static func socketpair(
        _ caller: Caller, family: Int32, type: Int32, protocolNumber: Int32,
        descriptors: VirtualAddress
    ) throws(Errno) -> Int {
        let flags = try socketFlags(type & ~SocketKind.mask)
        // Linux stores the numbers first (__sys_socketpair).
        guard ProgramMemory.contains(descriptors, count: 8) else { throw .badAddress }
        let files = caller.files
        let kind = type & SocketKind.mask
        try caller.requireDescriptor()
        let one = try files.makeSocket(family: family, type: kind, protocolNumber: protocolNumber)
        let two = try files.makeSocket(family: family, type: kind, protocolNumber: protocolNumber)
        try one.pair(with: two, by: caller.process)
        let first: OpenFile
        do throws(Errno) { first = try files.open(one, flags) } catch {
            two.abandon()
            throw error
        }
        let second: OpenFile
        do throws(Errno) { second = try files.open(two, flags) } catch {
            first.release()
            throw error
        }
        return try caller.installPair(first, second, own(flags), at: descriptors)
    }

    /// bind(2): Gives a socket a name. Errors: EACCES, EADDRINUSE, EBADF, EFAULT, EINVAL, ENOMEM,
    /// ENOTSOCK and those of a path.
    static func bind(
        _ caller: Caller, descriptor: Int32, address: VirtualAddress, length: Int32
    ) throws(Errno) -> Int {
        let (socket, _) = try caller.socket(descriptor)
        let address = try caller.socketAddress(at: address, byteCount: length)
        try socket.bind(to: address, by: caller.process)
        return 0
    }

    /// listen(2): Lets connections come, so many before they are accepted. Errors: EBADF, EINVAL,
    /// ENOTSOCK, EOPNOTSUPP.
    static func listen(_ caller: Caller, descriptor: Int32, backlog: Int32) throws(Errno) -> Int {
        let (socket, _) = try caller.socket(descriptor)
        // net.core.somaxconn; a negative number is a large one.
        let most: Int32 = 4096
        try socket.listen(
            backlog: Int(backlog < 0 ? most : min(backlog, most)), by: caller.process)
        return 0
    }

    /// connect(2): Connects a socket to a name. Errors: EACCES, EAGAIN, EBADF, ECONNREFUSED, EFAULT,
    /// EINTR, EINVAL, EISCONN, ENOTSOCK, EPERM, EPROTOTYPE and those of a path.
    static func connect(
        _ caller: Caller, descriptor: Int32, address: VirtualAddress, length: Int32
    ) throws(Errno) -> Int {
        let (socket, file) = try caller.socket(descriptor)
        let address = try caller.socketAddress(at: address, byteCount: length)
        try caller.holding(file) { () throws(Errno) in
            try socket.connect(to: address, file.blocking, by: caller.process)
        }
        return 0
    }

    /// accept(2): Takes a connection that came. Errors: EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EMFILE,
    /// ENOMEM, ENOTSOCK, EOPNOTSUPP.
    static func accept(
        _ caller: Caller, descriptor: Int32, address: VirtualAddress, length: VirtualAddress
    ) throws(Errno) -> Int {
        try accept4(caller, descriptor: descriptor, address: address, length: length, flags: 0)
    }
    /// accept4(2): As accept(2), with SOCK_CLOEXEC and SOCK_NONBLOCK. Errors: those of accept(2).
    static func accept4(
        _ caller: Caller, descriptor: Int32, address: VirtualAddress, length: VirtualAddress,
        flags: Int32
    ) throws(Errno) -> Int {
        let file = try caller.file(descriptor)
        let flags = try socketFlags(flags)
        guard let socket = file.socket else { throw .notSocket }
        try caller.requireDescriptor()
        let connection = try caller.holding(file) { () throws(Errno) in
            try socket.accept(file.blocking)
        }
        let accepted = try caller.files.open(connection, flags)
        do throws(Errno) {
            if !address.isNull {
                let name: SocketAddress
                do throws(Errno) { name = try connection.peerName() } catch {
                    throw .connectionAborted
                }
                try caller.store(name, at: address, length: length)
            }
        } catch {
            accepted.release()
            throw error
        }
        return try caller.install(accepted, own(flags))
    }

    /// getsockname(2): Tells the name of a socket. Errors: EBADF, EFAULT, EINVAL, ENOTSOCK.
    static func getsockname(
        _ caller: Caller, descriptor: Int32, address: VirtualAddress, length: VirtualAddress
    ) throws(Errno) -> Int {
        let (socket, _) = try caller.socket(descriptor)
        try caller.store(try socket.name(), at: address, length: length)
        return 0
    }
    /// getpeername(2): Tells the name of the other side. Errors: those of getsockname(2), ENOTCONN.
    static func getpeername(
        _ caller: Caller, descriptor: Int32, address: VirtualAddress, length: VirtualAddress
    ) throws(Errno) -> Int {
        let (socket, _) = try caller.socket(descriptor)
        try caller.store(try socket.peerName(), at: address, length: length)
        return 0
    }

    /// shutdown(2): Ends one direction of a connection, or both. Errors: EBADF, EINVAL, ENOTCONN,
    /// ENOTSOCK.
    static func shutdown(_ caller: Caller, descriptor: Int32, how: Int32) throws(Errno) -> Int {
        let (socket, _) = try caller.socket(descriptor)
        guard (0...2).contains(how) else { throw .invalidArgument }
        try socket.shutDown(SocketDirections(rawValue: how + 1))
        return 0
    }
}
