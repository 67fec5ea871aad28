internal import Base
internal import CPUX86_64Assembly

/// The CPU's own random numbers (Intel SDM volume 1, section 7.3.17).
///
/// One source among several: never the only one, as a guest can't see what its host makes of them.
package enum HardwareRandom {
    /// Which sources there are.
    private struct Sources {
        let hasRandom = ProcessorFeatures.basic.value.ecx >> 30 & 1 != 0
        let hasSeed = ProcessorFeatures.extended >> 18 & 1 != 0
    }
    private static let sources = Global(Sources())

    /// Attempts before a source counts as dry (the SDM suggests ten for RDRAND).
    private static let attempts = 10

    /// Returns `count` times 64 bits to `use`, of RDSEED where the CPU has it, else of RDRAND; returns
    /// how many there were. Precondition: `count` is small, an attempt may take a microsecond.
    package static func gather(_ count: Int, _ use: (UInt64) -> Void) -> Int {
        let sources = sources.value
        for index in 0..<count {
            guard let word = next(sources) else { return index }
            use(word)
        }
        return count
    }

    private static func next(_ sources: Sources) -> UInt64? {
        var value: UInt64 = 0
        // SAFETY: the shims write the one word that they are given.
        if sources.hasSeed {
            for _ in 0..<attempts {
                if unsafe cpu_random_seed(&value) != 0 { return value }
                cpu_pause()
            }
        }
        if sources.hasRandom {
            for _ in 0..<attempts where unsafe cpu_random(&value) != 0 { return value }
        }
        return nil
    }
}
