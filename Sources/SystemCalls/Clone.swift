internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes
internal import Scheduler
internal import Trace

// New threads and processes (clone(2)).
extension SystemCalls {
    /// The flags of clone(2) and clone3(2), but for the signal in the low byte.
    private struct CloneFlags: OptionSet {
        let rawValue: UInt64
        static let memory = Self(rawValue: 0x100)
        static let fileSystem = Self(rawValue: 0x200)
        static let files = Self(rawValue: 0x400)
        static let signalHandlers = Self(rawValue: 0x800)
        static let pidfd = Self(rawValue: 0x1000)
        static let traced = Self(rawValue: 0x2000)
        static let vfork = Self(rawValue: 0x4000)
        static let parent = Self(rawValue: 0x8000)
        static let thread = Self(rawValue: 0x1_0000)
        static let mountNamespace = Self(rawValue: 0x2_0000)
        static let semaphores = Self(rawValue: 0x4_0000)
        static let setThreadPointer = Self(rawValue: 0x8_0000)
        static let parentSetIdentifier = Self(rawValue: 0x10_0000)
        static let childClearIdentifier = Self(rawValue: 0x20_0000)
        static let detached = Self(rawValue: 0x40_0000)
        static let untraced = Self(rawValue: 0x80_0000)
        static let childSetIdentifier = Self(rawValue: 0x100_0000)
        static let inputOutput = Self(rawValue: 0x8000_0000)
        static let clearSignalHandlers = Self(rawValue: 0x1_0000_0000)
        static let intoCgroup = Self(rawValue: 0x2_0000_0000)
        static let userNamespace = Self(rawValue: 0x1000_0000)
        static let processNamespace = Self(rawValue: 0x2000_0000)
        static let exitSignalMask: UInt64 = 0xff
        /// Of other namespaces than the one there is: CLONE_NEWNS, NEWTIME, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER,
        /// NEWPID, NEWNET.
        static let namespaces = Self(rawValue: 0x7e02_0080)

        /// What every thread shares with its process.
        static let ofThread: Self = [.memory, .fileSystem, .files, .signalHandlers, .thread]
    }
    private struct CloneRequest {
        var flags = CloneFlags()
        var exitSignal: UInt64 = 0
        var stack = VirtualAddress(rawValue: 0)
        var parentIdentifier = VirtualAddress(rawValue: 0)
        var childIdentifier = VirtualAddress(rawValue: 0)
        var threadPointer: UInt64 = 0
        var pidfd = VirtualAddress(rawValue: 0)
        var wanted: Int32?
    }

    /// fork(2): Makes a process like the caller. Errors: EAGAIN, ENOMEM.
    static func fork(_ caller: Caller) throws(Errno) -> Int {
        var request = CloneRequest()
        request.exitSignal = UInt64(Signal.child.rawValue)
        return try perform(request, for: caller)
    }

    /// vfork(2): Makes a process in the caller's memory, and waits until it has its own or ended. Errors:
    /// EAGAIN, ENOMEM.
    static func vfork(_ caller: Caller) throws(Errno) -> Int {
        var request = CloneRequest()
        request.flags = [.memory, .vfork]
        request.exitSignal = UInt64(Signal.child.rawValue)
        return try perform(request, for: caller)
    }

    /// clone(2): Makes a thread or a process. Errors: EAGAIN, EINVAL, EMFILE, ENOMEM, ENOSYS, EPERM.
    static func clone(
        _ caller: Caller, flags: UInt64, stack: VirtualAddress, parentIdentifier: VirtualAddress,
        fourth: UInt64, fifth: UInt64
    ) throws(Errno) -> Int {
        // The last two change places between architectures (clone(2), "C library/kernel differences").
        let (child, pointer) = ABI.current == .x86_64 ? (fourth, fifth) : (fifth, fourth)
        let request = CloneRequest(
            flags: CloneFlags(rawValue: flags & 0xffff_ffff & ~CloneFlags.exitSignalMask),
            exitSignal: flags & CloneFlags.exitSignalMask, stack: stack,
            parentIdentifier: parentIdentifier,
            childIdentifier: VirtualAddress(rawValue: child), threadPointer: pointer,
            pidfd: parentIdentifier)
        // Both would go to the same place.
        guard !request.flags.isSuperset(of: [.pidfd, .parentSetIdentifier]) else {
            throw .invalidArgument
        }
        return try perform(request, for: caller)
    }

