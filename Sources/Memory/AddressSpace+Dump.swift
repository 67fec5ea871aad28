package import Base
package import Hardware

/// What of a space goes into a core file (core(5), fs/coredump.c with the default filter).
extension AddressSpace {
    /// Bytes from a region's start that are written; what is absent of them is a hole.
    ///
    /// Private memory up to its last page that is no file's, shared memory that is no file's, the vDSO,
    /// and of a file the page with its ELF header. Text whose calls were made jumps is as its file has it,
    /// where debuggers read it.
    @export(interface)
    package func dumpedByteCount(of region: Region) -> UInt64 {
        guard !region.flags.contains(.excludedFromDump), !region.isPinned else { return 0 }
        switch name(of: region) {
        case .sharedClocks: return 0
        case .sharedObject: return region.byteCount
        case .heap, .stack, .none: break
        }
        guard let cache = region.cache else {
            var end = region.start
            tables.update(region.start, region.end) { address, entry in
                let size = UInt64(entry.pageCount) << UInt64(Page.shift)
                end = VirtualAddress(rawValue: address.rawValue + size)
                return entry
            }
            return end.rawValue - region.start.rawValue
        }
        let pages = max(0, cache.pageCount - region.pageIndex(of: region.start))
        let present = min(region.byteCount, UInt64(pages) << UInt64(Page.shift))
        if region.sharing == .shared { return region.owner == nil ? present : 0 }
        if !region.flags.contains(.changedText), usage(of: region).anonymousPages > 0 {
            return present
        }
        guard region.offset == 0, region.protection.contains(.read),
            let first = cache.existingFrame(at: 0), first.load(UInt32.self, at: 0) == elfMagic
        else { return 0 }
        return min(present, UInt64(Page.size))
    }
    /// "\u{7f}ELF" as a little-endian integer.
    private var elfMagic: UInt32 { 0x464c_457f }

    /// Calls `body` with each page of the first `byteCount` bytes of a region that has contents.
    @export(interface)
    package func forEachDumpedPage(
        of region: Region, byteCount: UInt64, _ body: (VirtualAddress, Frame) -> Void
    ) {
        let end = VirtualAddress(rawValue: region.start.rawValue + byteCount)
        let size = UInt64(Page.size)
        guard let cache = region.cache else {
            // No large page is cut: the last one's end is where the range ends.
            tables.update(region.start, end) { address, entry in
                let first = Frame(containing: entry.page).number
                for index in 0..<UInt32(entry.pageCount) {
                    body(
                        VirtualAddress(rawValue: address.rawValue + UInt64(index) * size),
                        Frame(number: first + index))
                }
                return entry
            }
            return
        }
        var address = region.start
        while address < end {
            let entry = tables.entry(at: address)
            if !entry.isAbsent {
                body(address, Frame(containing: entry.page))
            } else if let frame = cache.existingFrame(at: region.pageIndex(of: address)) {
                body(address, frame)
            }
            address = VirtualAddress(rawValue: address.rawValue + size)
        }
    }
}
