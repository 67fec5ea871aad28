package import Base
internal import CPUARM64Assembly

/// The program's vector registers V0 to V31, FPSR and FPCR.
///
/// They stay in the CPU while the library OS runs, which never uses them, and go straight from and
/// to program memory. SVE and SME are off for programs; their registers would be further records of
/// a signal frame.
package enum ExtendedState {
    @unsafe private static func pointer(_ address: VirtualAddress) -> UnsafeMutableRawPointer? {
        unsafe UnsafeMutableRawPointer(bitPattern: UInt(address.rawValue))
    }
    /// Saves FPSR, FPCR and the registers at `address`. Returns whether the memory took them.
    ///
    /// Precondition: `savedByteCount` bytes there are the program's.
    package static func save(to address: VirtualAddress) -> Bool {
        // SAFETY: the caller vouches for the range; a fault within ends by the fault table.
        guard let area = unsafe pointer(address) else { return false }
        return unsafe arm64_extended_save(area) == 0
    }
    /// Loads them from `address`. Returns whether the memory allowed it. Precondition: as for `save`.
    package static func restore(from address: VirtualAddress) -> Bool {
        // SAFETY: as above.
        guard let area = unsafe pointer(address) else { return false }
        return unsafe arm64_extended_restore(area) == 0
    }
    /// Zeroes them, as programs begin.
    package static func reset() { arm64_extended_reset() }

    /// FPSR, FPCR and 32 registers of 16 bytes.
    package static let savedByteCount = 520
}
