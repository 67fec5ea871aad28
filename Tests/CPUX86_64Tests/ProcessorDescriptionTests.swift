import Base
import Devices
import Foundation
import Testing

@testable import CPUX86_64

/// /proc/cpuinfo out of CPUID's answers.
@Suite("Processor description") struct ProcessorDescriptionTests {
    private typealias Answer = CPU.Identification
    private static func answer(
        _ eax: UInt32, _ ebx: UInt32 = 0, _ ecx: UInt32 = 0, _ edx: UInt32 = 0
    ) -> CPU.Identification { CPU.Identification(eax: eax, ebx: ebx, ecx: ecx, edx: edx) }

    /// A Skylake server with two threads a core and two cores a package, as its manual describes it.
    private static func maker(_ leaf: UInt32, _ subleaf: UInt32) -> CPU.Identification {
        switch (leaf, subleaf) {
        case (0, _): answer(0x16, 0x756e_6547, 0x6c65_746e, 0x4965_6e69)
        case (1, _): answer(0x0005_0654, 0x0002_0800, 0x7ffe_fbff, 0xbfeb_fbff)
        case (4, 0): answer(0x0400_4121, 0x01c0_003f, 63)
        case (4, 1): answer(0x0400_4122, 0x01c0_003f, 63)
        case (4, 2): answer(0x0400_4143, 0x03c0_003f, 1023)
        case (4, 3): answer(0x0400_c163, 0x0280_003f, 36863)
        case (7, 0): answer(0, 0xd39f_ffff, 0x8, 0xbc00_0000)
        case (0xb, 0): answer(1, 2, 0x100)
        case (0xb, 1): answer(2, 4, 0x201)
        case (0xd, 1): answer(0xf)
        case (0x8000_0000, _): answer(0x8000_0008)
        case (0x8000_0001, _): answer(0, 0, 0x121, 0x2c10_0800)
        case (0x8000_0002, _): answer(0x2020_2020, 0x6e49_2020, 0x286c_6574, 0x5820_2952)
        case (0x8000_0003, _): answer(0x286e_6f65, 0x2020_2952, 0x6c6f_4720, 0x0000_0064)
        case (0x8000_0007, _): answer(0, 0, 0, 0x100)
        case (0x8000_0008, _): answer(0x302e)
        default: answer(0)
        }
    }
    private func text(
        _ number: Int, of places: ProcessorPlaces, _ description: ProcessorDescription
    )
        -> String
    {
        var bytes = [UInt8](repeating: 0, count: 8192)
        var span = bytes.mutableSpan
        var text = TextBuffer(into: span.mutableBytes)
        description.write(number, of: places, to: &text)
        let count = text.writtenCount
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
    /// The lines as names and values.
    private func fields(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: "\n").map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (
                String(parts[0]).trimmingCharacters(in: .whitespaces),
                parts.count > 1 ? String(parts[1]).trimmingCharacters(in: .whitespaces) : ""
            )
        }
    }
    private static let six = ProcessorPlaces(count: 6, frequency: 2_445_404_123) { UInt64($0) }

    @Test("family, model, name, sizes and places, each on its line")
    func lines() {
        let description = ProcessorDescription(Self.maker)
        let text = text(3, of: Self.six, description)
        #expect(text.hasSuffix("power management:\n\n"))
        let fields = fields(text)
        func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
        #expect(value("processor") == "3")
        #expect(value("vendor_id") == "GenuineIntel")
        #expect(value("cpu family") == "6")
        #expect(value("model") == "85")
        #expect(value("model name") == "Intel(R) Xeon(R) Gold")
        #expect(value("stepping") == "4")
        #expect(value("cpu MHz") == "2445.404")
        #expect(value("cache size") == "25344 KB")
        #expect(value("physical id") == "0")
        #expect(value("siblings") == "4")
        #expect(value("core id") == "1")
        #expect(value("cpu cores") == "2")
        #expect(value("apicid") == "3")
        #expect(value("cpuid level") == "22")
        #expect(value("bogomips") == "4890.80")
        #expect(value("clflush size") == "64")
        #expect(value("address sizes") == "46 bits physical, 48 bits virtual")
    }
    @Test("flags are named by their bits, FSGSBASE and keys of memory apart")
    func flags() {
        let description = ProcessorDescription(Self.maker)
        let line = fields(text(0, of: Self.six, description)).first { $0.name == "flags" }
        let flags = (line?.value ?? "").split(separator: " ").map(String.init)
        #expect(Set(flags).count == flags.count)
        for flag in [
            "fpu", "sse2", "syscall", "nx", "lm", "constant_tsc", "nopl", "pni", "avx", "avx2",
            "avx512f", "xsaves", "abm", "ssbd", "ibrs", "ibpb", "stibp", "pku", "arch_capabilities",
        ] {
            #expect(flags.contains(flag), "\(flag)")
        }
        for flag in ["fsgsbase", "-", "", "svm", "vmmcall"] {
            #expect(!flags.contains(flag), "\(flag)")
        }
        // Linux's order: by the numbers of its features.
        let order = [
            "fpu", "pbe", "syscall", "constant_tsc", "cpuid", "pni", "lahf_lm", "avx2",
            "xsaveopt", "pku",
        ]
        let places = order.compactMap { flags.firstIndex(of: $0) }
        #expect(places.count == order.count && places == places.sorted())
    }
    @Test("without saved state there is nothing that needs it")
    func withoutState() {
        let description = ProcessorDescription { leaf, subleaf in
            let answer = Self.maker(leaf, subleaf)
            return leaf != 1
                ? answer
                : Self.answer(answer.eax, answer.ebx, answer.ecx & ~(1 << 27), answer.edx)
        }
        let line = fields(text(0, of: Self.six, description)).first { $0.name == "flags" }
        let flags = Set((line?.value ?? "").split(separator: " ").map(String.init))
        #expect(
            flags.isDisjoint(with: ["xsave", "avx", "fma", "f16c", "avx2", "avx512f", "xsaves"]))
        #expect(flags.isSuperset(of: ["sse4_2", "bmi1", "aes"]))
    }
    @Test("cores, packages and caches by the bits of identifiers")
    func places() {
        let description = ProcessorDescription(Self.maker)
        #expect(description.coreGroup(of: 0, Self.six) == 0b11)
        #expect(description.coreGroup(of: 5, Self.six) == 0b11_0000)
        #expect(description.packageGroup(of: 1, Self.six) == 0b1111)
        #expect(description.packageGroup(of: 4, Self.six) == 0b11_0000)
        #expect(description.packageNumber(of: 4, Self.six) == 1)
        #expect(description.coreNumber(of: 3, Self.six) == 1)
        let first = description.cache(0)
        #expect(first?.kind == .data && first?.level == 1 && first?.byteCount == 32768)
        #expect(first?.ways == 8 && first?.sets == 64 && first?.lineSize == 64)
        #expect(description.cache(3)?.byteCount == 25344 << 10)
        #expect(description.cache(3)?.sharingShift == 2)
        #expect(description.cache(4) == nil)
    }
    @Test("caches of an AMD CPU of before leaf 0x8000001d")
    func olderCaches() {
        let description = ProcessorDescription { leaf, _ in
            switch leaf {
            case 0: Self.answer(0xd, 0x6874_7541, 0x444d_4163, 0x6974_6e65)
            case 0x8000_0000: Self.answer(0x8000_0008)
            case 0x8000_0005: Self.answer(0, 0, 0x4002_0140, 0x4002_0140)
            case 0x8000_0006: Self.answer(0, 0, 0x0200_8140, 0x0100_f040)
            default: Self.answer(0)
            }
        }
        let first = description.cache(0)
        #expect(first?.kind == .data && first?.byteCount == 65536 && first?.ways == 2)
        #expect(first?.sets == 512)
        #expect(description.cache(1)?.kind == .instruction)
        #expect(description.cache(2)?.byteCount == 512 << 10)
        #expect(description.cache(2)?.ways == 16 && description.cache(2)?.level == 2)
        // Of all ways.
        #expect(description.cache(3)?.byteCount == 32 << 20 && description.cache(3)?.sets == 1)
        #expect(description.cache(4) == nil)
    }
    @Test("a CPU that tells nothing is one of one package")
    func silent() {
        let description = ProcessorDescription { _, _ in Self.answer(0) }
        let text = text(5, of: Self.six, description)
        #expect(text.contains("model name\t: unknown\n"))
        #expect(!text.contains("cache size"))
        #expect(description.packageGroup(of: 0, Self.six) == 0b11_1111)
        #expect(description.coreNumber(of: 5, Self.six) == 5)
        #expect(description.cache(0) == nil)
    }
    @Test(
        "what this host's CPUID says, against this host's /proc/cpuinfo", .enabled(if: Self.hasHost)
    )
    func host() throws {
        let host = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
        let theirs = fields(host.components(separatedBy: "\n\n")[0])
        let places = ProcessorPlaces(count: 1, frequency: 1_000_000_000) { _ in 0 }
        let ours = fields(text(0, of: places, .own))
        // Each of our lines is one of Linux's, in its order.
        var next = theirs[...]
        for field in ours {
            guard let index = next.firstIndex(where: { $0.name == field.name }) else {
                Issue.record("\(field.name) is not where Linux has it")
                continue
            }
            if [
                "vendor_id", "cpu family", "model", "model name", "stepping", "cache size",
                "clflush size",
                "address sizes", "cpuid level",
            ].contains(field.name) {
                #expect(next[index].value == field.value, "\(field.name)")
            }
            next = next[(index + 1)...]
        }
    }
    private static var hasHost: Bool {
        #if arch(x86_64)
            FileManager.default.fileExists(atPath: "/proc/cpuinfo")
        #else
            false
        #endif
    }
}
