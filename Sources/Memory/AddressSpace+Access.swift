package import Base
package import Hardware
package import LinuxABI

/// The pages of a space for the library OS, whether or not the space is loaded.
extension AddressSpace {
    /// The frame at a page, made present for `access` as the program's own access would. EFAULT,
    /// ENOMEM. The space keeps its reference; the frame is valid until the space changes.
    @export(interface)
    package func frame(at page: VirtualAddress, for access: Access) throws(Errno) -> Frame {
        let before = tables.entry(at: page.pageDown)
        switch resolveFault(at: page, access: access) {
        case .resolved:
            // No fault has dropped what this CPU holds of it.
            if before.isPresent, tables.entry(at: page.pageDown) != before { flush(page.pageDown) }
        case .outOfMemory: throw .outOfMemory
        case .notMapped, .notPermitted, .beyondObject: throw .badAddress
        }
        return Frame(containing: tables.entry(at: page.pageDown).page)
    }

    /// Where an address of shared memory lies, which other mappings of the object have too; `nil` for
    /// private memory. EFAULT, ENOMEM.
    package func sharedPlace(of address: VirtualAddress) throws(Errno) -> PhysicalAddress? {
        guard let region = region(containing: address), region.sharing == .shared else {
            return nil
        }
        let frame = try frame(at: address, for: .read)
        return PhysicalAddress(
            rawValue: frame.address.rawValue + address.rawValue & Page.offsetMask)
    }
}
