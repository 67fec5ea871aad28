internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes
internal import Scheduler

// Attributes of the process (prctl(2)); options that nothing here honours are EINVAL.
extension SystemCalls {
    private enum Option {
        static let setParentDeathSignal: Int32 = 1
        static let getParentDeathSignal: Int32 = 2
        static let getDumpable: Int32 = 3
        static let setDumpable: Int32 = 4
        static let getKeepCapabilities: Int32 = 7
        static let setKeepCapabilities: Int32 = 8
        static let getTiming: Int32 = 13
        static let setTiming: Int32 = 14
        static let setName: Int32 = 15
        static let getName: Int32 = 16
        static let getSeccomp: Int32 = 21
        static let readBounding: Int32 = 23
        static let dropBounding: Int32 = 24
        static let getTimeStampCounter: Int32 = 25
        static let setTimeStampCounter: Int32 = 26
        static let getSecureBits: Int32 = 27
        static let setSecureBits: Int32 = 28
        static let setTimerSlack: Int32 = 29
        static let getTimerSlack: Int32 = 30
        static let setMachineCheckPolicy: Int32 = 33
        static let getMachineCheckPolicy: Int32 = 34
        static let setSubreaper: Int32 = 36
        static let getSubreaper: Int32 = 37
        static let setNoNewPrivileges: Int32 = 38
        static let getNoNewPrivileges: Int32 = 39
        static let getThreadAddress: Int32 = 40
        static let setHugePagesDisabled: Int32 = 41
        static let getHugePagesDisabled: Int32 = 42
        static let ambient: Int32 = 47
        static let setVectorLength: Int32 = 50
        static let getVectorLength: Int32 = 51
        static let setTaggedAddresses: Int32 = 55
        static let getTaggedAddresses: Int32 = 56
    }

    /// prctl(2): Gets and sets attributes of the process. Errors: EFAULT, EINVAL, EPERM.
    static func prctl(
        _ caller: Caller, option: Int32, argument2: UInt64, argument3: UInt64, argument4: UInt64,
        argument5: UInt64
    ) throws(Errno) -> Int {
        let process = caller.process
        let address = VirtualAddress(rawValue: argument2)
        let others = argument3 | argument4 | argument5
        switch option {
        case Option.setParentDeathSignal:
            guard argument2 <= 64 else { throw .invalidArgument }
            process.attributes.parentDeathSignal = Int32(argument2)
        case Option.getParentDeathSignal:
            try ProgramMemory.store(process.attributes.parentDeathSignal, at: address)
        case Option.getDumpable: return Int(process.attributes.dumpable)
        case Option.setDumpable:
            guard argument2 <= 1 else { throw .invalidArgument }
            process.attributes.dumpable = argument2
        case Option.getKeepCapabilities: return process.credentials.keepsCapabilities ? 1 : 0
        case Option.setKeepCapabilities:
            guard argument2 <= 1 else { throw .invalidArgument }
            process.credentials.keepsCapabilities = argument2 == 1
        // Statistical timing is the only kind.
        case Option.getTiming: return 0
        case Option.setTiming: guard argument2 == 0 else { throw .invalidArgument }
        // The counter can be read, and can't be made to fault; arm64 has no such options.
        case Option.getTimeStampCounter where ABI.current == .x86_64:
            try ProgramMemory.store(Int32(1), at: address)
        case Option.setTimeStampCounter where ABI.current == .x86_64:
            guard argument2 == 1 else { throw .invalidArgument }
        // Of arm64: calls take no addresses with tags, as where abi.tagged_addr_disabled is 1.
        case Option.setTaggedAddresses where ABI.current == .arm64,
            Option.getTaggedAddresses where ABI.current == .arm64:
            guard argument2 | others == 0 else { throw .invalidArgument }
        case Option.setVectorLength: return try setVectorLength(process, argument2)
        case Option.getVectorLength:
            guard let length = VectorLength.current else { throw .invalidArgument }
            return vectorLengthStatus(process, length)
        // Of these bits there is SECBIT_KEEP_CAPS, by another name.
        case Option.getSecureBits: return process.credentials.keepsCapabilities ? 0x10 : 0
        case Option.setSecureBits:
            guard process.credentials.has(.setCapabilities) else { throw .operationNotPermitted }
            guard argument2 & ~0x10 == 0 else { throw .invalidArgument }
            process.credentials.keepsCapabilities = argument2 != 0
        // No memory of a virtual machine fails: PR_MCE_KILL_CLEAR and PR_MCE_KILL_DEFAULT.
        case Option.setMachineCheckPolicy:
            guard argument2 == 0, others == 0 else { throw .invalidArgument }
        case Option.getMachineCheckPolicy:
            guard argument2 | others == 0 else { throw .invalidArgument }
            return 2
        case Option.getThreadAddress:
            try ProgramMemory.store(caller.thread.clearedIdentifier.rawValue, at: address)
        case Option.setHugePagesDisabled:
            guard others == 0 else { throw .invalidArgument }
            process.addressSpace.takesLargePages = argument2 == 0
        case Option.getHugePagesDisabled:
            guard argument2 | others == 0 else { throw .invalidArgument }
            return process.addressSpace.takesLargePages ? 0 : 1
        case Option.setName: try setName(caller.thread, address)
        case Option.getName:
            try ProgramMemory.copyOut(caller.thread.name.span.raw, to: address)
        case Option.getSeccomp: return 0
        case Option.readBounding:
            return process.credentials.bounding.contains(try capability(argument2)) ? 1 : 0
        case Option.dropBounding:
            guard process.credentials.has(.setCapabilities) else { throw .operationNotPermitted }
            process.credentials.bounding.remove(try capability(argument2))
        case Option.setTimerSlack:
            caller.thread.thread.timerSlack.set(Int64(bitPattern: argument2))
        case Option.getTimerSlack: return Int(caller.thread.thread.timerSlack.time.rawValue)
        case Option.setSubreaper: process.attributes.isSubreaper = argument2 != 0
        case Option.getSubreaper:
            try ProgramMemory.store(
                UInt32(process.attributes.isSubreaper ? 1 : 0), at: address)
        case Option.setNoNewPrivileges:
            guard argument2 == 1, others == 0 else { throw .invalidArgument }
            process.credentials.hasNoNewPrivileges = true
        case Option.getNoNewPrivileges:
            guard argument2 | others == 0 else { throw .invalidArgument }
            return process.credentials.hasNoNewPrivileges ? 1 : 0
        case Option.ambient:
            guard argument4 | argument5 == 0 else { throw .invalidArgument }
            return try changeAmbient(process, argument2, argument3)
        default: throw .invalidArgument
        }
        return 0
    }

