package import Base
package import Hardware
package import LinuxABI

/// The pages of a space for who looks into it from outside, whatever the program itself may do there
/// (ptrace(2); mm/gup.c, FOLL_FORCE).
extension AddressSpace {
    /// The frame at a page, made present where an object has it; `nil` for zeroed memory that nobody
    /// touched. EFAULT, ENOMEM.
    @export(interface)
    package func inspectedFrame(at page: VirtualAddress) throws(Errno) -> Frame? {
        let region = try inspectedRegion(at: page)
        let entry = tables.entry(at: page.pageDown)
        if !entry.isAbsent { return Frame(containing: entry.page) }
        guard let cache = region.cache else { return nil }
        if !region.protection.isEmpty { return try frame(at: page, for: .read) }
        let index = region.pageIndex(of: page.pageDown)
        guard index < cache.pageCount else { throw .badAddress }
        return try cache.frame(at: index)
    }

    /// The frame at a page, to be written to: of private memory a copy that is this space's own, whatever
    /// its rights. EFAULT where nothing is mapped or shared memory is read-only, ENOMEM.
    @export(interface)
    package func inspectedFrameForWriting(at page: VirtualAddress) throws(Errno) -> Frame {
        let page = page.pageDown
        let region = try inspectedRegion(at: page)
        if region.protection.contains(.write) { return try frame(at: page, for: .write) }
        guard region.sharing == .private else { throw .badAddress }
        try KernelReserve.admit()
        announceTextChange(
            of: region, from: page, to: VirtualAddress(rawValue: page.rawValue + UInt64(Page.size)))
        try splitLargePage(containing: page)
        let entry = tables.entry(at: page)
        let old = try inspectedFrame(at: page)
        if let old, !entry.isAbsent, Frames.shareCount(old) == 1 { return old }
        let new = try Frames.allocateForProgram()
        if let old { new.copy(from: old) }
        // That may have made it present.
        let before = tables.entry(at: page)
        guard
            tables.set(
                PageTableEntry(page: new.address, rights: region.protection.rights), at: page)
        else {
            Frames.release(new)
            throw .outOfMemory
        }
        if before.isAbsent {
            residentPages += 1
        } else {
            flush(page)
            Frames.release(Frame(containing: before.page))
        }
        return new
    }

    private func inspectedRegion(at page: VirtualAddress) throws(Errno) -> Region {
        guard let region = regions.find(containing: page), !region.isPinned else {
            throw .badAddress
        }
        return region
    }
}
