import Base
import Devices
import Testing

@Suite("Registers of the PC's clock") struct RealTimeClockTests {
    // MC146818 data sheet, table 3: an example in both modes. Status B: bit 1 24 hours, bit 2 binary.
    @Test(
        "a time in the chip's four formats",
        arguments: [
            (
                0b010,
                ClockFields(
                    second: 0x58, minute: 0x59, hour: 0x23, day: 0x29, month: 0x02, year: 0x00,
                    century: 0x20)
            ),
            (
                0b000,
                ClockFields(
                    second: 0x58, minute: 0x59, hour: 0x91, day: 0x29, month: 0x02, year: 0x00,
                    century: 0x20)
            ),
            (
                0b110,
                ClockFields(
                    second: 58, minute: 59, hour: 23, day: 29, month: 2, year: 0, century: 20)
            ),
            (
                0b100,
                ClockFields(
                    second: 58, minute: 59, hour: 0x8b, day: 29, month: 2, year: 0, century: 20)
            ),
        ] as [(UInt8, ClockFields)])
    func formats(format: UInt8, fields: ClockFields) {
        #expect(fields.secondsSince1970(format: format) == 951_868_798)
        #expect(ClockFields(secondsSince1970: 951_868_798, format: format) == fields)
    }
    @Test("each hour, there and back, in every format", arguments: [0, 2, 4, 6] as [UInt8])
    func hours(format: UInt8) {
        for hour in 0..<24 as Range<Int64> {
            for day in [0, 1, 11_016, 20_000, 40_000] as [Int64] {
                let seconds = day * 86_400 + hour * 3600 + 61
                let fields = ClockFields(secondsSince1970: seconds, format: format)
                #expect(fields.secondsSince1970(format: format) == seconds)
            }
        }
    }
    @Test("without a century years are those of 1970 to 2069")
    func noCentury() {
        var fields = ClockFields(secondsSince1970: 951_868_798, format: 2)
        fields.century = 0xff
        #expect(fields.secondsSince1970(format: 2) == 951_868_798)
        fields.year = 0x70
        fields.day = 0x28
        #expect(fields.secondsSince1970(format: 2) == 5_097_598)
        #expect(ClockFields.range(hasCentury: false) == 0...3_155_759_999)
        #expect(ClockFields.range(hasCentury: true) == 0...253_402_300_799)
    }
    @Test("registers that mean no time are 0")
    func nothing() {
        let ones = ClockFields(
            second: 0xff, minute: 0xff, hour: 0xff, day: 0xff, month: 0xff, year: 0xff,
            century: 0xff)
        #expect(ones.secondsSince1970(format: 0xff) == 0)
    }
}
