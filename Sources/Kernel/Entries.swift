internal import Base
internal import Hardware
internal import Insight

@c func library_system_call(_ frame: UInt) { Crash.end(because: "system call") }
@c func library_interrupt(_ frame: UInt) { Crash.end(because: "interrupt") }
@c func library_exception(_ frame: UInt, _ faultAddress: UInt) { Crash.end(because: "exception") }
@c func library_nested_exception(_ frame: UInt, _ faultAddress: UInt) {
    let frame = CPU.nestedFrame(at: UInt64(frame))
    let address = VirtualAddress(rawValue: UInt64(faultAddress))
    if CPU.answerProbe(frame) || CPU.stopStepping(frame) { return }
    if CPU.isPageFault(frame),
        let continuation = FaultTable.continuation(of: frame.instruction)
    {
        frame.instruction = continuation
        return
    }
    Crash.end(frame, faultAddress: address)
}
