package import Base
internal import Files
package import Hardware
package import LinuxABI
internal import Memory
internal import Scheduler

/// What a new process has in common with its maker, of clone(2)'s flags.
package struct ForkSharing: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// CLONE_VM
    package static let memory = Self(rawValue: 1 << 0)
    /// CLONE_FS
    package static let place = Self(rawValue: 1 << 1)
    /// CLONE_FILES
    package static let descriptors = Self(rawValue: 1 << 2)
    /// CLONE_SIGHAND
    package static let actions = Self(rawValue: 1 << 3)
    /// CLONE_PARENT: the maker's parent is the new one's too.
    package static let parent = Self(rawValue: 1 << 4)
    /// CLONE_CLEAR_SIGHAND: no handlers; what is ignored stays so.
    package static let noHandlers = Self(rawValue: 1 << 5)
    /// CLONE_SYSVSEM: the adjustments to semaphores (SEM_UNDO).
    package static let semaphores = Self(rawValue: 1 << 6)
}

extension Process {
    /// Makes a process that has what this one has (fork(2)), with no thread yet. EAGAIN where RLIMIT_NPROC
    /// allows no more, EEXIST where something has the wanted number, EINVAL, ENOMEM.
    package func fork(
        _ sharing: ForkSharing, stack: VirtualAddress, as wanted: Int32? = nil
    ) throws(Errno) -> Process {
        try admitTask()
        // The first process has no parent to share.
        guard !sharing.contains(.parent) || !isFirst else { throw .invalidArgument }
        let identifier = try ProcessTable.takeIdentifier(wanted)
        let descriptors = try sharedDescriptors(sharing)
        do throws(Errno) {
            let memory = sharing.contains(.memory) ? memory.share() : try memory.fork(stack: stack)
            let new = Process(
                identifier, childOf: sharing.contains(.parent) ? parent ?? self : self,
                memory: memory, descriptors: descriptors,
                place: sharing.contains(.place) ? place : place.copy(),
                actions: actions(sharing), maker: self)
            if sharing.contains(.parent) { new.endSignal = endSignal }
            if sharing.contains(.semaphores) { new.semaphoreUndo = semaphoreUndo.shared() }
            return new
        } catch {
            descriptors.leave { $0.release() }
            throw error
        }
    }
    private func sharedDescriptors(
        _ sharing: ForkSharing
    ) throws(Errno) -> DescriptorTable<OpenFile> {
        guard !sharing.contains(.descriptors) else {
            descriptors.userCount += 1
            return descriptors
        }
        return try descriptors.copy { $0.retain() }
    }
    private func actions(_ sharing: ForkSharing) -> SignalActions {
        if sharing.contains(.actions) { return signals.actions }
        let new = signals.actions.copy()
        if sharing.contains(.noHandlers) { new.resetHandlers() }
        return new
    }

    /// Gives a new process its first thread, which has what the maker has and does not run yet.
    package func makeFirstThread(
        from maker: ProgramThread, context: ThreadContext
    ) -> ProgramThread {
        let thread = Thread(identifier: identifier, context: context)
        let new = ProgramThread(thread, of: self, signals)
        new.inherit(from: maker)
        // Of its own stack it is on the one that the maker is on (sigaltstack(2)).
        new.signals.alternateStack = maker.signals.alternateStack
        new.signals.sequence = maker.signals.sequence
        // With CLONE_PARENT its parent is the maker's.
        makerIdentifier =
            parent === maker.process ? maker.thread.identifier : maker.process.makerIdentifier
        addThread(new)
        return new
    }
    /// Takes a new process back that never ran. Precondition: it has no thread.
    package func abandon() {
        IPC.processEnded(self)
        descriptors.leave { $0.release() }
        memory.leave()
        disappear()
    }
    /// Waits until a child has memory of its own, or ended (vfork(2)); no signal but a deadly one ends that.
    package func waitForRelease(of child: Process) {
        let memory = child.memory
        _ = Wait.until(interruptible: .never, on: .queue(child.changes)) {
            child.memory !== memory || child.state != .running
        }
    }

    /// Takes a process in as the youngest child.
    func adopt(_ child: Process) {
        child.parent = self
        child.parentIdentifier = identifier
        child.previousSibling = lastChild
        if let lastChild { lastChild.nextSibling = child } else { firstChild = child }
        lastChild = child
    }
    func disown(_ child: Process) {
        let (before, after) = (child.previousSibling, child.nextSibling)
        if let before { before.nextSibling = after } else { firstChild = after }
        if let after { after.previousSibling = before } else { lastChild = before }
        child.previousSibling = nil
        child.nextSibling = nil
    }
}
