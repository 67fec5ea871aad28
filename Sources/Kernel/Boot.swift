internal import Base
internal import Hardware

@main enum Kernel { static func main() {} }

@c func library_boot(_ record: UInt, _ byteCount: Int) {
    CPU.start()
    Early.write("hello from ring 3\n")
    CPU.probeGate()
    Early.write(CPU.area.systemCallEntersRing0 ? "ring 0 syscall\n" : "ring 3 syscall\n")
    CPU.powerOff()
}
