package import Base
internal import CPUARM64Assembly
internal import NucleusLayout

/// The shared object whose functions read the clocks without a call (vdso(7)), and the page of
/// numbers before it that they use.
package enum VDSO {
    /// The object's bytes, a part of the kernel's constants.
    package static var object: RawSpan {
        @_lifetime(immortal) get {
            // SAFETY: both symbols are of one section, in which the object lies between them.
            unsafe _overrideLifetime(
                RawSpan(
                    _unsafeBytes: UnsafeRawBufferPointer(
                        start: arm64_vdso_first(), count: Int(arm64_vdso_byte_count()))),
                copying: ())
        }
    }
    /// Where handlers without SA_RESTORER return to, in an object that is mapped at `start`
    /// (__kernel_rt_sigreturn).
    package static func signalReturn(in start: VirtualAddress) -> VirtualAddress? {
        start.advanced(by: arm64_vdso_trampoline())
    }
    /// Writes the numbers into their page, so that a reader that was interrupted reads again.
    @_lifetime(page: copy page)
    package static func write(
        base: UInt64, multiplier: UInt64, realtime: UInt64, to page: inout MutableRawSpan
    ) {
        let sequence = page.bytes.littleEndian(UInt32.self, at: Int(VDSO_SEQUENCE))
        page.storeLittleEndian(sequence &+ 1, at: Int(VDSO_SEQUENCE))
        arm64_order_stores()
        page.storeLittleEndian(base, at: Int(VDSO_BASE))
        page.storeLittleEndian(multiplier, at: Int(VDSO_MULTIPLIER))
        page.storeLittleEndian(realtime, at: Int(VDSO_REALTIME))
        arm64_order_stores()
        page.storeLittleEndian(sequence &+ 2, at: Int(VDSO_SEQUENCE))
    }
}
