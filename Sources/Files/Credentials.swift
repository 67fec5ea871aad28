package import LinuxABI
package import Memory

/// Who touches files: the file system's user and group of credentials(7).
package struct Credentials {
    package var user: UInt32
    package var group: UInt32
    /// The supplementary groups; `nil`: none.
    package var supplementaryGroups: GroupList?

    package init(user: UInt32 = 0, group: UInt32 = 0, supplementaryGroups: GroupList? = nil) {
        self.user = user
        self.group = group
        self.supplementaryGroups = supplementaryGroups
    }
    /// Whether permissions are not looked at: the program has root's capabilities.
    package var overrides: Bool { user == 0 }
    package func isMember(of group: UInt32) -> Bool {
        self.group == group || supplementaryGroups?.contains(group) ?? false
    }
}

/// Supplementary groups, shared by copies of the credentials.
package final class GroupList {
    private let groups: FixedBuffer<UInt32>
    package init(_ groups: consuming FixedBuffer<UInt32>) { self.groups = groups }
    package var count: Int { groups.count }
    package subscript(_ index: Int) -> UInt32 { groups[index] }
    func contains(_ group: UInt32) -> Bool {
        for index in 0..<groups.count where groups[index] == group { return true }
        return false
    }
}

extension Node {
    /// Whether `credentials` may do all of `access` (path_resolution(7), "Permissions").
    package func allows(_ access: Access, for credentials: Credentials) -> Bool {
        if let answer = permits(access) { return answer }
        let bits: UInt32
        if credentials.user == owner {
            bits = mode.rawValue >> 6
        } else if credentials.isMember(of: group) {
            bits = mode.rawValue >> 3
        } else {
            bits = mode.rawValue
        }
        if Access(rawValue: bits & 7).isSuperset(of: access) { return true }
        guard credentials.overrides else { return false }
        // CAP_DAC_OVERRIDE: all but executing what nobody may execute.
        return kind == .directory || !access.contains(.execute)
            || !mode.isDisjoint(with: .anyExecute)
    }
    /// Throws EACCES unless `credentials` may do all of `access`.
    func require(_ access: Access, for credentials: Credentials) throws(Errno) {
        guard allows(access, for: credentials) else { throw .permissionDenied }
    }
    /// Whether `credentials` may change what only the owner may: mode, times, O_NOATIME.
    package func isOwned(by credentials: Credentials) -> Bool {
        credentials.overrides || credentials.user == owner
    }
}
