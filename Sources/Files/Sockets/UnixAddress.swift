internal import Base
internal import LinuxABI
internal import Memory

/// Where a Unix socket is bound: a path, or an abstract name, which begins with a NUL (unix(7)).
final class UnixAddress {
    /// What follows the family: the path with its NUL, or the name.
    let path: ByteString
    /// The socket that was bound here; others, accepted ones, only tell the name.
    private(set) var owner: UnixSocket?
    private let name: SocketNameNode?
    /// The name's entry, which refers to the socket.
    private var abstractEntry: DirectoryEntry?

    private init(
        _ path: ByteString, of owner: UnixSocket, name: SocketNameNode?, abstract: DirectoryEntry?
    ) {
        self.path = path
        self.owner = owner
        self.name = name
        abstractEntry = abstract
    }
    /// The name is free again; a path stays, and leads nowhere.
    func release() {
        name?.socket = nil
        if let entry = abstractEntry, let directory = entry.parent?.directory {
            directory.unlink(entry)
            // The directory goes with the last name.
            if (try? directory.isEmpty()) == true { owner?.fileSystem.abstractNames = nil }
        }
        abstractEntry = nil
        owner = nil
    }

    /// Bytes of `struct sockaddr_un`'s path.
    static let maximumPathByteCount = 108

    /// Binds a socket to a path or a name. EADDRINUSE, EINVAL where it is bound, and what a new name may
    /// meet in the file tree.
    static func bind(
        _ socket: UnixSocket, to address: SocketAddress, in files: FileContext
    ) throws(Errno) -> UnixAddress {
        guard try isPath(address) else {
            return try bind(socket, toAbstract: address.bytes.extracting(droppingFirst: 2), files)
        }
        let path = path(of: address)
        var frame = InlineArray<109, UInt8>(repeating: 0)
        for index in 0..<path.byteCount { frame[index] = path.byte(at: index) }
        let copy = try ByteString(copying: frame.span.raw.extracting(first: path.byteCount + 1))
        let node: SocketNameNode
        do throws(Errno) {
            node = try files.makeSocketName(path, mode: socket.mode) { () throws(Errno) in
                guard socket.address == nil else { throw .invalidArgument }
            }
        } catch {
            throw error == .fileExists ? .addressInUse : error
        }
        node.socket = socket
        return UnixAddress(copy, of: socket, name: node, abstract: nil)
    }
    private static func bind(
        _ socket: UnixSocket, toAbstract name: RawSpan, _ files: FileContext
    ) throws(Errno) -> UnixAddress {
        guard socket.address == nil else { throw .invalidArgument }
        try KernelReserve.admit()
        let copy = try ByteString(copying: name)
        let entry: DirectoryEntry
        do throws(Errno) {
            entry = try files.addAbstract(socket, name)
        } catch {
            throw error == .fileExists ? .addressInUse : error
        }
        return UnixAddress(copy, of: socket, name: nil, abstract: entry)
    }
    private static let lastAutomatic = Global<UInt32>(0)
    /// Binds a socket to an abstract name of five hexadecimal digits ("Autobind feature"). ENOSPC.
    static func bindAutomatically(
        _ socket: UnixSocket, in files: FileContext
    ) throws(Errno) -> UnixAddress {
        for _ in 0..<1 << 20 {
            lastAutomatic.value = (lastAutomatic.value + 1) & 0xfffff
            var name = InlineArray<6, UInt8>(repeating: 0)
            for index in 0..<5 {
                let digit = UInt8(lastAutomatic.value >> UInt32(16 - index * 4) & 0xf)
                name[index + 1] = digit < 10 ? 0x30 + digit : 0x61 + digit - 10
            }
            do throws(Errno) {
                return try bind(socket, toAbstract: name.span.raw, files)
            } catch {
                if error != .addressInUse { throw error }
            }
        }
        throw .noSpace
    }

    /// The socket that an address names. ECONNREFUSED where there is none, EPROTOTYPE where it is of
    /// another type, and errors of path resolution.
    static func find(
        _ address: SocketAddress, _ type: SocketKind, in files: FileContext
    ) throws(Errno) -> UnixSocket {
        guard try isPath(address) else {
            let name = address.bytes.extracting(droppingFirst: 2)
            guard let socket = try files.findAbstract(name, type) else {
                throw .connectionRefused
            }
            return socket
        }
        let entry = try files.resolve(path(of: address))
        try entry.node.require(.write, for: files.credentials)
        guard let socket = (entry.node as? SocketNameNode)?.socket else {
            throw .connectionRefused
        }
        guard socket.type == type else { throw .wrongProtocolType }
        return socket
    }

    /// Whether an address is a path; else it is an abstract name. EINVAL (unix_validate_addr).
    static func isPath(_ address: SocketAddress) throws(Errno) -> Bool {
        guard address.byteCount > 2, address.byteCount <= 2 + maximumPathByteCount,
            address.family == SocketFamily.unix
        else { throw .invalidArgument }
        return address.bytes.byte(at: 2) != 0
    }
    /// The path, which ends at a NUL or with the address. Precondition: it is one.
    @_lifetime(borrow address)
    private static func path(of address: borrowing SocketAddress) -> RawSpan {
        let bytes = address.bytes
        var end = 2
        while end < bytes.byteCount, bytes.byte(at: end) != 0 { end += 1 }
        return bytes.extracting(2..<end)
    }
}

/// The name that bind(2) or mknod(2) made in the file tree; opening it is ENXIO.
final class SocketNameNode: Node {
    /// Who is bound here; nobody after mknod(2), or once the socket was closed.
    var socket: UnixSocket?

    init(in fileSystem: FileSystem, mode: FileMode, owner: UInt32, group: UInt32) {
        super.init(.socket, in: fileSystem, mode: mode, owner: owner, group: group)
    }
}

extension FileContext {
    /// The directory of abstract names, made with the first.
    private func abstractNames() throws(Errno) -> DirectoryEntry {
        let system = root.node.fileSystem.sockets
        if let names = system.abstractNames { return names }
        try KernelReserve.admit()
        let node = DirectoryNode(in: system, mode: [])
        let description: StaticString = "abstract"
        let names = try DirectoryEntry(unnamed: node, description: description.bytes)
        system.abstractNames = names
        return names
    }
    /// Runs `body` with a name as it is found by: sockets of each type have names of their own.
    private func withKey<Result>(
        _ name: RawSpan, _ type: SocketKind, _ body: (RawSpan) throws(Errno) -> Result
    ) throws(Errno) -> Result {
        var key = InlineArray<109, UInt8>(repeating: 0)
        key[0] = UInt8(type.rawValue)
        for index in 0..<name.byteCount { key[index + 1] = name.byte(at: index) }
        return try body(key.span.raw.extracting(first: name.byteCount + 1))
    }
    fileprivate func addAbstract(
        _ socket: UnixSocket, _ name: RawSpan
    ) throws(Errno) -> DirectoryEntry {
        let names = try abstractNames()
        guard let directory = names.directory else { throw .notDirectory }
        return try withKey(name, socket.type) { key throws(Errno) in
            try directory.add(socket, named: key, in: names)
        }
    }
    fileprivate func findAbstract(
        _ name: RawSpan, _ type: SocketKind
    ) throws(Errno) -> UnixSocket? {
        guard let names = root.node.fileSystem.sockets.abstractNames,
            let directory = names.directory
        else { return nil }
        return try withKey(name, type) { key throws(Errno) in
            try directory.find(key, in: names)?.node as? UnixSocket
        }
    }
}
