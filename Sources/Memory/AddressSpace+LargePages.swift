internal import Base
internal import Hardware
internal import LinuxABI

/// Pages of 2 MiB for anonymous memory.
///
/// A first touch costs a hypervisor's shadow several microseconds a page, whatever its size. A large
/// page is one run of frames with one owner; it lies within one region, and is split into small
/// pages before a region's border, a move or a partial removal cuts it.
extension AddressSpace {
    static let largePageBytes: UInt64 = 2 << 20

    /// Large pages are taken while a quarter of the memory is free, and never from a small machine.
    private var mayTakeLargePage: Bool {
        Frames.freeCount > max(Frames.totalCount / 4, 4096)
    }

    /// Maps a zeroed large page over `page`, if region, tables and memory have room for one.
    func mapLarge(_ region: Region, _ page: VirtualAddress) -> Bool {
        let base = VirtualAddress(rawValue: page.rawValue & ~(Self.largePageBytes - 1))
        guard takesLargePages, base >= region.start,
            region.end.rawValue - base.rawValue >= Self.largePageBytes,
            region.flags.isDisjoint(with: [.growsDown, .smallPages]), mayTakeLargePage,
            tables.hasRoomForLargePage(at: base), let frame = Frames.allocateLargePage()
        else { return false }
        let entry = PageTableEntry(largePage: frame.address, rights: region.protection.rights)
        guard tables.setLarge(entry, at: base) else {
            Frames.release(frame)
            return false
        }
        residentPages += entry.pageCount
        return true
    }

    /// Splits the large page that `address` cuts, if one does. ENOMEM.
    func splitLargePage(cutAt address: VirtualAddress) throws(Errno) {
        guard address.rawValue & (Self.largePageBytes - 1) != 0 else { return }
        try splitLargePage(containing: address)
    }
    /// Splits the large page that maps `address`, if one does. ENOMEM.
    ///
    /// Nothing is flushed: the small pages map the same, and dropping one's translation drops a
    /// cached large one (SDM volume 3, section 5.10.4.1).
    func splitLargePage(containing address: VirtualAddress) throws(Errno) {
        guard let large = tables.largePage(at: address) else { return }
        guard tables.splitLargePage(at: address) else { throw .outOfMemory }
        Frames.splitRun(Frame(containing: large.page))
    }
    /// Splits all large pages in a range. ENOMEM.
    func splitLargePages(from start: VirtualAddress, to end: VirtualAddress) throws(Errno) {
        var address = start
        while address < end {
            try splitLargePage(containing: address)
            let next = (address.rawValue & ~(Self.largePageBytes - 1)) + Self.largePageBytes
            address = VirtualAddress(rawValue: next)
        }
    }
}
