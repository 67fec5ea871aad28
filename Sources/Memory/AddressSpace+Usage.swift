package import Base
package import Hardware

/// What is present of a space's memory, counted by walking its page tables.
///
/// Nothing here has a disk behind it, so that contents which anybody wrote are dirty, as in Linux's
/// tmpfs. Whether the CPU reached a page is not noted (its entry says so from the start): what is present
/// counts as referenced.
extension AddressSpace {
    /// Pages of a region by kind.
    package struct Usage: Sendable {
        /// Pages that nobody else maps, and those that others have too.
        package internal(set) var privatePages = 0
        package internal(set) var sharedPages = 0
        /// Pages that belong to no object: zeroed memory and private copies of an object's.
        package internal(set) var anonymousPages = 0
        /// Of these, pages that are part of large ones.
        package internal(set) var largePages = 0
        /// Each page divided by the number of mappings that have it, in 1/4096 of a page: bytes.
        package internal(set) var proportionalBytes = 0
        /// The same of anonymous pages.
        package internal(set) var proportionalAnonymousBytes = 0
        package init() {}
        package var pages: Int { privatePages + sharedPages }
        /// Pages of objects.
        package var objectPages: Int { pages - anonymousPages }
        package static func += (sum: inout Usage, other: Usage) {
            sum.privatePages += other.privatePages
            sum.sharedPages += other.sharedPages
            sum.anonymousPages += other.anonymousPages
            sum.largePages += other.largePages
            sum.proportionalBytes += other.proportionalBytes
            sum.proportionalAnonymousBytes += other.proportionalAnonymousBytes
        }
    }

    /// Counts a region's pages. Costs a walk over what is present.
    @export(interface)
    package func usage(of region: Region) -> Usage {
        var usage = Usage()
        guard residentPages > 0 else { return usage }
        tables.update(region.start, region.end) { address, entry in
            let frame = Frame(containing: entry.page)
            let isObject = isObjectFrame(frame, of: region, at: address)
            // The object itself owns a frame once; a large page is one run.
            let owners = max(1, Frames.shareCount(frame) - (isObject ? 1 : 0))
            let count = entry.pageCount
            if owners > 1 { usage.sharedPages += count } else { usage.privatePages += count }
            let bytes = count * Page.size / owners
            usage.proportionalBytes += bytes
            if !isObject {
                usage.anonymousPages += count
                usage.proportionalAnonymousBytes += bytes
                if entry.isLarge { usage.largePages += count }
            }
            return entry
        }
        return usage
    }

    /// Whether a present page is its object's own, not a copy.
    private func isObjectFrame(
        _ frame: Frame, of region: Region, at address: VirtualAddress
    ) -> Bool {
        guard let cache = region.cache else { return false }
        return cache.existingFrame(at: region.pageIndex(of: address)) == frame
    }

    /// Whether a page's memory is present, where, and of what kind; `nil` where it is not.
    @export(interface)
    package func presence(
        of page: VirtualAddress
    ) -> (frame: Frame, isObject: Bool, isAlone: Bool)? {
        let entry = tables.entry(at: page)
        guard !entry.isAbsent, let region = regions.find(containing: page), !region.isPinned else {
            return nil
        }
        let frame = Frame(containing: entry.page)
        let isObject = isObjectFrame(frame, of: region, at: page)
        // A large page's share count is with its first frame, and is always one.
        let owners = Frames.shareCount(frame) - (isObject ? 1 : 0)
        return (frame, isObject, owners <= 1)
    }

    /// Whether a region could have large pages.
    @export(interface)
    package func mayHaveLargePages(_ region: Region) -> Bool {
        guard region.cache == nil, region.flags.isDisjoint(with: [.growsDown, .smallPages]) else {
            return false
        }
        let size = Self.largePageBytes
        let first = (region.start.rawValue + size - 1) & ~(size - 1)
        return first < region.end.rawValue && region.end.rawValue - first >= size
    }
}
