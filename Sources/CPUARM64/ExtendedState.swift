package import Base
internal import CPUARM64Assembly

/// The program's vector registers V0 to V31, FPSR and FPCR, and where the CPU has SVE Z0 to Z31 (of
/// which the V registers are the low 16 bytes), P0 to P15 and FFR.
///
/// They stay in the CPU while the library OS runs, which never uses them, and go straight from and
/// to program memory. SVE does not trap at its first use, so its registers always count as live.
/// SME is off for programs; its registers would be further records of a signal frame.
package enum ExtendedState {
    @unsafe private static func pointer(_ address: VirtualAddress) -> UnsafeMutableRawPointer? {
        unsafe UnsafeMutableRawPointer(bitPattern: UInt(address.rawValue))
    }
    /// Saves FPSR, FPCR and the V registers at `address`. Returns whether the memory took them.
    ///
    /// Precondition: `savedByteCount` bytes there are the program's.
    package static func save(to address: VirtualAddress) -> Bool {
        // SAFETY: the caller vouches for the range; a fault within ends by the fault table.
        guard let area = unsafe pointer(address) else { return false }
        return unsafe arm64_extended_save(area) == 0
    }
    /// Loads them from `address`; what SVE has beside them is zeroed. Returns whether the memory
    /// allowed it. Precondition: as for `save`.
    package static func restore(from address: VirtualAddress) -> Bool {
        // SAFETY: as above.
        guard let area = unsafe pointer(address) else { return false }
        guard unsafe arm64_extended_restore(area) == 0 else { return false }
        forgetScalable()
        return true
    }
    /// Saves the Z registers, the P registers and FFR at `address`. Returns whether the memory took
    /// them. Precondition: SVE; `VectorLength.savedByteCount` bytes there are the program's.
    static func saveScalable(to address: VirtualAddress) -> Bool {
        // SAFETY: as above.
        guard let area = unsafe pointer(address) else { return false }
        return unsafe arm64_scalable_save(area) == 0
    }
    /// Loads all of it: the low 16 bytes of the Z registers, FPSR and FPCR from `plain`, the rest
    /// from `address`. Returns whether the memory allowed it. Preconditions: as for both saves.
    static func restoreScalable(plain: VirtualAddress, from address: VirtualAddress) -> Bool {
        // SAFETY: as above.
        guard let plain = unsafe pointer(plain), let area = unsafe pointer(address) else {
            return false
        }
        return unsafe arm64_scalable_restore(plain, area) == 0
    }
    /// Zeroes what SVE has beside the V registers, FPSR and FPCR.
    static func forgetScalable() {
        if ProcessorFeatures.hasScalableVectors { arm64_scalable_forget() }
    }
    /// Zeroes all of it, as programs begin.
    package static func reset() {
        arm64_extended_reset()
        forgetScalable()
    }

    /// Bytes of all of it as `saveWhole` keeps it: FPSR to V31, the vectors' length, what SVE has.
    package static var wholeByteCount: Int {
        scalableOffset + VectorLength.savedByteCount(VectorLength.limit)
    }
    private static let lengthOffset = 528
    private static let scalableOffset = 544
    /// Saves all of it in memory of the library OS that is used for nothing else.
    package static func saveWhole(to address: VirtualAddress) -> Bool {
        guard save(to: address) else { return false }
        guard let length = VectorLength.current,
            let place = unsafe lengthPlace(at: address),
            let scalable = address.advanced(by: UInt64(scalableOffset))
        else { return true }
        unsafe place.pointee = UInt64(length)
        return saveScalable(to: scalable)
    }
    /// Loads what `saveWhole` saved.
    package static func restoreWhole(from address: VirtualAddress) -> Bool {
        guard let length = VectorLength.current,
            let place = unsafe lengthPlace(at: address),
            let scalable = address.advanced(by: UInt64(scalableOffset))
        else { return restore(from: address) }
        let saved = unsafe Int(place.pointee)
        if saved != length { _ = VectorLength.change(to: saved) }
        return restoreScalable(plain: address, from: scalable)
    }
    @unsafe private static func lengthPlace(
        at address: VirtualAddress
    ) -> UnsafeMutablePointer<UInt64>? {
        unsafe UnsafeMutablePointer(bitPattern: UInt(address.rawValue) + UInt(lengthOffset))
    }

    /// FPSR, FPCR and 32 registers of 16 bytes.
    package static let savedByteCount = 520
}
