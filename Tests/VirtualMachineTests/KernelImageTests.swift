import Base
import LinuxABI
import LinuxHost
import NucleusInterface
import Testing

@testable import VirtualMachine

@Suite("kernel image") struct KernelImageTests {
    /// An ELF file of one text page and one data page, with the note; tests damage it.
    struct Sample {
        var bytes = [UInt8](repeating: 0, count: 0x4000)
        init() {
            set(0, [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
            set16(16, 2)
            set16(18, 62)
            set64(24, KernelImage.base + 0x10)  // entry
            set64(32, 64)
            set16(54, 56)
            set16(56, 3)
            program(0, kind: 1, flags: 5, offset: 0x1000, address: KernelImage.base, size: 0x2000)
            program(
                1, kind: 1, flags: 6, offset: 0x3000, address: KernelImage.base + 0x2000,
                size: 0x1000)
            program(2, kind: 4, flags: 4, offset: 0x800, address: 0, size: 52)
            set(0x800, [8, 0, 0, 0, 32, 0, 0, 0, 1, 0, 0, 0] + Array("Martlet\0".utf8))
            set(0x814, [UInt8(NucleusInterface.version), 0, 0, 0, 0, 0, 0, 0])
            set64(0x81c, KernelImage.base)
            set64(0x824, KernelImage.base + 0x1000)
            set64(0x82c, KernelImage.base + 0x3000)
        }
        mutating func set(_ offset: Int, _ new: [UInt8]) {
            bytes.replaceSubrange(offset..<offset + new.count, with: new)
        }
        mutating func set16(_ offset: Int, _ value: UInt16) {
            set(offset, [UInt8(value & 0xff), UInt8(value >> 8)])
        }
        mutating func set64(_ offset: Int, _ value: UInt64) {
            set(offset, (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
        }
        mutating func program(
            _ index: Int, kind: UInt8, flags: UInt8, offset: UInt64, address: UInt64, size: UInt64
        ) {
            let start = 64 + 56 * index
            set(start, [kind, 0, 0, 0, flags, 0, 0, 0])
            set64(start + 8, offset)
            set64(start + 16, address)
            set64(start + 32, size)
            set64(start + 40, size)
            set64(start + 48, 0x1000)
        }

        func read() throws -> KernelImage {
            let path = "/tmp/martlet-test-\(UInt64.random(in: 0...UInt64.max))"
            let file = try OwnedDescriptor.creating(path: path)
            defer { Host.remove(path) }
            file.borrowed.writeAll(bytes)
            let reader = try OwnedDescriptor.reading(path: path)
            return try KernelImage(reading: reader.borrowed)
        }
        /// The line with which the image is refused.
        func refusal() -> String? {
            do {
                _ = try read()
                return nil
            } catch let failure as MachineFailure {
                return failure.exitStatus == 1 ? failure.line : "not refused: \(failure)"
            } catch { return "\(error)" }
        }
    }

    @Test("of our linker script is taken as it is")
    func accepts() throws {
        let image = try Sample().read()
        #expect(image.entry == KernelImage.base + 0x10)
        #expect(image.segments.count == 2)
        #expect(image.byteCount == 0x3000)
        #expect(image.entryTemplate == KernelImage.base + 0x1000)
    }

    static let damages: [(String, @Sendable (inout Sample) -> Void)] = [
        ("is not an ELF", { $0.bytes[0] = 0 }),
        ("is not an ELF", { $0.bytes = [] }),
        ("is truncated", { $0.bytes = Array($0.bytes.prefix(40)) }),
        ("is truncated", { $0.bytes = Array($0.bytes.prefix(0x3800)) }),
        ("another CPU", { $0.set16(18, 183) }),
        ("table of program headers", { $0.set64(32, .max) }),
        ("both writable and executable", { $0.bytes[64 + 4] = 7 }),
        ("outside the kernel's place", { $0.set64(64 + 16, 0x400000) }),
        ("outside the kernel's place", { $0.set64(64 + 16, KernelImage.base + 8) }),
        ("outside the kernel's place", { $0.set64(64 + 40, 1 << 40) }),
        ("overlapping", { $0.set64(64 + 56 + 16, KernelImage.base + 0x1000) }),
        ("entry point", { $0.set64(24, KernelImage.base + 0x2000) }),
        ("no Martlet note", { $0.bytes[0x808] = 2 }),
        ("no Martlet note", { $0.bytes[0x80c] = 0x6d }),
        ("no Martlet note", { $0.set(0x804, [255, 255, 255, 255]) }),
        ("version 9", { $0.bytes[0x814] = 9 }),
        ("damaged Martlet note", { $0.set64(0x81c, 0) }),
        ("damaged Martlet note", { $0.set64(0x824, KernelImage.base + 8) }),
        ("damaged Martlet note", { $0.set64(0x82c, KernelImage.base + 0x1000) }),
        ("damaged Martlet note", { $0.set64(0x82c, .max) }),
    ]
    @Test("that is damaged is refused with one line", arguments: damages.indices)
    func refuses(index: Int) throws {
        var sample = Sample()
        Self.damages[index].1(&sample)
        let line = try #require(sample.refusal())
        #expect(line.contains(Self.damages[index].0), "\(line)")
        #expect(!line.contains("\n"))
    }

    @Test("with any byte of its headers changed never traps")
    func survivesDamage() throws {
        for offset in Array(0..<232) + Array(0x800..<0x834) {
            for value in [0, 0x7f, 0xff] as [UInt8] {
                var sample = Sample()
                sample.bytes[offset] = value
                _ = sample.refusal()
            }
        }
    }
}

@Suite("words of the VMM") struct WordsTests {
    @Test("control characters of the guest do not reach the terminal")
    func cleans() {
        #expect(Words.line(Array("a\u{1b}[2Jb\n".utf8)) == "a?[2Jb?")
        #expect(Words.paragraph(Array("a\n\tb\u{7}\n\n".utf8)) == "a\n\tb?")
    }
    @Test("a stage is shown in milliseconds with three digits")
    func timeline() {
        let timeline = Timeline(start: 1_000, frequency: 2_000_000_000)
        #expect(timeline.line("x", at: 1_000 + 4_082_000) == "   2.041 ms  x")
        #expect(timeline.line("x", at: 0) == "   0.000 ms  x")
        #expect(timeline.line("x", at: .max) == "       ? ms  x")
    }
    @Test("endings follow the table of the README")
    func endings() {
        #expect(Ending(.exit(status: 0x107))?.status == 7)
        #expect(Ending(.killed(signal: 11))?.status == 139)
        #expect(
            Ending(.killed(signal: 11))?.line
                == "the program was killed by SIGSEGV (segmentation fault)")
        #expect(Ending(.crash([])).map { $0.status } == 70)
        #expect(Ending(.refused(Array("no such file".utf8)))?.status == 1)
        #expect(Ending(.log(level: 0, [])) == nil)
    }
}
