internal import Base
package import LinuxABI
package import Memory

/// One extended attribute of a node (xattr(7)).
package final class ExtendedAttribute {
    package let name: ByteString
    package fileprivate(set) var value: ByteString
    package fileprivate(set) var next: ExtendedAttribute?
    fileprivate init(_ name: ByteString, _ value: ByteString) {
        self.name = name
        self.value = value
    }
    /// The one behind, which this one forgets.
    func takeNext() -> ExtendedAttribute? {
        let rest = next
        next = nil
        return rest
    }
}

/// What an attribute's name says about who may see and change it.
package enum AttributeSpace: Sendable {
    case user
    case trusted
    case security
    /// Any other: EOPNOTSUPP for whoever may read or write the file.
    case unknown

    package init(of name: RawSpan) {
        if name.begins(with: "user.") {
            self = .user
        } else if name.begins(with: "trusted.") {
            self = .trusted
        } else if name.begins(with: "security.") {
            self = .security
        } else {
            self = .unknown
        }
    }
    /// EINVAL for a prefix with nothing behind it, which Linux finds out after the permissions.
    fileprivate func check(_ name: RawSpan) throws(Errno) {
        let prefix =
            switch self {
            case .user: 5
            case .trusted: 8
            case .security: 9
            case .unknown: throw .notSupported
            }
        guard name.byteCount > prefix else { throw .invalidArgument }
    }
}

extension RawSpan {
    fileprivate func begins(with prefix: StaticString) -> Bool {
        let count = prefix.utf8CodeUnitCount
        return byteCount >= count && extracting(first: count).isEqual(to: prefix)
    }
}

/// How setxattr(2) treats an attribute that is there, or is not.
package struct AttributeSetting: OptionSet, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
    /// XATTR_CREATE: EEXIST where it is there.
    package static let create = Self(rawValue: 1)
    /// XATTR_REPLACE: ENODATA where it is not.
    package static let replace = Self(rawValue: 2)
}

extension Node {
    /// Who asks for an attribute, and what for.
    package struct AttributeAccess {
        let credentials: Credentials
        /// CAP_SYS_ADMIN
        let administers: Bool
        package init(_ credentials: Credentials, administers: Bool) {
            self.credentials = credentials
            self.administers = administers
        }
    }

    /// The value of an attribute. EACCES, ENODATA.
    package func attribute(
        _ name: RawSpan, in space: AttributeSpace, for access: AttributeAccess
    ) throws(Errno) -> ByteString {
        switch space {
        case .security: break
        case .unknown: try require(.read, for: access.credentials)
        case .trusted: guard access.administers else { throw .noData }
        case .user:
            guard kind == .regular || kind == .directory else { throw .noData }
            try require(.read, for: access.credentials)
        }
        try space.check(name)
        guard hasAttributes else { throw .notSupported }
        guard let found = find(name).found else { throw .noData }
        return found.value
    }
    /// Sets an attribute. EACCES, EEXIST, ENODATA, ENOMEM, EOPNOTSUPP, EPERM.
    package func setAttribute(
        _ name: RawSpan, in space: AttributeSpace, to value: RawSpan, _ setting: AttributeSetting,
        for access: AttributeAccess
    ) throws(Errno) {
        try requireChange(space, access)
        try space.check(name)
        guard hasAttributes else { throw .notSupported }
        let (found, before) = find(name)
        if found != nil, setting.contains(.create) { throw .fileExists }
        if found == nil, setting.contains(.replace) { throw .noData }
        try KernelReserve.admit()
        let copy = try ByteString(copying: value)
        if let found {
            found.value = copy
        } else {
            let new = ExtendedAttribute(try ByteString(copying: name), copy)
            new.next = before?.next ?? (before == nil ? firstAttribute : nil)
            if let before { before.next = new } else { firstAttribute = new }
        }
        touchChanged()
    }
    /// Adds an attribute that comes with the file, unless it is there; no permission is looked at.
    /// ENOMEM.
    func addAttribute(
        _ prefix: StaticString, _ rest: RawSpan, _ value: RawSpan
    ) throws(Errno) {
        var storage = InlineArray<272, UInt8>(repeating: 0)
        let count: Int
        do {
            var span = storage.mutableSpan
            var text = TextBuffer(into: span.mutableRaw)
            text.append(prefix)
            text.append(rest)
            count = text.writtenCount
        }
        let name = storage.span.raw.extracting(first: count)
        let (found, before) = find(name)
        guard found == nil else { return }
        let new = ExtendedAttribute(
            try ByteString(copying: name), try ByteString(copying: value))
        new.next = before?.next ?? (before == nil ? firstAttribute : nil)
        if let before { before.next = new } else { firstAttribute = new }
    }
    /// Removes an attribute. EACCES, ENODATA, EOPNOTSUPP, EPERM.
    package func removeAttribute(
        _ name: RawSpan, in space: AttributeSpace, for access: AttributeAccess
    ) throws(Errno) {
        try requireChange(space, access)
        try space.check(name)
        guard hasAttributes else { throw .notSupported }
        let (found, before) = find(name)
        guard let found else { throw .noData }
        if let before { before.next = found.next } else { firstAttribute = found.next }
        found.next = nil
        touchChanged()
    }
    /// Calls `body` for the name of each attribute that shows, the last name first as on a tmpfs.
    package func listAttributes(
        for access: AttributeAccess, _ body: (RawSpan) throws(Errno) -> Void
    ) throws(Errno) {
        var attribute = firstAttribute
        while let current = attribute {
            attribute = current.next
            let name = current.name
            if !access.administers, name.bytes.begins(with: "trusted.") { continue }
            try body(name.bytes)
        }
    }

    /// The file systems that keep attributes: not those of nameless files and of /proc.
    private var hasAttributes: Bool {
        switch fileSystem.kind {
        case .ramfs, .devfs: true
        case .devpts, .procfs, .sysfs, .controlGroups, .messageQueues, .pipes, .sockets,
            .anonymous:
            false
        }
    }
    /// Linux's xattr_permission, for writing.
    private func requireChange(
        _ space: AttributeSpace, _ access: AttributeAccess
    ) throws(Errno) {
        switch space {
        case .security, .trusted:
            guard access.administers else { throw .operationNotPermitted }
        case .unknown: try require(.write, for: access.credentials)
        case .user:
            guard kind == .regular || kind == .directory else { throw .operationNotPermitted }
            if kind == .directory, mode.contains(.sticky), !isOwned(by: access.credentials) {
                throw .operationNotPermitted
            }
            try require(.write, for: access.credentials)
        }
    }
    /// An attribute and the one before it, or before where it would be.
    private func find(
        _ name: RawSpan
    ) -> (found: ExtendedAttribute?, before: ExtendedAttribute?) {
        var before: ExtendedAttribute?
        var attribute = firstAttribute
        while let current = attribute {
            let own = current.name
            let order = own.bytes.compare(to: name)
            if order == 0 { return (current, before) }
            guard order > 0 else { break }
            before = current
            attribute = current.next
        }
        return (nil, before)
    }
}
