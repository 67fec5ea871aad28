package import Base
package import Files
internal import LinuxABI
package import Memory

/// The memory that a program runs in, and what of the program is known by addresses in it: what processes
/// made by clone(2) with CLONE_VM share, and execve(2) replaces.
package final class ProcessMemory {
    package let space: AddressSpace
    package let callSites: CallSites
    /// Processes that have it.
    private(set) var userCount = 1
    /// The program that runs (/proc/self/exe).
    package var executable: DirectoryEntry?
    /// Where argument strings, environment and auxiliary vector are (/proc/self/cmdline, …).
    package var argumentRange = nowhere..<nowhere
    package var environmentRange = nowhere..<nowhere
    package var auxiliaryVector = nowhere
    /// Where handlers return to that come without SA_RESTORER, where the vDSO has such a place.
    var trampoline: VirtualAddress?
    /// The most pages that were present in what it replaced (ru_maxrss).
    var peakBefore = 0

    private static var nowhere: VirtualAddress { VirtualAddress(rawValue: 0) }

    /// Memory with nothing in it.
    init(_ space: AddressSpace, _ policy: CallSites.Policy) {
        self.space = space
        callSites = CallSites(of: space, policy)
    }
    private init(_ space: AddressSpace, copying other: ProcessMemory, _ callSites: CallSites) {
        self.space = space
        self.callSites = callSites
        executable = other.executable
        argumentRange = other.argumentRange
        environmentRange = other.environmentRange
        auxiliaryVector = other.auxiliaryVector
        trampoline = other.trampoline
        executableFile = other.executableFile
        try? executableFile?.denyWriting()
    }
    /// What runs, which nobody may write to meanwhile (ETXTBSY).
    private(set) var executableFile: RegularNode?
    /// Takes over the caller's `denyWriting` of the program's file.
    func setExecutable(_ file: RegularNode, _ entry: DirectoryEntry) {
        executableFile = file
        executable = entry
    }

    /// A copy as it is now, for a new process whose stack begins where its maker's is. ENOMEM.
    func fork(stack: VirtualAddress) throws(Errno) -> ProcessMemory {
        let space = try space.fork(stack: stack)
        do throws(Errno) {
            try admitObject()
            return ProcessMemory(space, copying: self, try callSites.copy(for: space))
        } catch {
            space.close()
            throw error
        }
    }
    /// Lets a further process have it.
    func share() -> ProcessMemory {
        userCount += 1
        return self
    }
    /// Whether other processes have it, too.
    package var isShared: Bool { userCount > 1 }
    /// To be called when a process has it no more; with the last one it goes.
    func leave() {
        userCount -= 1
        guard userCount == 0 else { return }
        if IPC.sharedMemoryIfAny != nil { space.removeCountedRegions() }
        space.abandon()
        executableFile?.allowWriting()
        executableFile = nil
    }
}
