package import Base
internal import CPUX86_64Assembly

/// The program's x87 and vector registers as signal frames keep them (Intel SDM 1, chapter 13).
///
/// They stay in the CPU while the library OS runs, which never uses them, and go straight from and
/// to program memory.
package enum ExtendedState {
    /// How the CPU saves the state: found once.
    private struct Layout {
        /// XCR0; 0 where there is FXSAVE alone.
        let components: UInt64
        /// Bytes of the area in standard form.
        let byteCount: Int
        let hasXSAVEOPT: Bool

        init() {
            guard ProcessorFeatures.hasXSAVE else {
                components = 0
                hasXSAVEOPT = false
                byteCount = ExtendedState.legacyByteCount
                return
            }
            // A host that runs ring 3 itself may leave its own XCR0 there (protection keys, tiles), beyond
            // what CPUID tells and the VMM asked for: neither counts.
            components = cpu_extended_control() & ExtendedState.knownComponents
            byteCount = Self.byteCount(of: components)
            hasXSAVEOPT = cpu_identify(0xd, 1).eax & 1 != 0
        }
        /// Where the last of the components ends in standard form (SDM 1, section 13.4.3).
        private static func byteCount(of components: UInt64) -> Int {
            var end = ExtendedState.legacyByteCount + ExtendedState.headerByteCount
            for component in 2..<UInt32(64) where components & 1 << UInt64(component) != 0 {
                let place = cpu_identify(0xd, component)
                end = max(end, Int(place.ebx) + Int(place.eax))
            }
            return end
        }
    }
    /// x87, SSE, AVX and the three of AVX-512: what our VMM and boot code enable.
    private static let knownComponents: UInt64 = 0xe7
    private static let layout = Layout()

    /// Bytes of the FXSAVE area, and of the header that XSAVE puts behind it.
    package static let legacyByteCount = 512
    package static let headerByteCount = 64
    package static let alignment: UInt64 = 64
    /// Components that are always in a frame: x87 and SSE.
    package static let legacyComponents: UInt64 = 3

    /// Components that the CPU has enabled (XCR0).
    package static var components: UInt64 { layout.components }
    package static var hasXSAVE: Bool { layout.components != 0 }
    /// Bytes of a whole area in standard form, without a frame's second magic number.
    package static var byteCount: Int { layout.byteCount }

    @unsafe private static func pointer(_ address: VirtualAddress) -> UnsafeMutableRawPointer? {
        unsafe UnsafeMutableRawPointer(bitPattern: UInt(address.rawValue))
    }
    /// Saves the registers at `address`. Returns whether the memory took it.
    ///
    /// Precondition: `byteCount` bytes there are the program's, and 64-byte aligned.
    package static func save(to address: VirtualAddress) -> Bool {
        // SAFETY: the caller vouches for the range; a fault within ends by the fault table.
        guard let area = unsafe pointer(address) else { return false }
        return hasXSAVE
            ? unsafe cpu_extended_save(area, components) == 0
            : unsafe cpu_legacy_save(area, 0) == 0
    }
    /// Loads the registers from `address`; components outside `mask` get their initial state.
    /// Returns whether memory and contents allowed it. Precondition: as for `save`.
    package static func restore(from address: VirtualAddress, components mask: UInt64) -> Bool {
        // SAFETY: as above; a general-protection fault over the contents ends the same way.
        guard let area = unsafe pointer(address) else { return false }
        guard hasXSAVE else { return unsafe cpu_legacy_restore(area, 0) == 0 }
        guard unsafe cpu_extended_restore(area, mask & components) == 0 else { return false }
        let others = components & ~mask
        if others != 0 { cpu_extended_reset(others) }
        return true
    }
    /// Loads x87 and SSE from an FXSAVE area; the rest gets its initial state.
    package static func restoreLegacy(from address: VirtualAddress) -> Bool {
        guard let area = unsafe pointer(address) else { return false }
        guard unsafe cpu_legacy_restore(area, 0) == 0 else { return false }
        let others = components & ~legacyComponents
        if others != 0 { cpu_extended_reset(others) }
        return true
    }
    /// Puts all of it into its initial state, in which programs and handlers begin.
    package static func reset() {
        if hasXSAVE { cpu_extended_reset(components) } else { cpu_legacy_reset() }
    }

    /// Bytes of all of it as `saveWhole` keeps it, at a multiple of `alignment`.
    package static var wholeByteCount: Int { max(byteCount, legacyByteCount) }
    /// Saves all of it in memory of the library OS, which was zeroed once, and used for nothing else.
    package static func saveWhole(to address: VirtualAddress) -> Bool {
        // SAFETY: the caller vouches for the range.
        guard layout.hasXSAVEOPT, let area = unsafe pointer(address) else {
            return save(to: address)
        }
        return unsafe cpu_extended_save_changed(area, components) == 0
    }
    package static func restoreWhole(from address: VirtualAddress) -> Bool {
        restore(from: address, components: components)
    }

    /// The unmasked exception that x87 (#MF) reports, `nil` where it went away.
    package static func x87Error() -> ProgramFault.FloatError? {
        let status = cpu_float_status()
        return error(status >> 16 & ~status)
    }
    /// The unmasked exception that SSE (#XM) reports.
    package static func vectorError() -> ProgramFault.FloatError? {
        let control = cpu_float_status() >> 32
        return error(~(control >> 7) & control)
    }
    // The order is Linux's (arch/x86/kernel/fpu/core.c, fpu__exception_code).
    private static func error(_ bits: UInt64) -> ProgramFault.FloatError? {
        if bits & 0x01 != 0 { return .invalid }
        if bits & 0x04 != 0 { return .division }
        if bits & 0x08 != 0 { return .overflow }
        if bits & 0x12 != 0 { return .underflow }
        if bits & 0x20 != 0 { return .inexact }
        return nil
    }
}
