internal import Base
internal import Hardware
@c func library_system_call(_ frame: UInt) { Early.write("syscall\n"); CPU.powerOff() }
@c func library_interrupt(_ frame: UInt) {  Early.write("irq\n"); CPU.powerOff()}
@c func library_exception(_ frame: UInt, _ faultAddress: UInt) {  Early.write("exc\n"); CPU.powerOff()}
@c func library_nested_exception(_ frame: UInt, _ faultAddress: UInt) {
    let frame = CPU.nestedFrame(at: UInt64(frame))
    if CPU.answerProbe(frame) { return }
    Early.write("nested\n"); CPU.powerOff()
}
enum Early { static func write(_ t: StaticString) { CPU.writeEarlyConsole(t.bytes) } }
