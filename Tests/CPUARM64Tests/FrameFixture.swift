import Base

@testable import CPUARM64

/// Registers in memory of the test, which stays: a frame is but a handle to it.
struct FrameFixture {
    let frame: ProgramFrame

    init(cause: UInt64 = 0, syndrome: UInt64 = 0) {
        let registers = UnsafeMutableRawPointer.allocate(byteCount: 0x130, alignment: 16)
        registers.initializeMemory(as: UInt8.self, repeating: 0, count: 0x130)
        frame = ProgramFrame(at: registers)
        for number in 0...30 { frame[general: number] = 0x1000 + UInt64(number) }
        frame[.sp] = 0x7000_0f00
        frame[.pc] = 0x40_1234
        frame[.pstate] = 0x6000_0000
        frame[.number] = .max
        frame[.cause] = cause
        frame[.syndrome] = syndrome
    }
}

/// Memory as a program's, from an address on.
final class FakeMemory: ProgramAccess {
    static let start: UInt64 = 0x7000_0000
    var bytes = [UInt8](repeating: 0xee, count: 0x4000)

    func contains(_ address: VirtualAddress, count: Int) -> Bool {
        let offset = address.rawValue &- Self.start
        return offset <= UInt64(bytes.count) && UInt64(count) <= UInt64(bytes.count) - offset
    }
    private func offset(_ address: VirtualAddress, _ count: Int) throws(BadFrame) -> Int {
        guard contains(address, count: count) else { throw BadFrame() }
        return Int(address.rawValue - Self.start)
    }
    func copyOut(_ source: RawSpan, to address: VirtualAddress) throws(BadFrame) {
        let start = try offset(address, source.byteCount)
        for index in 0..<source.byteCount { bytes[start + index] = source.byte(at: index) }
    }
    func copyIn(
        from address: VirtualAddress, into target: inout MutableRawSpan
    ) throws(BadFrame) {
        let start = try offset(address, target.byteCount)
        for index in 0..<target.byteCount {
            target.storeLittleEndian(bytes[start + index], at: index)
        }
    }
    func zero(_ address: VirtualAddress, count: Int) throws(BadFrame) {
        let start = try offset(address, count)
        for index in 0..<count { bytes[start + index] = 0 }
    }
}