    /// clone3(2): The same with arguments in memory. Errors: E2BIG, EAGAIN, EEXIST, EFAULT, EINVAL, EMFILE,
    /// ENOMEM, ENOSYS, EPERM.
    static func clone3(
        _ caller: Caller, arguments: VirtualAddress, size: Int
    ) throws(Errno) -> Int {
        // struct clone_args: 64 bytes first, 88 with a set of identifiers and a cgroup.
        let firstSize = 64
        let wholeSize = 88
        guard size <= Page.size else { throw .argumentListTooLong }
        guard size >= firstSize else { throw .invalidArgument }
        for offset in wholeSize..<max(wholeSize, size) {
            guard try ProgramMemory.load(UInt8.self, at: try arguments.field(UInt64(offset))) == 0
            else { throw .argumentListTooLong }
        }
        func field(_ index: Int) throws(Errno) -> UInt64 {
            guard index * 8 + 8 <= size else { return 0 }
            return try ProgramMemory.load(
                UInt64.self, at: try arguments.field(UInt64(index * 8)))
        }
        var request = CloneRequest()
        request.flags = CloneFlags(rawValue: try field(0))
        request.pidfd = VirtualAddress(rawValue: try field(1))
        request.childIdentifier = VirtualAddress(rawValue: try field(2))
        request.parentIdentifier = VirtualAddress(rawValue: try field(3))
        request.exitSignal = try field(4)
        let stack = try field(5)
        let stackSize = try field(6)
        request.threadPointer = try field(7)
        let identifierCount = try field(9)
        // The low byte of the flags was the signal's, and CLONE_DETACHED is gone.
        guard request.flags.rawValue & CloneFlags.exitSignalMask == 0,
            !request.flags.contains(.detached), request.flags.rawValue >> 34 == 0,
            request.exitSignal <= 64, (stack == 0) == (stackSize == 0), identifierCount <= 32,
            (try field(8) == 0) == (identifierCount == 0)
        else { throw .invalidArgument }
        guard request.flags.isDisjoint(with: [.thread, .parent]) || request.exitSignal == 0 else {
            throw .invalidArgument
        }
        if stack != 0 {
            guard stack <= .max - stackSize,
                ProgramMemory.contains(
                    VirtualAddress(rawValue: stack), count: Int(clamping: stackSize))
            else { throw .invalidArgument }
            request.stack = VirtualAddress(rawValue: stack + stackSize)
        }
        guard !request.flags.contains(.intoCgroup) else { throw .notImplemented }
        if identifierCount > 0 {
            // There is one namespace, and the number to be had there.
            guard identifierCount == 1 else { throw .invalidArgument }
            request.wanted = try ProgramMemory.load(
                Int32.self, at: VirtualAddress(rawValue: try field(8)))
            guard request.wanted ?? 0 > 0 else { throw .invalidArgument }
            // CAP_CHECKPOINT_RESTORE
            guard caller.process.credentials.has(.administration) else {
                throw .operationNotPermitted
            }
        }
        return try perform(request, for: caller)
    }

