internal import CLinux
package import LinuxABI

/// Rights that a process gives up for ever.
package enum Confinement {
    /// What the host let a process have of its own.
    package struct Namespaces: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let users = Self(rawValue: 1 << 0)
        package static let mounts = Self(rawValue: 1 << 1)
        /// A root directory without files.
        package static let root = Self(rawValue: 1 << 2)
    }

    /// Moves the process into namespaces of its own with an empty root, as far as the host allows,
    /// and drops all capabilities. Descriptors stay what they are.
    ///
    /// Precondition: the process has one thread.
    package static func enterNamespaces() -> Namespaces {
        Namespaces(rawValue: UInt8(truncatingIfNeeded: clinux_enter_namespaces()))
    }

    /// Gives up new privileges: no exec grants any (prctl(2), PR_SET_NO_NEW_PRIVS). For all threads
    /// that the caller starts.
    package static func giveUpNewPrivileges() throws(Errno) {
        guard clinux_give_up_new_privileges() == 0 else { throw .last }
    }

    /// Makes a call that no filter of the VMM allows.
    package static func makeForbiddenCall() { clinux_make_forbidden_call() }
}
