internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes

// Extended attributes (xattr(7)) in the name spaces user, trusted and security, as a tmpfs keeps them.
extension SystemCalls {
    /// getxattr(2): Reads an attribute. Errors: EACCES, EFAULT, ENODATA, EOPNOTSUPP, ERANGE, path errors.
    static func getxattr(
        _ caller: Caller, path: VirtualAddress, name: VirtualAddress, value: VirtualAddress,
        size: UInt64
    ) throws(Errno) -> Int {
        try get(caller, name, value, size) { () throws(Errno) in
            try caller.resolve(AtFlags.workingDirectory, path).node
        }
    }
    /// lgetxattr(2): As getxattr(2), of a link itself. Errors: those of getxattr(2).
    static func lgetxattr(
        _ caller: Caller, path: VirtualAddress, name: VirtualAddress, value: VirtualAddress,
        size: UInt64
    ) throws(Errno) -> Int {
        try get(caller, name, value, size) { () throws(Errno) in
            try caller.resolve(AtFlags.workingDirectory, path, .symlinkNoFollow).node
        }
    }
    /// fgetxattr(2): As getxattr(2), of an open file. Errors: those of getxattr(2), EBADF.
    static func fgetxattr(
        _ caller: Caller, descriptor: Int32, name: VirtualAddress, value: VirtualAddress,
        size: UInt64
    ) throws(Errno) -> Int {
        try get(caller, name, value, size) { () throws(Errno) in
            try attributeEntry(caller, descriptor).node
        }
    }

    /// listxattr(2): Lists the attributes' names. Errors: E2BIG, EFAULT, ERANGE, path errors.
    static func listxattr(
        _ caller: Caller, path: VirtualAddress, list: VirtualAddress, size: UInt64
    ) throws(Errno) -> Int {
        let entry = try caller.resolve(AtFlags.workingDirectory, path)
        return try self.list(caller, entry.node, list, size)
    }
    /// llistxattr(2): As listxattr(2), of a link itself. Errors: those of listxattr(2).
    static func llistxattr(
        _ caller: Caller, path: VirtualAddress, list: VirtualAddress, size: UInt64
    ) throws(Errno) -> Int {
        let entry = try caller.resolve(AtFlags.workingDirectory, path, .symlinkNoFollow)
        return try self.list(caller, entry.node, list, size)
    }
    /// flistxattr(2): As listxattr(2), of an open file. Errors: E2BIG, EBADF, EFAULT, ERANGE.
    static func flistxattr(
        _ caller: Caller, descriptor: Int32, list: VirtualAddress, size: UInt64
    ) throws(Errno) -> Int {
        try self.list(caller, try caller.file(descriptor).entry.node, list, size)
    }

    /// setxattr(2): Sets an attribute. Errors: E2BIG, EACCES, EEXIST, EFAULT, EINVAL, ENODATA, ENOMEM,
    /// EOPNOTSUPP, EPERM, ERANGE, path errors.
    static func setxattr(
        _ caller: Caller, path: VirtualAddress, name: VirtualAddress, value: VirtualAddress,
        size: UInt64, flags: Int32
    ) throws(Errno) -> Int {
        try set(caller, name, value, size, flags) { () throws(Errno) in
            try caller.resolve(AtFlags.workingDirectory, path)
        }
    }
    /// lsetxattr(2): As setxattr(2), of a link itself. Errors: those of setxattr(2).
    static func lsetxattr(
        _ caller: Caller, path: VirtualAddress, name: VirtualAddress, value: VirtualAddress,
        size: UInt64, flags: Int32
    ) throws(Errno) -> Int {
        try set(caller, name, value, size, flags) { () throws(Errno) in
            try caller.resolve(AtFlags.workingDirectory, path, .symlinkNoFollow)
        }
    }
    /// fsetxattr(2): As setxattr(2), of an open file. Errors: those of setxattr(2), EBADF.
    static func fsetxattr(
        _ caller: Caller, descriptor: Int32, name: VirtualAddress, value: VirtualAddress,
        size: UInt64, flags: Int32
    ) throws(Errno) -> Int {
        try set(caller, name, value, size, flags) { () throws(Errno) in
            try attributeEntry(caller, descriptor)
        }
    }

    /// removexattr(2): Removes an attribute. Errors: EACCES, EFAULT, ENODATA, EOPNOTSUPP, EPERM, ERANGE,
    /// path errors.
    static func removexattr(
        _ caller: Caller, path: VirtualAddress, name: VirtualAddress
    ) throws(Errno) -> Int {
        try remove(caller, name) { () throws(Errno) in
            try caller.resolve(AtFlags.workingDirectory, path)
        }
    }
    /// lremovexattr(2): As removexattr(2), of a link itself. Errors: those of removexattr(2).
    static func lremovexattr(
        _ caller: Caller, path: VirtualAddress, name: VirtualAddress
    ) throws(Errno) -> Int {
        try remove(caller, name) { () throws(Errno) in
            try caller.resolve(AtFlags.workingDirectory, path, .symlinkNoFollow)
        }
    }
    /// fremovexattr(2): As removexattr(2), of an open file. Errors: those of removexattr(2), EBADF.
    static func fremovexattr(
        _ caller: Caller, descriptor: Int32, name: VirtualAddress
    ) throws(Errno) -> Int {
        try remove(caller, name) { () throws(Errno) in
            try caller.file(descriptor).entry
        }
    }

