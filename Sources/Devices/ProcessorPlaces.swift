/// The machine's CPUs, as what describes one among them has to know.
package struct ProcessorPlaces {
    package let count: Int
    /// Ticks of the counter of time a second.
    package let frequency: UInt64
    /// What the interrupt controller calls each.
    private let identifiers: InlineArray<64, UInt64>

    /// Precondition: `count` is 1 to 64.
    package init(count: Int, frequency: UInt64, identifier: (Int) -> UInt64) {
        precondition(count >= 1 && count <= 64)
        self.count = count
        self.frequency = frequency
        var identifiers = InlineArray<64, UInt64>(repeating: 0)
        for number in 0..<count { identifiers[number] = identifier(number) }
        self.identifiers = identifiers
    }
    package func identifier(_ number: Int) -> UInt64 { identifiers[number] }
    /// The CPUs whose identifiers are the same as one's above the lowest `shift` bits, a bit each.
    @inline(never)
    package func group(of number: Int, shift: UInt64) -> UInt64 {
        var group: UInt64 = 0
        for other in 0..<count where identifiers[other] >> shift == identifiers[number] >> shift {
            group |= 1 << UInt64(other)
        }
        return group
    }
    /// How many such groups there are among CPUs, a bit each.
    package func groupCount(in processors: UInt64, shift: UInt64) -> UInt64 {
        var left = processors
        var count: UInt64 = 0
        while left != 0 {
            left &= ~group(of: left.trailingZeroBitCount, shift: shift)
            count += 1
        }
        return count
    }
}

/// A cache of a CPU, as /sys/devices/system/cpu tells of it.
package struct ProcessorCache: Equatable, Sendable {
    package enum Kind: Sendable {
        case data
        case instruction
        case unified

        package var name: StaticString {
            switch self {
            case .data: "Data"
            case .instruction: "Instruction"
            case .unified: "Unified"
            }
        }
    }
    package let kind: Kind
    package let level: UInt64
    package let lineSize: UInt64
    package let partitions: UInt64
    package let ways: UInt64
    package let sets: UInt64
    /// CPUs share it whose identifiers are the same above this many bits.
    package let sharingShift: UInt64
    package var byteCount: UInt64 { lineSize &* partitions &* ways &* sets }

    /// The cache of the highest level, where that is `level` at least.
    package static func last(
        of caches: (Int) -> ProcessorCache?, from level: UInt64
    ) -> ProcessorCache? {
        var found: ProcessorCache?
        var index = 0
        while let cache = caches(index) {
            if cache.level >= found?.level ?? level { found = cache }
            index += 1
        }
        return found
    }

    package init(
        _ kind: Kind, level: UInt64, lineSize: UInt64, partitions: UInt64, ways: UInt64,
        sets: UInt64, sharingShift: UInt64
    ) {
        self.kind = kind
        self.level = level
        self.lineSize = lineSize
        self.partitions = partitions
        self.ways = ways
        self.sets = sets
        self.sharingShift = sharingShift
    }
}
