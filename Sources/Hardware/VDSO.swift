package import Base
internal import CPUAssembly
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
                        start: cpu_vdso_first(), count: Int(cpu_vdso_byte_count()))),
                copying: ())
        }
    }
    /// Where handlers without SA_RESTORER return to, in an object that is mapped at `start`; `nil`
    /// where the architecture has no such place.
    package static func signalReturn(in start: VirtualAddress) -> VirtualAddress? {
        let offset = cpu_vdso_signal_return()
        return offset == 0 ? nil : start.advanced(by: offset)
    }
    /// Makes getcpu a call from now on.
    @_lifetime(page: copy page)
    package static func showProcessors(in page: inout MutableRawSpan) {
        page.storeLittleEndian(UInt32(1), at: Int(VDSO_PROCESSORS))
    }
    /// Writes the numbers into their page, so that a reader that was interrupted reads again.
    @_lifetime(page: copy page)
    package static func write(
        base: UInt64, multiplier: UInt64, realtime: UInt64, to page: inout MutableRawSpan
    ) {
        let sequence = page.bytes.littleEndian(UInt32.self, at: Int(VDSO_SEQUENCE))
        page.storeLittleEndian(sequence &+ 1, at: Int(VDSO_SEQUENCE))
        cpu_order_stores()
        page.storeLittleEndian(base, at: Int(VDSO_BASE))
        page.storeLittleEndian(multiplier, at: Int(VDSO_MULTIPLIER))
        page.storeLittleEndian(realtime, at: Int(VDSO_REALTIME))
        cpu_order_stores()
        page.storeLittleEndian(sequence &+ 2, at: Int(VDSO_SEQUENCE))
    }
}
