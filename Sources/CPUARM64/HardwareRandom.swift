internal import Base
internal import CPUARM64Assembly

/// The CPU's own random numbers (FEAT_RNG, RNDRRS).
///
/// One source among several: never the only one, as a guest can't see what its host makes of them.
package enum HardwareRandom {
    /// ID_AA64ISAR0_EL1.RNDR.
    private static let isThere = Global(CPU.read(.instructions0) >> 60 != 0)
    private static let attempts = 10

    /// Returns `count` times 64 bits to `use`; returns how many there were. Precondition: `count` is
    /// small, an attempt may take a microsecond.
    package static func gather(_ count: Int, _ use: (UInt64) -> Void) -> Int {
        guard isThere.value else { return 0 }
        for index in 0..<count {
            guard let word = next() else { return index }
            use(word)
        }
        return count
    }
    private static func next() -> UInt64? {
        var value: UInt64 = 0
        // SAFETY: the shim writes the one word that it is given.
        for _ in 0..<attempts {
            if unsafe arm64_random_seed(&value) != 0 { return value }
            CPU.pause()
        }
        return nil
    }
}
