internal import CPUARM64Assembly
internal import NucleusLayoutARM64

/// How long a Z register is, in bytes: a multiple of 16 that the CPU has (ZCR_EL1.LEN).
///
/// A program begins with 64 bytes, or the longest that the CPU has below; longer ones it does not
/// get, so that the registers always fit a signal frame without extra space.
package enum VectorLength {
    /// That of the program; `nil` without SVE.
    package static var current: Int? {
        ProcessorFeatures.hasScalableVectors ? Int(arm64_scalable_length()) : nil
    }
    /// SVE_VL_MIN, by which lengths go in steps.
    package static let step = 16
    /// The longest that a program gets.
    static let limit = step * (Int(VECTOR_LENGTH_LIMIT) + 1)

    /// Makes it the longest that the CPU has up to `requested`, and returns it. Where it changes, all
    /// but the V registers, FPSR and FPCR is zeroed.
    ///
    /// Preconditions: SVE; `requested` is at least `step`.
    package static func change(to requested: Int) -> Int {
        let old = Int(arm64_scalable_length())
        CPU.write(UInt64(min(requested, limit) / step - 1), to: .vectorLength)
        let new = Int(arm64_scalable_length())
        if new != old { ExtendedState.forgetScalable() }
        return new
    }

    // Offsets and sizes of what is saved (uapi/asm/sve_context.h).
    /// Z0 to Z31, P0 to P15 and FFR, a bit a byte: SVE_SIG_REGS_SIZE.
    package static func savedByteCount(_ length: Int) -> Int { 32 * length + 17 * (length / 8) }
}
