internal import Base
package import Files
package import Memory
internal import Scheduler

/// A process: what its threads share.
package final class Process {
    /// The process's number; the program is process 1, as in a container.
    package let identifier: Int32 = 1
    /// The number of the process that started this one: 0, as for any first process.
    package var parentIdentifier: Int32 { 0 }
    /// Session and process group (setsid(2), setpgid(2)): those of a session leader.
    package private(set) var session: Int32 = 1
    package private(set) var group: Int32 = 1

    /// Mappings and page tables; another one after execve(2).
    package var addressSpace: AddressSpace
    package let descriptors = DescriptorTable<OpenFile>()
    /// Where "/" is (chroot(2)).
    package var root: DirectoryEntry
    package var workingDirectory: DirectoryEntry
    /// File mode bits that new files do not get (umask(2)).
    package var fileModeMask: UInt32 = 0o022
    package var credentials = ProcessCredentials()
    package var limits: Limits

    /// The program's name as PR_GET_NAME and /proc/self/comm show it, NUL-padded (TASK_COMM_LEN).
    package var name = InlineArray<16, UInt8>(repeating: 0)
    /// Numbers of unimplemented calls that were logged, a bit each.
    package var loggedCalls = InlineArray<8, UInt64>(repeating: 0)

    /// A process with root's credentials that sees files from `root` on.
    package init(
        root: DirectoryEntry, workingDirectory: DirectoryEntry, addressSpace: AddressSpace
    ) {
        self.addressSpace = addressSpace
        self.root = root
        self.workingDirectory = workingDirectory
        limits = Limits(frameCount: Frames.totalCount)
    }

    /// The soft limit of open files, for `DescriptorTable`.
    package var descriptorLimit: Int {
        Int(truncatingIfNeeded: min(limits[.openFiles].soft, 1 << 20))
    }
}

extension Process {
    private static let first = Global<Process?>(nil)

    /// The process of the running thread. Precondition: boot has set it.
    package static var current: Process {
        guard let process = first.value else { fatalError("no process yet") }
        return process
    }
    /// Declares the process that the machine runs.
    package static func setCurrent(_ process: Process) { first.value = process }
}
