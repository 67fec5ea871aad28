import LinuxABI
import Testing

@testable import Processes

@Suite("Credentials and limits") struct CredentialsTests {
    private func users(_ real: UInt32, _ effective: UInt32, _ saved: UInt32)
        -> ProcessCredentials.Numbers
    {
        var numbers = ProcessCredentials.Numbers(real)
        numbers.effective = effective
        numbers.saved = saved
        numbers.fileSystem = effective
        return numbers
    }

    @Test("capabilities(7): a change from root to others for good drops all capabilities")
    func dropsForGood() {
        var credentials = ProcessCredentials()
        credentials.changeUsers(to: users(1000, 1000, 1000))
        #expect(credentials.effective.isEmpty && credentials.permitted.isEmpty)
        credentials.changeUsers(to: users(1000, 1000, 1000))
        #expect(!credentials.has(.setUser))
    }

    @Test("capabilities(7): only the effective ones go where the saved user stays root")
    func dropsForAWhile() {
        var credentials = ProcessCredentials()
        credentials.changeUsers(to: users(0, 1000, 0))
        #expect(credentials.effective.isEmpty && credentials.permitted == .all)
        credentials.changeUsers(to: users(0, 0, 0))
        #expect(credentials.effective == .all)
    }

    @Test("PR_SET_KEEPCAPS keeps the permitted ones")
    func keeps() {
        var credentials = ProcessCredentials()
        credentials.keepsCapabilities = true
        credentials.changeUsers(to: users(1000, 1000, 1000))
        #expect(credentials.effective.isEmpty && credentials.permitted == .all)
    }

    @Test("setfsuid(2) takes the capabilities over files and gives them back")
    func changesFileSystemUser() {
        var credentials = ProcessCredentials()
        credentials.changeFileSystemUser(to: 1000)
        #expect(!credentials.has(.changeOwner) && credentials.has(.kill))
        credentials.changeFileSystemUser(to: 0)
        #expect(credentials.effective == .all)
    }

    @Test("ptrace(2), access mode checking: the same user, as much and dumpable, or CAP_SYS_PTRACE")
    func looksInto() {
        let root = ProcessCredentials()
        var user = root
        user.changeUsers(to: users(1000, 1000, 1000))
        user.groups = ProcessCredentials.Numbers(1000)
        #expect(root.mayOpenFiles(of: user, dumpable: 0))
        #expect(user.mayOpenFiles(of: user, dumpable: 1))
        #expect(!user.mayOpenFiles(of: user, dumpable: 0))
        // Without memory there is nothing to dump.
        #expect(user.mayOpenFiles(of: user, dumpable: nil))
        #expect(!user.mayOpenFiles(of: root, dumpable: 1))
        var other = user
        other.groups.saved = 0
        #expect(!user.mayOpenFiles(of: other, dumpable: 1))
        other = user
        other.permitted = .kill
        #expect(!user.mayOpenFiles(of: other, dumpable: 1))
        // Files go by the file system's user, ptrace(2) by the real one.
        var acting = user
        acting.users.fileSystem = 1001
        #expect(!acting.mayOpenFiles(of: user, dumpable: 1))
        #expect(acting.mayInspect(user, dumpable: 1))
    }

    @Test("setrlimit(2): EINVAL for soft above hard, EPERM for raising without the capability")
    func checksLimits() throws {
        var limits = Limits(frameCount: 65536)
        var credentials = ProcessCredentials()
        #expect(limits[.openFiles] == Limit(soft: 1024, hard: 4096))
        #expect(limits[.stack] == Limit(soft: 8 << 20, hard: Limit.infinity))
        #expect(throws: Errno.invalidArgument) {
            try limits.change(.data, to: Limit(soft: 2, hard: 1), by: credentials)
        }
        #expect(throws: Errno.operationNotPermitted) {
            try limits.change(
                .openFiles, to: Limit(soft: 1, hard: (1 << 20) + 1), by: credentials)
        }
        try limits.change(.openFiles, to: Limit(soft: 10, hard: 5000), by: credentials)
        credentials.effective = []
        #expect(throws: Errno.operationNotPermitted) {
            try limits.change(.openFiles, to: Limit(soft: 10, hard: 5001), by: credentials)
        }
        try limits.change(.openFiles, to: Limit(soft: 20, hard: 20), by: credentials)
        #expect(limits[.openFiles] == Limit(soft: 20, hard: 20))
    }
}
