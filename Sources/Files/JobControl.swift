internal import Base
internal import Hardware
package import LinuxABI

/// A process as terminals know it.
package protocol TerminalUser: AnyObject {
    var session: Int32 { get }
    var group: Int32 { get }
    var leadsSession: Bool { get }
    /// Its controlling terminal.
    var terminal: (any ControllingTerminal)? { get set }
    /// Of a leader whose terminal was hung up: the group that was in the foreground, 0 for none.
    var lostForeground: Int32 { get set }
    /// Whether nobody of its session outside its group could let it go on (setpgid(2)).
    var isGroupOrphaned: Bool { get }
    /// Whether it has CAP_SYS_ADMIN.
    var isAdministrator: Bool { get }
    /// Whether the running thread blocks a signal, or the process ignores it.
    func disregards(_ signal: Signal) -> Bool
    func send(_ signal: Signal)
}

/// The machine's processes as terminals know them.
package protocol TerminalUsers: AnyObject {
    /// Who makes the call that is under way.
    var caller: (any TerminalUser)? { get }
    func forEach(ofSession session: Int32, _ body: (any TerminalUser) -> Void)
    func send(_ signal: Signal, toGroup group: Int32)
    /// The session of a process group, or of the process or thread with that number; `nil` where nothing has
    /// the number.
    func session(ofGroup group: Int32) -> Int32?
}

/// A device that can be a session's controlling terminal.
package protocol ControllingTerminal: CharacterDevice {
    var jobs: JobControl { get }
    /// Called when a hang-up took it from whoever had it open: drops what was not read and wakes who waits.
    func wasHungUp()
}

