package import Base
internal import LinuxABI
internal import Hardware

/// Whom the mapping of an object belongs to: Files makes a subclass with path and inode for listings,
/// Processes one for shared memory, which counts its regions.
open class RegionOwner {
    package init() {}
    /// Whether its regions stay apart where one continues another, as it counts them.
    open var keepsRegionsApart: Bool { false }
    /// Called when a region of it has come into a space: by a mapping, a cut, a copy of the space.
    open func mapped() {}
    /// Called when a region of it has left a space.
    open func unmapped() {}
}

/// A range of an address space with one protection and one backing, as a line of
/// /proc/self/maps. What is private to AddressSpace is how regions are linked.
package final class Region {
    package internal(set) var start: VirtualAddress
    package internal(set) var end: VirtualAddress
    package internal(set) var protection: AddressSpace.Protection
    /// What mprotect(2) may still add.
    package let maximum: AddressSpace.Protection
    package let sharing: AddressSpace.Sharing
    /// Contents of a file or shared object; `nil` for private anonymous memory.
    package let cache: PageCache?
    /// Where in the object `start` lies.
    package internal(set) var offset: Int64
    package let owner: RegionOwner?
    package internal(set) var flags: Flags

    /// Properties that keep neighbours apart.
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }
        package static let growsDown = Self(rawValue: 1 << 0)
        package static let locked = Self(rawValue: 1 << 1)
        /// Not charged against memory; MAP_NORESERVE.
        package static let unreserved = Self(rawValue: 1 << 2)
        package static let excludedFromFork = Self(rawValue: 1 << 3)
        package static let wipedOnFork = Self(rawValue: 1 << 4)
        package static let excludedFromDump = Self(rawValue: 1 << 5)
        /// Locked pages appear as they are touched.
        package static let lockedOnFault = Self(rawValue: 1 << 6)
        /// No large pages: a stack touches little of what it asks for.
        package static let smallPages = Self(rawValue: 1 << 7)
        /// Instructions of the program were changed here (AddressSpace+Text).
        package static let changedText = Self(rawValue: 1 << 8)
        /// The library OS's own among the program's; calls of the program pass it by.
        package static let pinned = Self(rawValue: 1 << 9)
        /// MADV_HUGEPAGE: what large pages do here is decided by the memory that is free.
        package static let largePages = Self(rawValue: 1 << 10)
    }

    // Links of RegionTree, and of the list of regions that map one cache.
    var left: Region?
    var right: Region?
    var priority: UInt32 = 0
    var previous: Region?
    var next: Region?
    var previousMapping: Region?
    var nextMapping: Region?
    /// The space whose region this is; set while it is linked.
    var space: AddressSpace?

    init(
        start: VirtualAddress, end: VirtualAddress, protection: AddressSpace.Protection,
        maximum: AddressSpace.Protection, sharing: AddressSpace.Sharing, cache: PageCache?,
        offset: Int64, owner: RegionOwner?, flags: Flags
    ) {
        self.start = start
        self.end = end
        self.protection = protection
        self.maximum = maximum
        self.sharing = sharing
        self.cache = cache
        self.offset = offset
        self.owner = owner
        self.flags = flags
    }

    package var byteCount: UInt64 { end.rawValue - start.rawValue }
    package var growsDown: Bool { flags.contains(.growsDown) }
    package var isLocked: Bool { flags.contains(.locked) }
    package var isPinned: Bool { flags.contains(.pinned) }
    /// Private, writable memory: what the commit check counts.
    package var isCharged: Bool { sharing == .private && protection.contains(.write) }
    /// What RLIMIT_DATA counts: the same without stacks (mm/mmap.c, is_data_mapping).
    package var isData: Bool { isCharged && !growsDown }

    /// Page of the object that holds an address. Precondition: the address lies within.
    func pageIndex(of address: VirtualAddress) -> Int {
        let offset = UInt64(bitPattern: offset) + (address.rawValue - start.rawValue)
        return Int(offset >> UInt64(Page.shift))
    }
    /// An offset into the object, `distance` bytes above the start.
    func offset(at address: VirtualAddress) -> Int64 {
        cache == nil ? 0 : offset + Int64(address.rawValue - start.rawValue)
    }

    /// A region like this one for another range.
    func copy(start: VirtualAddress, end: VirtualAddress, offset: Int64) -> Region {
        Region(
            start: start, end: end, protection: protection, maximum: maximum, sharing: sharing,
            cache: cache, offset: offset, owner: owner, flags: flags)
    }
    /// Whether `next` continues this region, so that one can stand for both.
    func isContinued(by next: Region) -> Bool {
        end == next.start && protection == next.protection && maximum == next.maximum
            && sharing == next.sharing && flags == next.flags && cache === next.cache
            && owner === next.owner
            && (cache == nil || offset + Int64(byteCount) == next.offset)
            && owner?.keepsRegionsApart != true
    }
}

