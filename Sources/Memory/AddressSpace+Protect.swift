package import Base
internal import Hardware
package import LinuxABI

/// mprotect(2).
extension AddressSpace {
    /// Changes what may be done with mapped pages. EINVAL, ENOMEM (nothing mapped somewhere in the
    /// range: what lies before is changed), EACCES.
    @export(interface)
    package func protect(
        _ start: VirtualAddress, byteCount: UInt64, _ protection: Protection
    ) throws(Errno) {
        guard start.isPageAligned else { throw .invalidArgument }
        guard byteCount > 0 else { return }
        let range = try Self.range(start, byteCount, wrapped: .outOfMemory)
        guard range.end > range.start else { throw .outOfMemory }
        try KernelReserve.admit()
        var batch = RemovalBatch()
        defer { batch.finish(in: self) }
        var address = range.start
        while address < range.end {
            guard let region = regions.find(containing: address), !region.isPinned else {
                throw .outOfMemory
            }
            let end = min(region.end, range.end)
            guard region.maximum.isSuperset(of: protection) else { throw .permissionDenied }
            if region.protection != protection {
                if region.sharing == .private, protection.contains(.write), !region.isData,
                    !region.growsDown
                {
                    let growth = end.rawValue - address.rawValue
                    guard growth <= limits.data &- min(limits.data, dataByteCount) else {
                        throw .outOfMemory
                    }
                }
                try split(at: address)
                try split(at: end)
                guard let part = regions.find(containing: address) else { throw .outOfMemory }
                announceTextChange(of: part, from: part.start, to: part.end)
                account(part, part.byteCount, isAdded: false)
                part.protection = protection
                account(part, part.byteCount, isAdded: true)
                applyRights(of: part, &batch)
                join(part)
            }
            address = end
        }
    }

    /// Gives a region's present pages its rights; the caller finishes the batch.
    private func applyRights(of region: Region, _ batch: inout RemovalBatch) {
        tables.update(region.start, region.end) { address, entry in
            let rights = rights(of: region, frame: Frame(containing: entry.page))
            if entry.rights.isSubset(of: rights) == false { batch.markStale(entry, at: address) }
            return entry.with(rights: rights)
        }
    }
    /// The rights of a present page: a private frame that others own too is copied before a write.
    func rights(of region: Region, frame: Frame) -> PageRights {
        var rights = region.protection.rights
        if region.sharing == .private, rights.contains(.write), Frames.shareCount(frame) != 1 {
            rights.remove(.write)
            rights.insert(.read)
        }
        return rights
    }
}
