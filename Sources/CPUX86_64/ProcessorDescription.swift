internal import Base
package import Devices

/// What CPUID tells of the processor to people: /proc/cpuinfo and its places in the machine.
///
/// Asked when somebody looks: each CPUID leaves the machine.
package struct ProcessorDescription: Sendable {
    package static let own = ProcessorDescription { CPU.identify(leaf: $0, subleaf: $1) }

    let first: CPU.Identification
    let basic: CPU.Identification
    /// Leaf 7, as far as the saved state lets programs use it; its subleaf 1, and leaf 0xd's.
    let extended: CPU.Identification
    let extendedMore: CPU.Identification
    let state: CPU.Identification
    let thermal: CPU.Identification
    let other: CPU.Identification
    let secondCache: CPU.Identification
    let power: CPU.Identification
    let sizes: CPU.Identification
    private let name: InlineArray<3, CPU.Identification>
    /// By how much identifiers are shifted to tell cores and packages apart.
    let threadShift: UInt64
    let packageShift: UInt64
    let hasTopology: Bool
    private let caches: InlineArray<8, ProcessorCache?>

    /// `ask` answers for a leaf and a subleaf.
    init(_ ask: (UInt32, UInt32) -> CPU.Identification) {
        let none = CPU.Identification(eax: 0, ebx: 0, ecx: 0, edx: 0)
        let highest = ask(0, 0)
        let highestOther = ask(0x8000_0000, 0).eax
        func answer(_ leaf: UInt32, _ subleaf: UInt32 = 0) -> CPU.Identification {
            if leaf < 0x8000_0000 { return leaf <= highest.eax ? ask(leaf, subleaf) : none }
            return highestOther >= leaf && highestOther < 0x8001_0000 ? ask(leaf, subleaf) : none
        }
        first = highest
        let features = answer(1)
        let hasState = features.ecx >> 27 & 1 != 0
        basic = hasState ? features : Self.withoutState(features)
        let seventh = answer(7)
        extended = hasState ? seventh : Self.extendedWithoutState(seventh)
        extendedMore = seventh.eax >= 1 && hasState ? answer(7, 1) : none
        state = hasState ? answer(0xd, 1) : none
        thermal = answer(6)
        other = answer(0x8000_0001)
        secondCache = answer(0x8000_0006)
        power = answer(0x8000_0007)
        sizes = answer(0x8000_0008)
        name = [answer(0x8000_0002), answer(0x8000_0003), answer(0x8000_0004)]
        (hasTopology, threadShift, packageShift) = Self.shifts { answer(0xb, $0) }
        let isOther = Self.isOther(highest)
        let hasTopologyExtensions = other.ecx >> 22 & 1 != 0
        if isOther, !hasTopologyExtensions {
            caches = Self.caches(answer(0x8000_0005), secondCache, packageShift: packageShift)
        } else {
            caches = Self.caches { answer(isOther ? 0x8000_001d : 4, $0) }
        }
    }
    /// Without saved extended state there are no instructions that need it.
    private static func withoutState(_ answer: CPU.Identification) -> CPU.Identification {
        CPU.Identification(
            eax: answer.eax, ebx: answer.ebx, ecx: answer.ecx & ~0x3400_1000, edx: answer.edx)
    }
    private static func extendedWithoutState(_ answer: CPU.Identification) -> CPU.Identification {
        CPU.Identification(
            eax: answer.eax, ebx: answer.ebx & ~0xdc23_0020, ecx: answer.ecx & ~0x0000_5e42,
            edx: answer.edx & ~0x0080_010c)
    }
    /// AMD's and Hygon's, which tell in their own leaves.
    private static func isOther(_ first: CPU.Identification) -> Bool {
        first.ebx == 0x6874_7541 || first.ebx == 0x6f67_7948
    }
    var isOther: Bool { Self.isOther(first) }
    /// The widths of identifiers within a core and within a package (leaf 0xb).
    private static func shifts(
        _ ask: (UInt32) -> CPU.Identification
    ) -> (isKnown: Bool, thread: UInt64, package: UInt64) {
        var isKnown = false
        var thread: UInt64 = 0
        var package: UInt64 = 0
        for level: UInt32 in 0..<8 {
            let answer = ask(level)
            let kind = answer.ecx >> 8 & 0xff
            guard kind != 0, answer.ebx & 0xffff != 0 else { break }
            isKnown = true
            package = UInt64(answer.eax & 31)
            if kind == 1 { thread = package }
        }
        // One package without it.
        return (isKnown, thread, isKnown ? package : 63)
    }
    private static func caches(
        _ ask: (UInt32) -> CPU.Identification
    ) -> InlineArray<8, ProcessorCache?> {
        var caches = InlineArray<8, ProcessorCache?>(repeating: nil)
        for index in 0..<8 {
            let answer = ask(UInt32(index))
            let kind: ProcessorCache.Kind
            switch answer.eax & 31 {
            case 1: kind = .data
            case 2: kind = .instruction
            case 3: kind = .unified
            default: return caches
            }
            let sharing = UInt64(answer.eax >> 14 & 0xfff)
            caches[index] = ProcessorCache(
                kind, level: UInt64(answer.eax >> 5 & 7), lineSize: UInt64(answer.ebx & 0xfff) + 1,
                partitions: UInt64(answer.ebx >> 12 & 0x3ff) + 1,
                ways: UInt64(answer.ebx >> 22) + 1, sets: UInt64(answer.ecx) + 1,
                sharingShift: UInt64(64 - sharing.leadingZeroBitCount))
        }
        return caches
    }

    /// Those of AMD's CPUs without leaf 0x8000001d, by leaves 0x80000005 and 0x80000006, as Linux takes
    /// them (arch/x86/kernel/cpu/cacheinfo.c, amd_cpuid4).
    private static func caches(
        _ first: CPU.Identification, _ second: CPU.Identification, packageShift: UInt64
    ) -> InlineArray<8, ProcessorCache?> {
        var caches = InlineArray<8, ProcessorCache?>(repeating: nil)
        var count = 0
        func add(
            _ kind: ProcessorCache.Kind, level: UInt64, kilobytes: UInt32, ways: UInt32,
            lineSize: UInt32, sharingShift: UInt64 = 0
        ) {
            guard kilobytes > 0, ways > 0, lineSize > 0 else { return }
            let lines = UInt64(kilobytes) * 1024 / UInt64(lineSize)
            let ways = min(UInt64(ways), max(1, lines))
            caches[count] = ProcessorCache(
                kind, level: level, lineSize: UInt64(lineSize), partitions: 1, ways: ways,
                sets: lines / ways, sharingShift: sharingShift)
            count += 1
        }
        let (data, code) = (first.ecx, first.edx)
        add(
            .data, level: 1, kilobytes: data >> 24, ways: data >> 16 & 0xff, lineSize: data & 0xff)
        add(
            .instruction, level: 1, kilobytes: code >> 24, ways: code >> 16 & 0xff,
            lineSize: code & 0xff)
        // What 4 bits tell of ways; all is as many as there are lines.
        let ways: [16 of UInt32] = [0, 1, 2, 0, 4, 0, 8, 0, 16, 0, 32, 48, 64, 96, 128, .max]
        add(
            .unified, level: 2, kilobytes: second.ecx >> 16, ways: ways[Int(second.ecx >> 12 & 15)],
            lineSize: second.ecx & 0xff)
        add(
            .unified, level: 3, kilobytes: (second.edx >> 18) * 512,
            ways: ways[Int(second.edx >> 12 & 15)], lineSize: second.edx & 0xff,
            sharingShift: packageShift)
        return caches
    }

    // MARK: Places

    /// The cache of an index, `nil` past the last.
    package func cache(_ index: Int) -> ProcessorCache? {
        index >= 0 && index < 8 ? caches[index] : nil
    }
    /// The CPUs of one's package, and of its core, a bit each.
    package func packageGroup(of number: Int, _ places: ProcessorPlaces) -> UInt64 {
        places.group(of: number, shift: packageShift)
    }
    package func coreGroup(of number: Int, _ places: ProcessorPlaces) -> UInt64 {
        places.group(of: number, shift: threadShift)
    }
    package func packageNumber(of number: Int, _ places: ProcessorPlaces) -> UInt64 {
        places.identifier(number) >> packageShift
    }
    package func coreNumber(of number: Int, _ places: ProcessorPlaces) -> UInt64 {
        (places.identifier(number) & (1 << packageShift - 1)) >> threadShift
    }
    func coreCount(of number: Int, _ places: ProcessorPlaces) -> UInt64 {
        places.groupCount(in: packageGroup(of: number, places), shift: threadShift)
    }

    /// Family, model and stepping (SDM volume 2, CPUID leaf 01H).
    var family: UInt64 {
        let family = UInt64(basic.eax >> 8 & 15)
        return family == 15 ? family + UInt64(basic.eax >> 20 & 0xff) : family
    }
    var model: UInt64 {
        let model = UInt64(basic.eax >> 4 & 15)
        return family >= 6 ? model | UInt64(basic.eax >> 16 & 15) << 4 : model
    }

    /// A byte of the maker's name, of 12.
    func makerByte(_ index: Int) -> UInt8 {
        let words: [3 of UInt32] = [first.ebx, first.edx, first.ecx]
        return UInt8(truncatingIfNeeded: words[index / 4] >> UInt32(index % 4 * 8))
    }
    /// A byte of the model's name, of 48; 0 behind it.
    func nameByte(_ index: Int) -> UInt8 {
        let answer = name[index / 16]
        let words: [4 of UInt32] = [answer.eax, answer.ebx, answer.ecx, answer.edx]
        return UInt8(truncatingIfNeeded: words[index / 4 % 4] >> UInt32(index % 4 * 8))
    }
}
