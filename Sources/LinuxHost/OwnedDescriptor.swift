internal import CLinux
internal import Glibc
package import LinuxABI

extension Errno {
    /// The error of the system call that failed last on this thread (errno(3)).
    package static var last: Errno { Errno(rawValue: errno) }
}

/// A file descriptor that is closed once, when its owner goes.
package struct OwnedDescriptor: ~Copyable, Sendable {
    package let rawValue: Int32

    package init(owning rawValue: Int32) { self.rawValue = rawValue }

    /// Takes over what a system call returned; throws its errno where that is negative.
    package init(checking result: Int32) throws(Errno) {
        guard result >= 0 else { throw .last }
        self.init(owning: result)
    }

    /// The same descriptor for calls that do not keep it.
    package var borrowed: Descriptor { Descriptor(rawValue: rawValue) }

    /// Gives the descriptor up without closing it; it then lives as long as the process.
    package consuming func leak() -> Descriptor {
        let result = borrowed
        discard self
        return result
    }

    deinit { _ = close(rawValue) }
}

/// A file descriptor that somebody else keeps open.
package struct Descriptor: Equatable, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let standardInput = Self(rawValue: 0)
    package static let standardOutput = Self(rawValue: 1)
    package static let standardError = Self(rawValue: 2)
}
