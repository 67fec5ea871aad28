internal import Base
internal import Hardware
internal import LinuxABI
internal import Processes

// Capabilities (capabilities(7)).
extension SystemCalls {
    /// Words of each set that the header's version has; stores the version known best where it has
    /// none. EFAULT, EINVAL.
    private static func words(_ header: VirtualAddress) throws(Errno) -> Int {
        switch try ProgramMemory.load(UInt32.self, at: header) {
        case 0x1998_0330: return 1
        case 0x2007_1026, 0x2008_0522: return 2
        default:
            try ProgramMemory.store(UInt32(0x2008_0522), at: header)
            throw .invalidArgument
        }
    }

    /// capget(2): Tells the capabilities of the process. Errors: EFAULT, EINVAL, ESRCH.
    static func capget(
        _ caller: Caller, header: VirtualAddress, data: VirtualAddress
    ) throws(Errno) -> Int {
        let count: Int
        do throws(Errno) {
            count = try words(header)
        } catch {
            // Asking for the version alone is not an error.
            if error == .invalidArgument, data.isNull { return 0 }
            throw error
        }
        let process = try ProgramMemory.load(Int32.self, at: try header.field(4))
        guard process >= 0 else { throw .invalidArgument }
        let credentials = try findProcess(caller, process).credentials
        guard !data.isNull else { return 0 }
        let sets =
            [credentials.effective, credentials.permitted, credentials.inheritable]
            as InlineArray<3, CapabilitySet>
        for word in 0..<count {
            for index in 0..<3 {
                let part = UInt32(truncatingIfNeeded: sets[index].rawValue >> (word * 32))
                try ProgramMemory.store(
                    part, at: try data.field(UInt64(word * 12 + index * 4)))
            }
        }
        return 0
    }

    /// capset(2): Sets the capabilities of the process. Errors: EFAULT, EINVAL, EPERM.
    static func capset(
        _ caller: Caller, header: VirtualAddress, data: VirtualAddress
    ) throws(Errno) -> Int {
        let count = try words(header)
        let process = try ProgramMemory.load(Int32.self, at: try header.field(4))
        guard process == 0 || process == caller.process.identifier else {
            throw .operationNotPermitted
        }
        var sets = InlineArray<3, UInt64>(repeating: 0)
        for word in 0..<count {
            for index in 0..<3 {
                let part = try ProgramMemory.load(
                    UInt32.self, at: try data.field(UInt64(word * 12 + index * 4)))
                sets[index] |= UInt64(part) << (word * 32)
            }
        }
        let effective = CapabilitySet(rawValue: sets[0]).intersection(.all)
        let permitted = CapabilitySet(rawValue: sets[1]).intersection(.all)
        let inheritable = CapabilitySet(rawValue: sets[2]).intersection(.all)
        let old = caller.process.credentials
        // security/commoncap.c, cap_capset.
        let inheritableLimit =
            old.has(.setCapabilities) ? CapabilitySet.all : old.inheritable.union(old.permitted)
        guard inheritableLimit.isSuperset(of: inheritable),
            old.inheritable.union(old.bounding).isSuperset(of: inheritable),
            old.permitted.isSuperset(of: permitted), permitted.isSuperset(of: effective)
        else { throw .operationNotPermitted }
        caller.process.credentials.effective = effective
        caller.process.credentials.permitted = permitted
        caller.process.credentials.inheritable = inheritable
        caller.process.credentials.ambient.formIntersection(permitted)
        caller.process.credentials.ambient.formIntersection(inheritable)
        return 0
    }
}
