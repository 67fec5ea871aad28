internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes

// Extended attributes (xattr(7)): no file has any, and none can be set, as on a tmpfs without them.
extension SystemCalls {
    /// getxattr(2): Reads an attribute: there is none. Errors: ENODATA, EOPNOTSUPP, ERANGE, path errors.
    static func getxattr(
        _ caller: Caller, path: VirtualAddress, name: VirtualAddress
    ) throws(Errno) -> Int {
        _ = try caller.resolve(AtFlags.workingDirectory, path)
        throw try absence(of: name)
    }
    /// lgetxattr(2): As getxattr(2), of a link itself. Errors: those of getxattr(2).
    static func lgetxattr(
        _ caller: Caller, path: VirtualAddress, name: VirtualAddress
    ) throws(Errno) -> Int {
        _ = try caller.resolve(AtFlags.workingDirectory, path, .symlinkNoFollow)
        throw try absence(of: name)
    }
    /// fgetxattr(2): As getxattr(2), of an open file. Errors: EBADF, ENODATA, EOPNOTSUPP, ERANGE.
    static func fgetxattr(
        _ caller: Caller, descriptor: Int32, name: VirtualAddress
    ) throws(Errno) -> Int {
        _ = try caller.file(descriptor)
        throw try absence(of: name)
    }

    /// listxattr(2): Lists attributes: none. Errors: path errors.
    static func listxattr(_ caller: Caller, path: VirtualAddress) throws(Errno) -> Int {
        _ = try caller.resolve(AtFlags.workingDirectory, path)
        return 0
    }
    /// llistxattr(2): As listxattr(2), of a link itself. Errors: path errors.
    static func llistxattr(_ caller: Caller, path: VirtualAddress) throws(Errno) -> Int {
        _ = try caller.resolve(AtFlags.workingDirectory, path, .symlinkNoFollow)
        return 0
    }
    /// flistxattr(2): As listxattr(2), of an open file. Errors: EBADF.
    static func flistxattr(_ caller: Caller, descriptor: Int32) throws(Errno) -> Int {
        _ = try caller.file(descriptor)
        return 0
    }

    /// setxattr(2): Sets an attribute: not supported. Errors: E2BIG, EINVAL, EOPNOTSUPP, ERANGE, path
    /// errors.
    static func setxattr(
        _ caller: Caller, path: VirtualAddress, name: VirtualAddress, value: VirtualAddress,
        byteCount: UInt64, flags: Int32
    ) throws(Errno) -> Int {
        try checkSetting(name, byteCount, flags)
        _ = try caller.resolve(AtFlags.workingDirectory, path)
        throw .notSupported
    }
    /// lsetxattr(2): As setxattr(2), of a link itself. Errors: those of setxattr(2).
    static func lsetxattr(
        _ caller: Caller, path: VirtualAddress, name: VirtualAddress, value: VirtualAddress,
        byteCount: UInt64, flags: Int32
    ) throws(Errno) -> Int {
        try checkSetting(name, byteCount, flags)
        _ = try caller.resolve(AtFlags.workingDirectory, path, .symlinkNoFollow)
        throw .notSupported
    }
    /// fsetxattr(2): As setxattr(2), of an open file. Errors: EBADF, EOPNOTSUPP, ERANGE.
    static func fsetxattr(
        _ caller: Caller, descriptor: Int32, name: VirtualAddress, value: VirtualAddress,
        byteCount: UInt64, flags: Int32
    ) throws(Errno) -> Int {
        _ = try caller.file(descriptor)
        try checkSetting(name, byteCount, flags)
        throw .notSupported
    }

    /// removexattr(2): Removes an attribute: there is none. Errors: those of getxattr(2).
    static func removexattr(
        _ caller: Caller, path: VirtualAddress, name: VirtualAddress
    ) throws(Errno) -> Int {
        _ = try caller.resolve(AtFlags.workingDirectory, path)
        throw try absence(of: name)
    }
    /// lremovexattr(2): As removexattr(2), of a link itself. Errors: those of getxattr(2).
    static func lremovexattr(
        _ caller: Caller, path: VirtualAddress, name: VirtualAddress
    ) throws(Errno) -> Int {
        _ = try caller.resolve(AtFlags.workingDirectory, path, .symlinkNoFollow)
        throw try absence(of: name)
    }
    /// fremovexattr(2): As removexattr(2), of an open file. Errors: EBADF, those of getxattr(2).
    static func fremovexattr(
        _ caller: Caller, descriptor: Int32, name: VirtualAddress
    ) throws(Errno) -> Int {
        _ = try caller.file(descriptor)
        throw try absence(of: name)
    }

    /// What setxattr(2) refuses whatever the file is.
    private static func checkSetting(
        _ name: VirtualAddress, _ byteCount: UInt64, _ flags: Int32
    ) throws(Errno) {
        let createOrReplace: Int32 = 3
        let longestValue: UInt64 = 65536
        guard flags & ~createOrReplace == 0 else { throw .invalidArgument }
        _ = try absence(of: name)
        guard byteCount <= longestValue else { throw .argumentListTooLong }
    }

    /// What tells a program that an attribute is not there: ENODATA in the name spaces that tmpfs
    /// has, EOPNOTSUPP elsewhere. Throws ERANGE for an empty or overlong name, EFAULT.
    private static func absence(of name: VirtualAddress) throws(Errno) -> Errno {
        var storage = InlineArray<256, UInt8>(repeating: 0)
        var span = storage.mutableSpan
        var bytes = span.mutableRaw
        guard let count = try ProgramMemory.copyInString(from: name, into: &bytes), count > 0 else {
            throw .outOfRange
        }
        let text = bytes.bytes.extracting(first: count)
        return starts(text, with: "security.") || starts(text, with: "trusted.")
            ? .noData : .notSupported
    }
    private static func starts(_ text: RawSpan, with prefix: StaticString) -> Bool {
        let count = prefix.utf8CodeUnitCount
        return text.byteCount > count && text.extracting(first: count).isEqual(to: prefix)
    }
}
