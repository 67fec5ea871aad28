package import Base
package import Devices

// /proc/cpuinfo (arch/arm64/kernel/cpuinfo.c).
extension ProcessorDescription {
    /// Writes a CPU's lines and the empty one behind them.
    package func write(_ number: Int, of places: ProcessorPlaces, to text: inout TextBuffer) {
        text.append(line: "processor\t: ", UInt64(number))
        text.append("BogoMIPS\t: ")
        text.append(places.frequency, of: 500_000, digits: 2)
        text.append("\nFeatures\t:")
        text.append(words: Self.names, of: capabilities)
        text.append(words: Self.names2, of: capabilities2)
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
