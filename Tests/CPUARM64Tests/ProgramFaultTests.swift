import Base
import Testing

@testable import CPUARM64

/// ESR_EL1 as Arm ARM D17.2.37 lays it out: class in bits 31–26, length in 25, syndrome below.
@Suite("Exceptions") struct ProgramFaultTests {
    private static let address = VirtualAddress(rawValue: 0x1234_5000)
    private static let at = VirtualAddress(rawValue: 0x40_1234)

    private func fault(
        _ number: UInt64, _ syndrome: UInt64 = 0, _ address: VirtualAddress = Self.address
    ) -> ProgramFault? {
        FrameFixture(syndrome: number << 26 | 1 << 25 | syndrome).frame.fault(at: address)
    }

    @Test("aborts are accesses, with what they did and found")
    func aborts() {
        let write: UInt64 = 1 << 6
        let maintenance: UInt64 = 1 << 8
        for level: UInt64 in 0...3 {
            for code: UInt64 in [0x04, 0x08, 0x0c] {
                #expect(fault(0x24, code + level) == .access(.read, at: Self.address))
                #expect(fault(0x24, code + level | write) == .access(.write, at: Self.address))
                #expect(fault(0x20, code + level) == .access(.execute, at: Self.address))
            }
            #expect(fault(0x24, 0x14 + level) == .bus(at: Self.address))
            #expect(fault(0x24, level) == .bus(at: Self.address))
        }
        // A cache's maintenance says "write" (D17.2.37, WnR).
        #expect(fault(0x24, 0x07 | write | maintenance) == .access(.read, at: Self.address))
        #expect(fault(0x24, 0x21) == .alignment(at: Self.address))
        #expect(fault(0x24, 0x10) == .bus(at: Self.address))
        let noAddress: UInt64 = 1 << 10
        #expect(fault(0x24, 0x10 | noAddress) == .bus(at: VirtualAddress(rawValue: 0)))
        #expect(fault(0x24, 0x35) == .bus(at: Self.address))
    }
    @Test("a tag in an address's uppermost byte is no part of it")
    func tags() {
        let tagged = VirtualAddress(rawValue: 0xab00_0000_1234_5000)
        #expect(fault(0x24, 0x07, tagged) == .access(.read, at: Self.address))
        let upper = VirtualAddress(rawValue: 0xffff_0000_0000_0000)
        #expect(fault(0x24, 0x07, upper) == .access(.read, at: upper))
    }
    @Test("the other classes are Linux's signals")
    func classes() {
        let illegal: [UInt64] = [0x00, 0x01, 0x07, 0x0d, 0x0e, 0x18, 0x19, 0x3f]
        for number in illegal { #expect(fault(number) == .illegalInstruction(.instruction)) }
        #expect(fault(0x1c) == .illegalInstruction(.operand))
        #expect(fault(0x22) == .alignment(at: Self.address))
        #expect(fault(0x26) == .alignment(at: VirtualAddress(rawValue: 0x7000_0f00)))
        #expect(fault(0x3c) == .breakpoint(at: Self.at))
        #expect(fault(0x32) == .step)
        #expect(fault(0x30) == .hardwareBreakpoint(at: Self.at))
        #expect(fault(0x34) == .hardwareBreakpoint(at: Self.address))
        let reasons: [(UInt64, ProgramFault.FloatError)] = [
            (0x01, .invalid), (0x02, .division), (0x04, .overflow), (0x08, .underflow),
            (0x10, .inexact), (0x00, .unknown), (0x11, .invalid),
        ]
        let isValid: UInt64 = 1 << 23
        for (bits, reason) in reasons {
            #expect(fault(0x2c, isValid | bits) == .floatingPoint(reason))
            #expect(fault(0x2c, bits) == .floatingPoint(.unknown))
        }
        for cause: UInt64 in [0x100, 0x101, 0x102] {
            let frame = FrameFixture(cause: cause, syndrome: 0x24 << 26 | 7).frame
            #expect(frame.fault(at: Self.address) == nil)
        }
    }
    @Test("only what a missing page can cause is asked of the address space")
    func memoryFaults() {
        for code: UInt64 in 0...63 {
            for number: UInt64 in [0x20, 0x24] {
                let frame = FrameFixture(syndrome: number << 26 | code).frame
                #expect(frame.isMemoryFault == (0x04...0x0f).contains(code))
            }
            #expect(!FrameFixture(syndrome: 0x22 << 26 | code).frame.isMemoryFault)
        }
    }
    @Test("a frame reports aborts as set_thread_esr does, other syndromes where Linux keeps them")
    func records() {
        let last = FaultRecord(syndrome: 5, address: 6)
        func record(
            _ syndrome: UInt64, _ address: VirtualAddress = Self.address
        ) -> FaultRecord {
            FrameFixture(syndrome: syndrome).frame.faultRecord(at: address, after: last)
        }
        #expect(record(0x9200_0047) == FaultRecord(syndrome: 0x9200_0047, address: 0x1234_5000))
        let upper = VirtualAddress(rawValue: 0xffff_0000_0000_0008)
        #expect(record(0x9200_014f, upper) == .init(syndrome: 0x9200_0144, address: upper.rawValue))
        let library = VirtualAddress(rawValue: 0x4000_0000_1000)
        #expect(record(0x9200_004f, library).syndrome == 0x9200_0044)
        #expect(record(0x8200_000f, library).syndrome == 0x8200_0004)
        #expect(record(0x8a00_0000) == FaultRecord(syndrome: 0x8a00_0000, address: 0))
        #expect(record(0x9200_0010) == FaultRecord(syndrome: 0x9200_0010, address: 0))
        #expect(record(0x0200_0000) == FaultRecord())
        #expect(record(0xf200_0001) == last)
    }
    @Test("a crash report has all registers, each once")
    func reports() {
        let frame = FrameFixture(syndrome: 0xf200_0001).frame
        var values: [UInt64] = []
        while let register = frame.shownRegister(values.count) { values.append(register.value) }
        #expect(values.count == 35)
        #expect(values[..<4] == [0x40_1234, 0x7000_0f00, 0x6000_0000, 0xf200_0001])
        #expect(Array(values[4...]) == (0...30).map { 0x1000 + UInt64($0) })
        #expect(frame.framePointer == 0x101d)
        guard case .named = frame.libraryFault else {
            Issue.record("a breakpoint has a name")
            return
        }
    }
}
