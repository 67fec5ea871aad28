import Base
import LinuxABI
import Testing

@testable import Files

/// Drives a process as a terminal sees it.
private final class User: TerminalUser {
    var session: Int32
    var group: Int32
    let identifier: Int32
    var terminal: (any ControllingTerminal)?
    var lostForeground: Int32 = 0
    var isGroupOrphaned = false
    var isAdministrator = false
    var disregarded: [Signal] = []
    var received: [Signal] = []

    init(_ identifier: Int32, session: Int32, group: Int32) {
        self.identifier = identifier
        self.session = session
        self.group = group
    }
    var leadsSession: Bool { identifier == session }
    func disregards(_ signal: Signal) -> Bool { disregarded.contains(signal) }
    func send(_ signal: Signal) { received.append(signal) }
}
private final class Users: TerminalUsers {
    var all: [User] = []
    var running: User?
    var caller: (any TerminalUser)? { running }
    func forEach(ofSession session: Int32, _ body: (any TerminalUser) -> Void) {
        for user in all where user.session == session { body(user) }
    }
    func send(_ signal: Signal, toGroup group: Int32) {
        for user in all where user.group == group { user.send(signal) }
    }
    func session(ofGroup group: Int32) -> Int32? {
        all.first { $0.group == group || $0.identifier == group }?.session
    }
}
private final class Line: ControllingTerminal {
    let jobs: JobControl
    var hangUps = 0
    init(_ major: UInt32) { jobs = JobControl(DeviceNumber(major: major, minor: 1)) }
    func wasHungUp() { hangUps += 1 }
    func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int { 0 }
    func write(
        count: Int, from address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int { 0 }
    func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int { 0 }
}

/// A session of a leader (10), a foreground job (20) and a background job (30), and another session (40).
private struct Scene {
    let users = Users()
    let leader = User(10, session: 10, group: 10)
    let front = User(20, session: 10, group: 20)
    let back = User(30, session: 10, group: 30)
    let stranger = User(40, session: 40, group: 40)
    let line: Line

    /// On a pseudo-terminal, or on another terminal.
    init(_ major: UInt32 = 136) throws(Errno) {
        line = Line(major)
        users.all = [leader, front, back, stranger]
        JobControl.setUsers(users)
        line.jobs.give(line, to: leader)
        front.terminal = line
        back.terminal = line
        users.running = leader
        try line.jobs.setForeground(20)
    }
}

// tty_ioctl(4), credentials(7); drivers/tty/tty_jobctrl.c.
@Suite("Job control", .serialized) struct JobControlTests {
    @Test("keys reach the foreground alone") func raises() throws {
        let scene = try Scene()
        scene.line.jobs.raise(.interrupt)
        #expect(scene.front.received == [.interrupt])
        #expect(scene.back.received.isEmpty && scene.leader.received.isEmpty)
    }
    @Test("the background is stopped where it reads, or gets EIO where that can't be") func checks()
        throws
    {
        let scene = try Scene()
        scene.users.running = scene.front
        try scene.line.jobs.check(.terminalInput)
        scene.users.running = scene.back
        #expect(throws: Errno.restart) { try scene.line.jobs.check(.terminalInput) }
        #expect(scene.back.received == [.terminalInput])
        scene.back.disregarded = [.terminalInput, .terminalOutput]
        #expect(throws: Errno.inputOutput) { try scene.line.jobs.check(.terminalInput) }
        try scene.line.jobs.check(.terminalOutput)
        scene.back.disregarded = []
        scene.back.isGroupOrphaned = true
        #expect(throws: Errno.inputOutput) { try scene.line.jobs.check(.terminalOutput) }
        // Not its terminal: it may.
        scene.users.running = scene.stranger
        try scene.line.jobs.check(.terminalInput)
    }
    @Test("the foreground is a group of the session") func foreground() throws {
        let scene = try Scene()
        let jobs = scene.line.jobs
        #expect(throws: Errno.invalidArgument) { try jobs.setForeground(-1) }
        #expect(throws: Errno.noSuchProcess) { try jobs.setForeground(0) }
        #expect(throws: Errno.noSuchProcess) { try jobs.setForeground(99) }
        #expect(throws: Errno.operationNotPermitted) { try jobs.setForeground(40) }
        scene.users.running = scene.stranger
        #expect(throws: Errno.notTerminal) { try jobs.setForeground(40) }
        #expect(jobs.foreground == 20)
    }
    @Test("another session takes it only by force of an administrator") func takes() throws {
        let scene = try Scene()
        scene.users.running = scene.stranger
        let (jobs, line) = (scene.line.jobs, scene.line)
        #expect(throws: Errno.operationNotPermitted) { try jobs.take(line, .readWrite, .ifFree) }
        #expect(throws: Errno.operationNotPermitted) { try jobs.take(line, .readWrite, .byForce) }
        scene.stranger.isAdministrator = true
        #expect(throws: Errno.operationNotPermitted) { try jobs.take(line, .readWrite, .ifFree) }
        try jobs.take(line, .readWrite, .byForce)
        #expect(jobs.session == 40 && jobs.foreground == 40)
        #expect(scene.leader.terminal == nil && scene.back.terminal == nil)
        scene.users.running = scene.front
        #expect(throws: Errno.operationNotPermitted) { try jobs.take(line, .readWrite, .ifFree) }
    }
    @Test("an open gives it to a leader without one, if it reads") func opens() throws {
        let scene = try Scene()
        let other = Line(136)
        scene.users.running = scene.leader
        other.jobs.opened(other, .readWrite)
        #expect(other.jobs.session == 0)
        scene.users.running = scene.stranger
        other.jobs.opened(other, .writeOnly)
        #expect(other.jobs.session == 0)
        other.jobs.opened(other, .readWrite)
        #expect(other.jobs.session == 40 && scene.stranger.terminal != nil)
    }
    @Test("a leader gives it up for all, another for itself") func givesUp() throws {
        let scene = try Scene()
        scene.users.running = scene.back
        try scene.line.jobs.giveUp()
        #expect(scene.back.terminal == nil && scene.front.terminal != nil)
        #expect(throws: Errno.notTerminal) { try scene.line.jobs.giveUp() }
        scene.users.running = scene.leader
        try scene.line.jobs.giveUp()
        #expect(scene.front.received == [.hangUp, .continue] && scene.front.terminal == nil)
        #expect(scene.line.jobs.session == 0 && scene.line.hangUps == 0)
    }
    @Test("a leader's end hangs up all but pseudo-terminals", arguments: [136, 5] as [UInt32])
    func leaderEnds(major: UInt32) throws {
        let scene = try Scene(major)
        JobControl.leaderEnded(scene.leader)
        #expect(scene.front.received == [.hangUp])
        #expect(scene.line.hangUps == (major == 136 ? 0 : 1))
        #expect(scene.front.terminal == nil && scene.line.jobs.session == 0)
    }
    @Test("a hang-up tells the leader, whose end tells the foreground") func hangsUp() throws {
        let scene = try Scene()
        scene.line.jobs.hangUp(scene.line)
        #expect(scene.leader.received == [.hangUp, .continue])
        #expect(scene.front.received.isEmpty && scene.front.terminal == nil)
        #expect(scene.line.jobs.hangUpCount == 1 && scene.line.hangUps == 1)
        JobControl.leaderEnded(scene.leader)
        #expect(scene.front.received == [.hangUp, .continue])
    }
}
