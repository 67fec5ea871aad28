internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes

// Waiting for children.
extension SystemCalls {
    /// wait4(2): Waits for a child's end, stop or going on. Errors: ECHILD, EFAULT, EINTR, EINVAL, ESRCH.
    static func wait4(
        _ caller: Caller, process: Int32, status: VirtualAddress, options: UInt32,
        usage: VirtualAddress
    ) throws(Errno) -> Int {
        let options = ChildWait.Options(rawValue: options)
        let known: ChildWait.Options = [
            .doNotWait, .stopped, .continued, .ofThread, .allKinds, .clones,
        ]
        guard options.isSubset(of: known) else { throw .invalidArgument }
        guard process != .min else { throw .noSuchProcess }
        let choice: ChildWait.Choice =
            switch process {
            case -1: .any
            case 0: .group(caller.process.group)
            case ..<0: .group(-process)
            default: .process(process)
            }
        let wait = ChildWait(choice, options.union(.ended))
        guard let found = try caller.process.wait(wait, by: caller.thread) else { return 0 }
        if !status.isNull { try ProgramMemory.store(found.status, at: status) }
        if !usage.isNull { try store(found.usage, at: usage) }
        return Int(found.process)
    }

    /// waitid(2): The same, with more to choose from. Errors: EAGAIN, EBADF, ECHILD, EFAULT, EINTR, EINVAL.
    static func waitid(
        _ caller: Caller, kind: Int32, process: Int32, information: VirtualAddress,
        options: UInt32, usage: VirtualAddress
    ) throws(Errno) -> Int {
        var found: WaitedChild?
        var failure: Errno?
        do throws(Errno) {
            found = try wait(caller, kind, process, options)
        } catch {
            failure = error
        }
        if let found, !usage.isNull { try store(found.usage, at: usage) }
        if !information.isNull { try store(found, at: information) }
        if let failure { throw failure }
        return 0
    }
    private static func wait(
        _ caller: Caller, _ kind: Int32, _ process: Int32, _ options: UInt32
    ) throws(Errno) -> WaitedChild? {
        var options = ChildWait.Options(rawValue: options)
        let changes: ChildWait.Options = [.stopped, .ended, .continued]
        let known: ChildWait.Options = [
            .doNotWait, .leave, .ofThread, .allKinds, .clones, changes,
        ]
        guard options.isSubset(of: known), !options.isDisjoint(with: changes) else {
            throw .invalidArgument
        }
        var isNonblocking = false
        let choice: ChildWait.Choice
        switch kind {
        case 0: choice = .any
        case 1:
            guard process > 0 else { throw .invalidArgument }
            choice = .process(process)
        case 2:
            guard process >= 0 else { throw .invalidArgument }
            choice = .group(process == 0 ? caller.process.group : process)
        // P_PIDFD
        case 3:
            guard process >= 0 else { throw .invalidArgument }
            let file = try caller.file(process)
            guard let task = file.task else { throw .badDescriptor }
            choice = .process(task.identifier)
            isNonblocking = file.flags.contains(.nonblocking)
        default: throw .invalidArgument
        }
        let waits = !options.contains(.doNotWait)
        if isNonblocking { options.insert(.doNotWait) }
        let found = try caller.process.wait(ChildWait(choice, options), by: caller.thread)
        if found == nil, isNonblocking, waits { throw .tryAgain }
        return found
    }
    /// Stores the members of siginfo_t that waitid(2) fills in, and no others: zeros where there is nothing to
    /// tell, which is so on errors, too. EFAULT.
    private static func store(
        _ found: WaitedChild?, at information: VirtualAddress
    ) throws(Errno) {
        let told = found?.information
        let child = told?.child
        try ProgramMemory.store(told?.number ?? 0, at: information)
        try ProgramMemory.store(Int32(0), at: try information.field(4))
        try ProgramMemory.store(told?.code.rawValue ?? 0, at: try information.field(8))
        try ProgramMemory.store(child?.process ?? 0, at: try information.field(16))
        try ProgramMemory.store(child?.user ?? 0, at: try information.field(20))
        try ProgramMemory.store(child?.status ?? 0, at: try information.field(24))
    }
}