    /// kernel/fork.c, copy_process: what excludes what, then the thread or the process.
    private static func perform(
        _ request: CloneRequest, for caller: Caller
    ) throws(Errno) -> Int {
        let flags = request.flags
        guard !flags.isSuperset(of: [.mountNamespace, .fileSystem]),
            !flags.isSuperset(of: [.userNamespace, .fileSystem]),
            !flags.contains(.thread) || flags.contains(.signalHandlers),
            !flags.contains(.signalHandlers) || flags.contains(.memory),
            !flags.contains(.thread)
                || flags.isDisjoint(with: [.userNamespace, .processNamespace]),
            !flags.contains(.pidfd) || flags.isDisjoint(with: [.detached, .thread]),
            !flags.isSuperset(of: [.signalHandlers, .clearSignalHandlers]),
            request.exitSignal <= 64
        else { throw .invalidArgument }
        // As where the kernel was built without namespaces.
        guard flags.isDisjoint(with: .namespaces) else { throw .invalidArgument }
        guard
            !flags.contains(.setThreadPointer)
                || request.threadPointer < ProgramSpace.end.rawValue
        else { throw .operationNotPermitted }
        guard flags.contains(.thread) else { return try makeProcess(request, for: caller) }
        let known: CloneFlags = [
            .ofThread, .semaphores, .setThreadPointer, .parentSetIdentifier, .childClearIdentifier,
            .childSetIdentifier, .detached, .traced, .untraced, .inputOutput,
        ]
        guard flags.isSuperset(of: .ofThread), flags.isSubset(of: known), request.wanted == nil
        else {
            return try unimplemented(caller)
        }
        return try makeThread(request, for: caller)
    }
    /// What a new thread begins with. EAGAIN.
    private static func makeContext(
        _ request: CloneRequest, for caller: Caller
    ) throws(Errno) -> ThreadContext {
        guard let context = Threads.makeContext(copying: caller.frame) else { throw .tryAgain }
        let frame = context.frame
        frame.result = 0
        frame.forgetSystemCall()
        if !request.stack.isNull { frame.stack = request.stack }
        if request.flags.contains(.setThreadPointer) {
            context.threadPointer = request.threadPointer
        }
        return context
    }
    private static func makeThread(
        _ request: CloneRequest, for caller: Caller
    ) throws(Errno) -> Int {
        let flags = request.flags
        let context = try makeContext(request, for: caller)
        guard caller.process.end == nil else { throw .restart }
        let new = try caller.process.makeThread(from: caller.thread, context: context)
        let identifier = new.thread.identifier
        if flags.contains(.childClearIdentifier) { new.clearedIdentifier = request.childIdentifier }
        // What can't be written is left, as Linux leaves it.
        if flags.contains(.parentSetIdentifier) {
            try? ProgramMemory.store(identifier, at: request.parentIdentifier)
        }
        if flags.contains(.childSetIdentifier) {
            try? ProgramMemory.store(identifier, at: request.childIdentifier)
        }
        try shareTracer(caller, flags, .clone, with: new)
        Scheduler.startProcessors()
        Scheduler.start(new.thread)
        stop(caller, for: .clone, flags, identifier)
        return Int(identifier)
    }
    /// Makes a tracer trace the new thread, too, if it wants to or the flags ask for it.
    private static func shareTracer(
        _ caller: Caller, _ flags: CloneFlags, _ event: TraceEvent, with new: ProgramThread
    ) throws(Errno) {
        guard let tracee = caller.thread.tracee else { return }
        let isWanted =
            tracee.options.contains(.event(event)) && !flags.contains(.untraced)
        if isWanted || flags.contains(.traced) { try caller.thread.shareTracer(with: new) }
    }
    private static func stop(
        _ caller: Caller, for event: TraceEvent, _ flags: CloneFlags, _ identifier: Int32
    ) {
        guard !flags.contains(.untraced) else { return }
        caller.thread.tracee?.stop(
            for: event, message: UInt64(UInt32(bitPattern: identifier)), caller.frame)
    }
    private static func makeProcess(
        _ request: CloneRequest, for caller: Caller
    ) throws(Errno) -> Int {
        let flags = request.flags
        let known: CloneFlags = [
            .memory, .fileSystem, .files, .signalHandlers, .pidfd, .traced, .vfork, .parent,
            .semaphores, .setThreadPointer, .parentSetIdentifier, .childClearIdentifier,
            .childSetIdentifier, .detached, .untraced, .inputOutput, .clearSignalHandlers,
        ]
        guard flags.isSubset(of: known) else { return try unimplemented(caller) }
        // Where there are more CPUs, each needs to see the new memory.
        Scheduler.startProcessors()
        let context = try makeContext(request, for: caller)
        let child = try caller.process.fork(
            sharing(flags), stack: context.frame.stack, as: request.wanted)
        if !flags.contains(.parent) { child.endSignal = Int32(request.exitSignal) }
        let identifier = child.identifier
        if flags.contains(.pidfd) {
            do throws(Errno) {
                let descriptor = Int32(try open(child, [], for: caller))
                do throws(Errno) {
                    try ProgramMemory.store(descriptor, at: request.pidfd)
                } catch {
                    try caller.process.descriptors.remove(descriptor).release()
                    throw error
                }
            } catch {
                child.abandon()
                throw error
            }
        }
        let new = child.makeFirstThread(from: caller.thread, context: context)
        if flags.contains(.memory) {
            new.signals.sequence = nil
            if !flags.contains(.vfork) { new.signals.alternateStack.reset() }
        }
        if flags.contains(.childClearIdentifier) { new.clearedIdentifier = request.childIdentifier }
        if flags.contains(.parentSetIdentifier) {
            try? ProgramMemory.store(identifier, at: request.parentIdentifier)
        }
        if flags.contains(.childSetIdentifier) {
            store(identifier, at: request.childIdentifier, of: child)
        }
        let event: TraceEvent =
            flags.contains(.vfork)
            ? .vfork : request.exitSignal == UInt64(Signal.child.rawValue) ? .fork : .clone
        // Without memory for it the new one is not traced, as there is nothing to undo it with.
        try? shareTracer(caller, flags, event, with: new)
        Scheduler.start(new.thread)
        stop(caller, for: event, flags, identifier)
        if flags.contains(.vfork) {
            caller.process.waitForRelease(of: child)
            stop(caller, for: .vforkDone, flags, identifier)
        }
        return Int(identifier)
    }
    private static func sharing(_ flags: CloneFlags) -> ForkSharing {
        var sharing: ForkSharing = []
        if flags.contains(.memory) { sharing.insert(.memory) }
        if flags.contains(.fileSystem) { sharing.insert(.place) }
        if flags.contains(.files) { sharing.insert(.descriptors) }
        if flags.contains(.signalHandlers) { sharing.insert(.actions) }
        if flags.contains(.semaphores) { sharing.insert(.semaphores) }
        if flags.contains(.parent) { sharing.insert(.parent) }
        if flags.contains(.clearSignalHandlers) { sharing.insert(.noHandlers) }
        return sharing
    }
    /// Stores a number into a process's memory, where that can be written.
    private static func store(_ number: Int32, at address: VirtualAddress, of child: Process) {
        let space = child.addressSpace
        for index in 0..<UInt64(4) {
            guard let place = address.advanced(by: index),
                let frame = try? space.frame(at: place.pageDown, for: .write)
            else { return }
            frame.store(
                UInt8(truncatingIfNeeded: number >> Int32(index * 8)), at: place.pageOffset)
        }
    }
}