    // MARK: What they share

    /// XATTR_SIZE_MAX and XATTR_LIST_MAX
    private static let longestValue: UInt64 = 65536

    /// What a descriptor is open on; AT_FDCWD is the working directory to fgetxattr(2) and
    /// fsetxattr(2) too (since Linux 6.13).
    private static func attributeEntry(
        _ caller: Caller, _ descriptor: Int32
    ) throws(Errno) -> DirectoryEntry {
        if descriptor == AtFlags.workingDirectory { return caller.process.workingDirectory }
        return try caller.file(descriptor).entry
    }
    /// Lends an attribute's name. ERANGE for an empty or overlong one, EFAULT.
    private static func withName<Result>(
        at address: VirtualAddress, _ body: (RawSpan) throws(Errno) -> Result
    ) throws(Errno) -> Result {
        var storage = InlineArray<256, UInt8>(repeating: 0)
        var span = storage.mutableSpan
        var bytes = span.mutableRaw
        guard let count = try ProgramMemory.copyInString(from: address, into: &bytes), count > 0
        else { throw .outOfRange }
        return try body(bytes.bytes.extracting(first: count))
    }
    private static func attributeAccess(of caller: Caller) -> Node.AttributeAccess {
        Node.AttributeAccess(
            caller.files.credentials,
            administers: caller.process.credentials.has(.administration))
    }
    private static func get(
        _ caller: Caller, _ name: VirtualAddress, _ target: VirtualAddress, _ size: UInt64,
        _ node: () throws(Errno) -> Node
    ) throws(Errno) -> Int {
        let value = try withName(at: name) { name throws(Errno) in
            try node().attribute(
                name, in: AttributeSpace(of: name), for: attributeAccess(of: caller))
        }
        guard size > 0 else { return value.byteCount }
        guard value.byteCount <= size else { throw .outOfRange }
        try ProgramMemory.copyOut(value.bytes, to: target)
        return value.byteCount
    }
    private static func list(
        _ caller: Caller, _ node: Node, _ target: VirtualAddress, _ size: UInt64
    ) throws(Errno) -> Int {
        let access = attributeAccess(of: caller)
        var total = 0
        try node.listAttributes(for: access) { name throws(Errno) in total += name.byteCount + 1 }
        guard size > 0 else { return total }
        // A longer list than Linux's buffer for it can't be had, only its size.
        guard total <= longestValue || size < longestValue else { throw .argumentListTooLong }
        guard total <= size else { throw .outOfRange }
        var place: UInt64 = 0
        try node.listAttributes(for: access) { name throws(Errno) in
            try ProgramMemory.copyOut(name, to: try target.field(place))
            place += UInt64(name.byteCount) + 1
            try ProgramMemory.store(UInt8(0), at: try target.field(place - 1))
        }
        return total
    }
    private static func set(
        _ caller: Caller, _ name: VirtualAddress, _ value: VirtualAddress, _ size: UInt64,
        _ flags: Int32, _ entry: () throws(Errno) -> DirectoryEntry
    ) throws(Errno) -> Int {
        let setting = AttributeSetting(rawValue: flags)
        guard setting.isSubset(of: [.create, .replace]) else { throw .invalidArgument }
        return try withName(at: name) { name throws(Errno) in
            guard size <= longestValue else { throw .argumentListTooLong }
            guard var buffer = FixedBuffer<UInt8>(count: Int(size), repeating: 0) else {
                throw .outOfMemory
            }
            do {
                var bytes = buffer.mutableBytes
                try ProgramMemory.copyIn(from: value, into: &bytes)
            }
            let entry = try entry()
            try entry.node.setAttribute(
                name, in: AttributeSpace(of: name), to: buffer.bytes, setting,
                for: attributeAccess(of: caller))
            entry.tell(.attributes)
            return 0
        }
    }
    private static func remove(
        _ caller: Caller, _ name: VirtualAddress, _ entry: () throws(Errno) -> DirectoryEntry
    ) throws(Errno) -> Int {
        try withName(at: name) { name throws(Errno) in
            let entry = try entry()
            try entry.node.removeAttribute(
                name, in: AttributeSpace(of: name), for: attributeAccess(of: caller))
            entry.tell(.attributes)
            return 0
        }
    }
}