    private static func setName(
        _ thread: ProgramThread, _ address: VirtualAddress
    ) throws(Errno) {
        // Up to its NUL or 15 bytes; what lies behind need not be readable.
        var storage = InlineArray<16, UInt8>(repeating: 0)
        var index = 0
        while index < 15 {
            let byte = try ProgramMemory.load(
                UInt8.self, at: try address.field(UInt64(index)))
            if byte == 0 { break }
            storage[index] = byte
            index += 1
        }
        thread.setName(storage.span.raw)
    }
    private static func capability(_ number: UInt64) throws(Errno) -> CapabilitySet {
        guard number <= 40 else { throw .invalidArgument }
        return CapabilitySet(rawValue: 1 << number)
    }
    /// PR_SVE_VL_INHERIT
    private static var vectorLengthInherit: UInt64 { 1 << 17 }
    private static func vectorLengthStatus(_ process: Process, _ length: Int) -> Int {
        let inherit = process.attributes.inheritsVectorLength ? vectorLengthInherit : 0
        return length | Int(inherit)
    }
    /// PR_SVE_SET_VL (Documentation/arm64/sve.rst): the longest vectors that there are up to a length.
    private static func setVectorLength(
        _ process: Process, _ argument: UInt64
    ) throws(Errno) -> Int {
        let onExec: UInt64 = 1 << 18
        let length = Int(argument & 0xffff)
        let flags = argument & ~0xffff
        let longest = VectorLength.step * 512  // SVE_VL_MAX
        guard let old = VectorLength.current, flags & ~(vectorLengthInherit | onExec) == 0,
            length >= VectorLength.step, length <= longest,
            length.isMultiple(of: VectorLength.step)
        else { throw .invalidArgument }
        let new = VectorLength.change(to: length)
        // No program follows by exec that would begin with it. What was tried may have zeroed what
        // no call preserves anyway.
        if flags & onExec != 0 { _ = VectorLength.change(to: old) }
        process.attributes.inheritsVectorLength = flags & vectorLengthInherit != 0
        return vectorLengthStatus(process, new)
    }
    /// PR_CAP_AMBIENT
    private static func changeAmbient(
        _ process: Process, _ operation: UInt64, _ number: UInt64
    ) throws(Errno) -> Int {
        let clearAll: UInt64 = 4
        if operation == clearAll {
            guard number == 0 else { throw .invalidArgument }
            process.credentials.ambient = []
            return 0
        }
        let capability = try capability(number)
        switch operation {
        case 1: return process.credentials.ambient.contains(capability) ? 1 : 0
        case 2:
            guard process.credentials.permitted.contains(capability),
                process.credentials.inheritable.contains(capability)
            else { throw .operationNotPermitted }
            process.credentials.ambient.insert(capability)
        case 3: process.credentials.ambient.remove(capability)
        default: throw .invalidArgument
        }
        return 0
    }

    /// personality(2): Tells the execution domain, always Linux's; sets the one flag that means
    /// something here, ADDR_NO_RANDOMIZE for a later exec. Errors: EINVAL.
    static func personality(_ caller: Caller, persona: UInt32) throws(Errno) -> Int {
        let old = caller.process.attributes.personality
        if persona != .max {
            let noRandomization: UInt32 = 0x0004_0000
            guard persona & ~noRandomization == 0 else { throw .invalidArgument }
            caller.process.attributes.personality = persona
        }
        return Int(old)
    }
}