/// Regions in address order: a treap for finding, a list for walking.
struct RegionTree {
    private(set) var root: Region?
    private(set) var first: Region?
    private(set) var last: Region?
    private(set) var count = 0
    private var seed: UInt32 = 0x2545_f491

    /// The lowest region that ends above `address`.
    func find(endingAbove address: VirtualAddress) -> Region? {
        var node = root
        var found: Region?
        while let region = node {
            if region.end > address {
                found = region
                if region.start <= address { return region }
                node = region.left
            } else {
                node = region.right
            }
        }
        return found
    }
    /// The region that holds `address`.
    func find(containing address: VirtualAddress) -> Region? {
        guard let region = find(endingAbove: address), region.start <= address else { return nil }
        return region
    }

    /// Precondition: overlaps no region.
    mutating func insert(_ region: Region) {
        // xorshift: balance needs no secrecy.
        seed ^= seed << 13
        seed ^= seed >> 17
        seed ^= seed << 5
        region.priority = seed
        let next = find(endingAbove: region.start)
        let previous = next == nil ? last : next?.previous
        region.next = next
        region.previous = previous
        if let previous { previous.next = region } else { first = region }
        if let next { next.previous = region } else { last = region }
        root = Self.insert(region, into: root)
        count += 1
    }
    private static func insert(_ region: Region, into node: Region?) -> Region {
        guard let node else { return region }
        if region.priority > node.priority {
            let halves = split(node, at: region.start)
            region.left = halves.below
            region.right = halves.above
            return region
        }
        if region.start < node.start {
            node.left = insert(region, into: node.left)
        } else {
            node.right = insert(region, into: node.right)
        }
        return node
    }
    private static func split(
        _ node: Region?, at start: VirtualAddress
    ) -> (below: Region?, above: Region?) {
        guard let node else { return (nil, nil) }
        if node.start < start {
            let halves = split(node.right, at: start)
            node.right = halves.below
            return (node, halves.above)
        }
        let halves = split(node.left, at: start)
        node.left = halves.above
        return (halves.below, node)
    }

    mutating func remove(_ region: Region) {
        root = Self.remove(region, from: root)
        if let previous = region.previous {
            previous.next = region.next
        } else {
            first = region.next
        }
        if let next = region.next {
            next.previous = region.previous
        } else {
            last = region.previous
        }
        region.left = nil
        region.right = nil
        region.previous = nil
        region.next = nil
        count -= 1
    }
    private static func remove(_ region: Region, from node: Region?) -> Region? {
        guard let node else { return nil }
        if node === region { return merge(node.left, node.right) }
        if region.start < node.start {
            node.left = remove(region, from: node.left)
        } else {
            node.right = remove(region, from: node.right)
        }
        return node
    }
    private static func merge(_ below: Region?, _ above: Region?) -> Region? {
        guard let below else { return above }
        guard let above else { return below }
        if below.priority > above.priority {
            below.right = merge(below.right, above)
            return below
        }
        above.left = merge(below, above.left)
        return above
    }
}

extension PageCache {
    /// Puts a region on the list of those that map this cache.
    func link(_ region: Region) {
        region.nextMapping = firstMapping
        firstMapping?.previousMapping = region
        firstMapping = region
        region.owner?.mapped()
    }
    func unlink(_ region: Region) {
        if let previous = region.previousMapping {
            previous.nextMapping = region.nextMapping
        } else {
            firstMapping = region.nextMapping
        }
        region.nextMapping?.previousMapping = region.previousMapping
        region.previousMapping = nil
        region.nextMapping = nil
        region.owner?.unmapped()
    }
    /// Takes pages from `pageIndex` on out of every mapping: after that an access is SIGBUS.
    func unmapEverywhere(from pageIndex: Int) {
        var next = firstMapping
        while let region = next {
            region.space?.dropPages(of: region, from: pageIndex)
            next = region.nextMapping
        }
    }
}
