internal import Base
internal import Hardware
internal import LinuxABI
internal import NucleusInterface
internal import Processes
internal import Trace

extension SystemCalls {
    /// Says once per call that the program asked for something that does not exist here: ENOSYS.
    static func unimplemented(_ caller: Caller) throws(Errno) -> Int {
        let number = UInt64(UInt32(truncatingIfNeeded: caller.frame.systemCallNumber))
        let slot = Int(number >> 6)
        let bit: UInt64 = 1 << (number & 63)
        if caller.process.loggedCalls[slot] & bit == 0 {
            caller.process.loggedCalls[slot] |= bit
            guard let call = SystemCallNumber(rawValue: number) else { throw .notImplemented }
            Log.line(.info) {
                $0.append("the program called ")
                $0.append(call.name)
                $0.append(", which does not exist yet (ENOSYS)")
            }
        }
        throw .notImplemented
    }
}

/// The table's entry for each number without a handler.
@c func call_unimplemented(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.unimplemented(Caller(frame))
    }
}
