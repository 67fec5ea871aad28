internal import Base
internal import Hardware
internal import LinuxABI
internal import Processes

// The thread's own: segment bases, robust futexes, CPU.
extension SystemCalls {
    private enum ArchitectureRequest {
        static let setGS: Int32 = 0x1001
        static let setFS: Int32 = 0x1002
        static let getFS: Int32 = 0x1003
        static let getGS: Int32 = 0x1004
        static let getIdentification: Int32 = 0x1011
        static let setIdentification: Int32 = 0x1012
    }

    /// arch_prctl(2): Gets and sets the bases of FS and GS. Errors: EFAULT, EINVAL, ENODEV, EPERM.
    static func archPrctl(
        _ caller: Caller, request: Int32, address: VirtualAddress
    ) throws(Errno) -> Int {
        switch request {
        case ArchitectureRequest.setFS:
            CPU.threadPointer = try segmentBase(address)
        case ArchitectureRequest.setGS:
            CPU.secondaryBase = try segmentBase(address)
        case ArchitectureRequest.getFS:
            try ProgramMemory.store(CPU.threadPointer, at: address)
        case ArchitectureRequest.getGS:
            try ProgramMemory.store(CPU.secondaryBase, at: address)
        // CPUID works, and can't be made to fault.
        case ArchitectureRequest.getIdentification: return 1
        case ArchitectureRequest.setIdentification: throw .noSuchDevice
        default: throw .invalidArgument
        }
        return 0
    }
    private static func segmentBase(_ address: VirtualAddress) throws(Errno) -> UInt64 {
        guard address.rawValue < 0x7fff_ffff_f000 else { throw .operationNotPermitted }
        return address.rawValue
    }

    private static let robustListSize: UInt = 24

    /// set_robust_list(2): Notes the thread's list of robust futexes. Errors: EINVAL.
    ///
    /// The kernel would walk it when the thread dies while others live, which can't happen here.
    static func setRobustList(
        _ caller: Caller, head: VirtualAddress, size: UInt
    ) throws(Errno) -> Int {
        guard size == robustListSize else { throw .invalidArgument }
        caller.process.robustList = head
        return 0
    }
    /// get_robust_list(2): Tells a thread's list of robust futexes. Errors: EFAULT, ESRCH.
    static func getRobustList(
        _ caller: Caller, thread: Int32, head: VirtualAddress, size: VirtualAddress
    ) throws(Errno) -> Int {
        try requireSelf(caller, thread)
        try ProgramMemory.store(UInt64(robustListSize), at: size)
        try ProgramMemory.store(caller.process.robustList.rawValue, at: head)
        return 0
    }

    /// getcpu(2): Tells CPU and memory node, both 0. Errors: EFAULT.
    static func getcpu(
        _ caller: Caller, processor: VirtualAddress, node: VirtualAddress
    ) throws(Errno) -> Int {
        if !processor.isNull { try ProgramMemory.store(UInt32(0), at: processor) }
        if !node.isNull { try ProgramMemory.store(UInt32(0), at: node) }
        return 0
    }
}
