package import Base
package import Devices
internal import NucleusLayout

extension RegisterWindow {
    /// The registers of the boot record's device `index`, where every boot path maps their page.
    package static func device(
        _ index: Int, base: PhysicalAddress, byteCount: UInt64
    ) -> RegisterWindow? {
        let page = UInt64(DEVICE_WINDOW_BASE) + UInt64(Page.size) * UInt64(1 + index)
        let offset = base.rawValue & Page.offsetMask
        return RegisterWindow(
            at: VirtualAddress(rawValue: page + offset),
            byteCount: Int(min(byteCount, UInt64(Page.size) - offset)))
    }
    /// A page that is looked at while devices are found.
    package static func probe(page: Int) -> RegisterWindow? {
        RegisterWindow(
            at: VirtualAddress(rawValue: UInt64(PROBE_WINDOW) + UInt64(page * Page.size)),
            byteCount: Page.size)
    }
}
