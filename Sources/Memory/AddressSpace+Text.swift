package import Base
package import Hardware
package import LinuxABI

/// A program's text for who changes instructions in it: always in private copies of its pages.
extension AddressSpace {
    /// The bounds of the private, file-backed, executable, read-only region at an address: text that
    /// may be changed. `nil` where there is none.
    @export(interface)
    package func text(
        containing address: VirtualAddress
    ) -> (start: VirtualAddress, end: VirtualAddress)? {
        guard let region = regions.find(containing: address), region.isText else { return nil }
        return (region.start, region.end)
    }

    /// The frame of a text page, made this space's own; from now on `onTextChange` is called before
    /// the page goes, moves or becomes writable. EFAULT where there is no text, ENOMEM.
    ///
    /// The caller flushes the page's translation when it has written the frame.
    @export(interface)
    package func textFrame(at page: VirtualAddress) throws(Errno) -> Frame {
        guard let region = regions.find(containing: page), region.isText else { throw .badAddress }
        let frame = try ownFrame(at: page, for: .execute)
        region.flags.insert(.changedText)
        return frame
    }
    /// The frame at a page, made present for an access and this space's own, whatever the program may do
    /// there. EFAULT, ENOMEM.
    @export(interface)
    package func ownFrame(at page: VirtualAddress, for access: Access) throws(Errno) -> Frame {
        let frame = try frame(at: page, for: access)
        guard Frames.shareCount(frame) != 1 else { return frame }
        try KernelReserve.admit()
        guard let copy = Frames.allocate() else { throw .outOfMemory }
        copy.copy(from: frame)
        let entry = PageTableEntry(page: copy.address, rights: tables.entry(at: page).rights)
        guard tables.set(entry, at: page) else {
            Frames.release(copy)
            throw .outOfMemory
        }
        flush(page)
        Frames.release(frame)
        return copy
    }

    /// The frame that is present at a page, if one is.
    @export(interface)
    package func presentFrame(at page: VirtualAddress) -> Frame? {
        let entry = tables.entry(at: page.pageDown)
        return entry.isPresent ? Frame(containing: entry.page) : nil
    }

    /// The highest free range of `byteCount` bytes below an address.
    @export(interface)
    package func freeRange(below limit: VirtualAddress, byteCount: UInt64) -> VirtualAddress? {
        gapBelow(limit.rawValue, byteCount)
    }

    /// To be called before pages of a range go, move or become writable.
    func announceTextChange(
        of region: Region, from start: VirtualAddress, to end: VirtualAddress
    ) {
        guard region.flags.contains(.changedText) else { return }
        onTextChange?(start, end)
    }
}

extension Region {
    /// Program code as it lies in a file: nobody else sees a change of it.
    fileprivate var isText: Bool {
        cache != nil && sharing == .private && protection == [.read, .execute]
    }
}