/// Which session has a terminal, and which of its process groups is in the foreground (credentials(7)): as
/// Linux's drivers/tty/tty_jobctrl.c.
///
/// That a process has a terminal is its own knowledge (`TerminalUser.terminal`): children inherit it, and a
/// process may give up its own. A session may so have members without its terminal.
package final class JobControl {
    /// The terminal's number (st_rdev, tty_nr of /proc/pid/stat).
    package let number: DeviceNumber
    /// The session whose terminal it is, and the group in the foreground; 0: none.
    package private(set) var session: Int32 = 0
    package private(set) var foreground: Int32 = 0
    /// How often it was hung up: open files from before are dead.
    package private(set) var hangUpCount = 0
    /// Whether only administrators may open it (TIOCEXCL).
    package var isExclusive = false

    package init(_ number: DeviceNumber) { self.number = number }

    /// The number as programs are told it (new_encode_dev).
    package var encodedNumber: Int32 {
        Int32(truncatingIfNeeded: FileStatus.encode(major: number.major, minor: number.minor))
    }

    // Set once by boot.
    private static let machine = Global<(any TerminalUsers)?>(nil)
    /// Declares who the processes are.
    package static func setUsers(_ users: any TerminalUsers) { machine.value = users }
    private var users: (any TerminalUsers)? { Self.machine.value }
    /// The process that makes a call.
    package static var caller: (any TerminalUser)? { machine.value?.caller }

    /// Whether it is a process's controlling terminal.
    package func belongs(to user: any TerminalUser) -> Bool { user.terminal?.jobs === self }

    // MARK: Foreground and background

    /// Sends a signal to the group in the foreground.
    package func raise(_ signal: Signal) {
        guard foreground != 0 else { return }
        users?.send(signal, toGroup: foreground)
    }
    /// What one in the background must not do yet: SIGTTIN (reading) or SIGTTOU to its group and `restart`, EIO
    /// where that would not stop it (__tty_check_change). Who disregards SIGTTOU may.
    package func check(_ signal: Signal) throws(Errno) {
        guard let user = Self.caller, belongs(to: user), foreground != 0, user.group != foreground
        else { return }
        if user.disregards(signal) {
            guard signal != .terminalInput else { throw .inputOutput }
            return
        }
        guard !user.isGroupOrphaned else { throw .inputOutput }
        users?.send(signal, toGroup: user.group)
        // Whoever takes it, this call is made again.
        CPU.hasReturnWork = true
        throw .restart
    }
    /// Puts a group of the caller's session into the foreground (tiocspgrp). EPERM, ESRCH; ENOTTY where it is
    /// not the terminal of the caller's session.
    package func setForeground(_ group: Int32) throws(Errno) {
        guard group >= 0 else { throw .invalidArgument }
        guard let user = Self.caller, belongs(to: user), session == user.session else {
            throw .notTerminal
        }
        guard group != 0, let owner = users?.session(ofGroup: group) else { throw .noSuchProcess }
        guard owner == session else { throw .operationNotPermitted }
        foreground = group
    }
    /// Puts a group into the foreground, as the host does with the machine's.
    package func returnForeground(to group: Int32) { if session != 0 { foreground = group } }

    // MARK: Getting and losing it

    /// Gives a terminal to a process's session (proc_set_tty).
    package func give(_ terminal: any ControllingTerminal, to user: any TerminalUser) {
        session = user.session
        foreground = user.group
        user.terminal = terminal
        user.lostForeground = 0
    }
    /// What an open does without O_NOCTTY: a leader without a terminal gets one that is nobody's
    /// (tty_open_proc_set_tty).
    package func opened(_ terminal: any ControllingTerminal, _ flags: OpenFlags) {
        guard flags.allowsReading, session == 0, let user = Self.caller, user.leadsSession,
            user.terminal == nil
        else { return }
        give(terminal, to: user)
    }
    package enum Manner: Sendable {
        case ifFree
        /// From another session too, for administrators.
        case byForce
    }
    /// TIOCSCTTY: EPERM where the caller leads no session, has a terminal, or the terminal is another
    /// session's and is not to be taken away by force.
    package func take(
        _ terminal: any ControllingTerminal, _ flags: OpenFlags, _ manner: Manner
    ) throws(Errno) {
        guard let user = Self.caller, user.leadsSession else { throw .operationNotPermitted }
        guard session != user.session else { return }
        guard user.terminal == nil,
            session == 0 || (manner == .byForce && user.isAdministrator),
            flags.allowsReading || user.isAdministrator
        else { throw .operationNotPermitted }
        forget()
        give(terminal, to: user)
    }
    /// Takes it from every process of its session (session_clear_tty).
    private func forget() {
        guard session != 0 else { return }
        users?.forEach(ofSession: session) { if self.belongs(to: $0) { $0.terminal = nil } }
    }
    /// TIOCNOTTY: the caller gives it up; with a leader all of the session do, and those in the foreground get
    /// SIGHUP and SIGCONT. ENOTTY.
    package func giveUp() throws(Errno) {
        guard let user = Self.caller, belongs(to: user) else { throw .notTerminal }
        if user.leadsSession {
            raise(.hangUp)
            raise(.continue)
            leave(user)
        }
        user.terminal = nil
    }
    private func leave(_ leader: any TerminalUser) {
        forget()
        session = 0
        foreground = 0
        leader.lostForeground = 0
    }
    /// What the end of a session's leader does to its terminal, or to those that were in the foreground of
    /// one that was hung up (disassociate_ctty).
    package static func leaderEnded(_ leader: any TerminalUser) {
        guard let terminal = leader.terminal else {
            let group = leader.lostForeground
            guard group != 0, let users = machine.value else { return }
            leader.lostForeground = 0
            users.send(.hangUp, toGroup: group)
            users.send(.continue, toGroup: group)
            return
        }
        let jobs = terminal.jobs
        if jobs.hangsUpWithLeader {
            jobs.hangUp(terminal, .atEndOfLeader)
        } else {
            jobs.raise(.hangUp)
            jobs.leave(leader)
        }
    }
    /// Whether the leader's end takes it from who has it open: not a pseudo-terminal.
    private var hangsUpWithLeader: Bool { number.major < 136 || number.major > 143 }

    package enum HangUp: Sendable {
        case byRequest
        /// The group in the foreground gets SIGHUP as well.
        case atEndOfLeader
    }
    /// Takes it from all that have it open, and from its session, whose leader gets SIGHUP and SIGCONT
    /// (__tty_hangup).
    package func hangUp(_ terminal: any ControllingTerminal, _ kind: HangUp = .byRequest) {
        hangUpCount += 1
        let group = foreground
        if session != 0 {
            var hasLeader = false
            users?.forEach(ofSession: session) { user in
                if self.belongs(to: user) { user.terminal = nil }
                guard user.leadsSession else { return }
                hasLeader = true
                user.send(.hangUp)
                user.send(.continue)
                user.lostForeground = group
            }
            if hasLeader, kind == .atEndOfLeader { raise(.hangUp) }
        }
        session = 0
        foreground = 0
        terminal.wasHungUp()
    }
}

/// /dev/tty: the caller's controlling terminal (tty(4)).
final class CurrentTerminal: CharacterDevice {
    func instance(
        _ flags: OpenFlags, for credentials: Credentials
    ) throws(Errno) -> (any CharacterDevice)? {
        guard let terminal = JobControl.caller?.terminal else { throw .noSuchDeviceOrAddress }
        return try terminal.instance(flags, for: credentials)
    }
    // An open file has the terminal instead.
    func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int { throw .inputOutput }
    func write(
        count: Int, from address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int { throw .inputOutput }
    func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int { throw .inputOutput }
}
