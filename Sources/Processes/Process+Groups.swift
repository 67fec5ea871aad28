package import LinuxABI

// Process groups and sessions (setpgid(2), setsid(2), credentials(7)).
extension Process {
    /// Whether the process leads its session.
    package var leadsSession: Bool { session == identifier }

    /// Puts this process, or a child of it, into a group. EACCES, EPERM, ESRCH.
    package func setGroup(of target: Process, to group: Int32) throws(Errno) {
        guard target === self || target.parent === self else { throw .noSuchProcess }
        if target !== self {
            guard target.session == session else { throw .operationNotPermitted }
            guard !target.hasExecuted else { throw .permissionDenied }
        }
        guard !target.leadsSession else { throw .operationNotPermitted }
        if group != target.identifier {
            guard ProcessTable.contains(where: { $0.group == group && $0.session == session })
            else { throw .operationNotPermitted }
        }
        target.group = group
    }
    /// Begins a session with this process as its leader and only member, without a terminal. EPERM where
    /// the process leads a group already.
    package func beginSession() throws(Errno) {
        guard !leadsSession, !ProcessTable.hasGroup(identifier) else {
            throw .operationNotPermitted
        }
        session = identifier
        group = identifier
        terminal = nil
    }

    /// Whether nobody of the session outside the process's group could let it go on: no member has a parent
    /// there (credentials(7); kernel/exit.c, will_become_orphaned_pgrp). The first process's is the host's to
    /// let go on.
    package var isGroupOrphaned: Bool {
        let (group, session) = (group, session)
        return !ProcessTable.contains { member in
            guard member.group == group, member.state == .running else { return false }
            guard !member.isFirst, let other = member.parent else { return member.isFirst }
            return other.group != group && other.session == session && other.state == .running
        }
    }
}
