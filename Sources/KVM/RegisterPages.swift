internal import CLinux
internal import Base
package import LinuxABI
internal import LinuxHost

/// Pages of device registers that the guest loads from without leaving: an exit costs it 30 to 80 µs
/// on nested hosts, and a driver loads a dozen registers for each store that matters.
///
/// The VMM stores what each register shows after every store of the guest that changes one.
@safe package final class RegisterPages: Sendable {
    private let mapping: Mapping
    package let byteCount: Int

    package init(count: Int) throws(Errno) {
        byteCount = count * Page.size
        mapping = try Mapping.reserved(byteCount: byteCount)
    }

    /// For the memory slot; valid while this object lives.
    var hostAddress: UnsafeMutableRawPointer { unsafe mapping.address }

    /// Shows `value` at a byte offset that is a multiple of 4 and within the pages.
    package func store(_ value: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset & 3 == 0 && offset <= byteCount - 4)
        // SAFETY: the bounds were checked the line before.
        unsafe clinux_store32(mapping.address + offset, value)
    }
}
