internal import Base
package import Files
internal import Hardware
package import LinuxABI
internal import Memory
internal import Scheduler

/// execve(2): another program in a process's place.
extension Process {
    /// Replaces the program by another one; returns where that begins.
    ///
    /// Everything that can fail is done first, in memory of its own, so that an error leaves the old program
    /// as it was. `leave` lets the running thread go of what it has in the old memory. E2BIG, EACCES, EAGAIN,
    /// ELIBBAD, ELOOP, ENOENT, ENOEXEC, ENOMEM, ETXTBSY.
    package func execute(
        _ entry: DirectoryEntry, path: RawSpan, arguments: consuming ProgramStrings,
        environment: borrowing ProgramStrings, by thread: ProgramThread,
        _ access: ProgramStart.PathAccess, leaving leave: () -> Void
    ) throws(Errno) -> ProgramStart.Registers {
        guard !becameOneTooMany || !exceedsProcessLimit(adding: 0) else { throw .tryAgain }
        becameOneTooMany = false
        try admitObject()
        let new = try makeMemory()
        let program: ProgramStart.Loaded
        let own: DescriptorTable<OpenFile>
        do throws(StartFailure) {
            program = try ProgramStart.load(
                entry, path, access, arguments: arguments, environment: environment, into: new,
                for: self)
            do throws(Errno) {
                own =
                    descriptors.userCount > 1
                    ? try descriptors.copy { $0.retain() } : descriptors
            } catch {
                throw .memory(error)
            }
        } catch {
            new.leave()
            throw error.error
        }
        guard endOtherThreads(but: thread) else {
            if own !== descriptors { own.leave { $0.release() } }
            new.leave()
            throw .interrupted
        }
        leave()
        take(new)
        if own !== descriptors {
            descriptors.leave { $0.release() }
            descriptors = own
        }
        descriptors.closeOnExecute { $0.release() }
        become(program, path, thread)
        return program.registers
    }
    private func makeMemory() throws(Errno) -> ProcessMemory {
        let space = try AddressSpace(
            sharingLibraryOf: addressSpace, layout: ProgramStart.layout(for: self))
        space.limits = addressSpace.limits
        space.takesLargePages = addressSpace.takesLargePages
        return ProcessMemory(space, memory.callSites.policy)
    }
    /// Ends the process's other threads and waits for that; false where the process ends itself.
    private func endOtherThreads(but thread: ProgramThread) -> Bool {
        guard end == nil, !thread.thread.isEnding else { return false }
        if threads.count > 1 {
            endThreads(but: thread)
            _ = Wait.until(interruptible: .never, on: .queue(changes)) { threads.count == 1 }
            guard end == nil, !thread.thread.isEnding else { return false }
        }
        // The one that is left is the process's first.
        if thread.thread.identifier != identifier {
            ProcessTable.remove(thread)
            thread.thread.renumber(identifier)
            ProcessTable.add(thread)
        }
        return true
    }
    /// Goes over to new memory, and gives the old back.
    private func take(_ new: ProcessMemory) {
        let old = memory
        // The one thread that is left may be traced.
        forEachThread {
            guard $0.tracee != nil else { return }
            old.callSites.endTracing()
            new.callSites.beginTracing()
        }
        new.peakBefore = max(old.peakBefore, old.space.peakResidentPages)
        usedByThreads.faults += old.space.faultCount
        memory = new
        new.space.load()
        old.leave()
        changes.wake()
    }
    /// What a process is after it began another program.
    private func become(
        _ program: ProgramStart.Loaded, _ path: RawSpan, _ thread: ProgramThread
    ) {
        signals.actions = signals.actions.copy()
        signals.actions.resetHandlers()
        signals.trampoline = memory.trampoline
        thread.signals.forgetProgram()
        thread.setName(fromPath: path)
        posixTimers.removeAll()
        let isSecure = program.isSecure
        credentials = program.credentials
        attributes.dumpable = isSecure || !program.isReadable ? 0 : 1
        if isSecure { attributes.parentDeathSignal = 0 }
        attributes.registeredBarriers = 0
        hasExecuted = true
        endSignal = Int32(Signal.child.rawValue)
        applyLimits()
        ExtendedState.reset()
        ProgramPointers().load()
    }
}
