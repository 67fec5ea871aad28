package import Base
package import Devices
internal import LinuxABI

/// What the identification registers tell of the processor to people: /proc/cpuinfo.
package struct ProcessorDescription: Sendable {
    package static let own = ProcessorDescription(
        main: ProcessorFeatures.identification.main, ProcessorFeatures.capabilities,
        ProcessorFeatures.capabilities2)

    private let main: UInt64
    private let capabilities: UInt64
    private let capabilities2: UInt64

    /// Of MIDR_EL1, AT_HWCAP and AT_HWCAP2.
    init(main: UInt64, _ capabilities: UInt64, _ capabilities2: UInt64) {
        self.main = main
        self.capabilities = capabilities
        self.capabilities2 = capabilities2
    }

    // Of caches and cores the registers that programs may be shown tell nothing: one package, a core a CPU.
    package func cache(_ index: Int) -> ProcessorCache? { nil }
    package func packageGroup(of number: Int, _ places: ProcessorPlaces) -> UInt64 {
        places.count >= 64 ? .max : 1 << UInt64(places.count) - 1
    }
    package func coreGroup(of number: Int, _ places: ProcessorPlaces) -> UInt64 {
        1 << UInt64(number)
    }
    package func packageNumber(of number: Int, _ places: ProcessorPlaces) -> UInt64 { 0 }
    package func coreNumber(of number: Int, _ places: ProcessorPlaces) -> UInt64 { UInt64(number) }

    /// Writes a CPU's lines and the empty one behind them (arch/arm64/kernel/cpuinfo.c).
    package func write(_ number: Int, of places: ProcessorPlaces, to text: inout TextBuffer) {
        text.append("processor\t: ")
        text.append(UInt64(number))
        text.append("\nBogoMIPS\t: ")
        text.append(places.frequency / 500_000)
        text.append(".")
        text.append(places.frequency / 5000 % 100, width: 2, padding: 0x30)
        text.append("\nFeatures\t:")
        words(Self.names, capabilities, &text)
        words(Self.names2, capabilities2, &text)
        text.append("\nCPU implementer\t: 0x")
        text.append(hexadecimal: main >> 24 & 0xff, minimumDigits: 2)
        text.append("\nCPU architecture: 8\nCPU variant\t: 0x")
        text.append(hexadecimal: main >> 20 & 15)
        text.append("\nCPU part\t: 0x")
        text.append(hexadecimal: main >> 4 & 0xfff, minimumDigits: 3)
        text.append("\nCPU revision\t: ")
        text.append(main & 15)
        text.append("\n\n")
    }
    /// Appends the words of bits that are set, each after a blank.
    private func words(_ names: StaticString, _ bits: UInt64, _ text: inout TextBuffer) {
        let bytes = names.bytes
        var bit: UInt64 = 0
        var start = 0
        for index in 0...bytes.byteCount {
            guard index == bytes.byteCount || bytes.byte(at: index) == 0x20 else { continue }
            if bits >> bit & 1 != 0 {
                text.append(byte: 0x20)
                text.append(bytes.extracting(start..<index))
            }
            bit += 1
            start = index + 1
        }
    }

    /// By the bits of AT_HWCAP and AT_HWCAP2 (asm/hwcap.h).
    private static let names: StaticString = """
        fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm jscvt fcma \
        lrcpc dcpop sha3 sm3 sm4 asimddp sha512 sve asimdfhm dit uscat ilrcpc flagm ssbs sb paca \
        pacg
        """
    private static let names2: StaticString = """
        dcpodp sve2 sveaes svepmull svebitperm svesha3 svesm4 flagm2 frint svei8mm svef32mm \
        svef64mm svebf16 i8mm bf16 dgh rng bti mte ecv afp rpres mte3 sme smei16i64 smef64f64 \
        smei8i32 smef16f32 smeb16f32 smef32f32 smefa64 wfxt ebf16 sveebf16
        """
}
