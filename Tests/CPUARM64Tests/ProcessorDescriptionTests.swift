import Base
import Devices
import Testing

@testable import CPUARM64

@Suite("Processor description") struct ProcessorDescriptionTests {
    @Test("/proc/cpuinfo of a Cortex-A72 is Linux's")
    func lines() {
        let description = ProcessorDescription(main: 0x410f_d083, 0xfb, 1 << 17)
        let places = ProcessorPlaces(count: 2, frequency: 62_500_000) { UInt64($0) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        var span = bytes.mutableSpan
        var text = TextBuffer(into: span.mutableBytes)
        description.write(1, of: places, to: &text)
        let count = text.writtenCount
        #expect(
            String(decoding: bytes[..<count], as: UTF8.self) == """
                processor\t: 1
                BogoMIPS\t: 125.00
                Features\t: fp asimd aes pmull sha1 sha2 crc32 bti
                CPU implementer\t: 0x41
                CPU architecture: 8
                CPU variant\t: 0x0
                CPU part\t: 0xd08
                CPU revision\t: 3


                """)
        #expect(description.packageGroup(of: 0, places) == 0b11)
        #expect(description.coreGroup(of: 1, places) == 0b10)
        #expect(description.cache(0) == nil)
    }
}
