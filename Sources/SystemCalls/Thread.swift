internal import Base
internal import Hardware
internal import LinuxABI
internal import Processes

// The thread's own: segment bases, robust futexes, CPU.
extension SystemCalls {
    /// arch_prctl(2): Gets and sets the bases of FS and GS. Errors: EFAULT, EINVAL, ENODEV, EPERM.
    static func archPrctl(
        _ caller: Caller, request: Int32, address: VirtualAddress
    ) throws(Errno) -> Int {
        switch ArchitectureControl.answer(request, address: address) {
        case .done(let result): return result
        case .store(let value):
            try ProgramMemory.store(value, at: address)
            return 0
        case .invalidRequest: throw .invalidArgument
        case .notPermitted: throw .operationNotPermitted
        case .noDevice: throw .noSuchDevice
        case .absent: throw .notImplemented
        }
    }

    private static let robustListSize: UInt = 24

    /// set_robust_list(2): Notes the thread's list of robust futexes. Errors: EINVAL.
    ///
    /// It is walked when the thread ends (FutexOwned.swift).
    static func setRobustList(
        _ caller: Caller, head: VirtualAddress, size: UInt
    ) throws(Errno) -> Int {
        guard size == robustListSize else { throw .invalidArgument }
        caller.thread.robustList = head
        return 0
    }
    /// get_robust_list(2): Tells a thread's list of robust futexes. Errors: EFAULT, ESRCH.
    static func getRobustList(
        _ caller: Caller, thread: Int32, head: VirtualAddress, size: VirtualAddress
    ) throws(Errno) -> Int {
        let thread = try find(caller, thread)
        try ProgramMemory.store(UInt64(robustListSize), at: size)
        try ProgramMemory.store(thread.robustList.rawValue, at: head)
        return 0
    }

    /// rseq(2): Registers the thread's area for restartable sequences. Errors: EBUSY, EFAULT,
    /// EINVAL, EPERM.
    static func rseq(
        _ caller: Caller, area: VirtualAddress, size: UInt32, flags: Int32, signature: UInt32
    ) throws(Errno) -> Int {
        let unregister: Int32 = 1
        let signals = caller.signals
        let isWhole = size == RestartableSequence.byteCount
        guard flags & ~unregister == 0 else { throw .invalidArgument }
        if let registered = signals.sequence {
            guard registered.area == area, isWhole else { throw .invalidArgument }
            guard registered.signature == signature else { throw .operationNotPermitted }
            guard flags == unregister else { throw .busy }
            try registered.store(processor: nil)
            signals.sequence = nil
            return 0
        }
        guard flags == 0, isWhole,
            area.rawValue & UInt64(RestartableSequence.byteCount - 1) == 0
        else { throw .invalidArgument }
        guard ProgramMemory.contains(area, count: Int(size)) else { throw .badAddress }
        let sequence = RestartableSequence(area: area, signature: signature)
        do throws(Errno) {
            try sequence.store(processor: UInt32(CPU.number))
        } catch {
            // Linux finds out on its way back to the program.
            signals.force(
                .segmentationViolation, SignalInformation(.segmentationViolation, .kernel))
            return 0
        }
        signals.sequence = sequence
        signals.sequenceProcessor = CPU.number
        return 0
    }

    /// getcpu(2): Tells the CPU, and the memory node, which is 0. Errors: EFAULT.
    static func getcpu(
        _ caller: Caller, processor: VirtualAddress, node: VirtualAddress
    ) throws(Errno) -> Int {
        if !processor.isNull { try ProgramMemory.store(UInt32(CPU.number), at: processor) }
        if !node.isNull { try ProgramMemory.store(UInt32(0), at: node) }
        return 0
    }
}
