internal import Base
internal import Memory
internal import Synchronization

/// The entries of a directory by name: a treap over (hash, name), linked through the entries.
///
/// Nothing but the entries is allocated, so a directory of any size needs no large memory; the depth
/// is about twice the logarithm of the count for any choice of names, as priorities are random.
struct NameTree: ~Copyable {
    private var root: DirectoryEntry?

    func find(_ name: RawSpan) -> DirectoryEntry? {
        let hash = name.hash
        var entry = root
        while let current = entry {
            let order = Self.order(hash, name, current)
            if order == 0 { return current }
            entry = order < 0 ? current.left : current.right
        }
        return nil
    }
    /// Adds an entry. Precondition: none has its name.
    mutating func insert(_ entry: DirectoryEntry) {
        root = Self.insert(entry, into: root)
    }
    /// Removes an entry. Precondition: it is in the tree under its present name.
    mutating func remove(_ entry: DirectoryEntry) {
        root = Self.remove(entry, from: root)
        entry.left = nil
        entry.right = nil
    }

    private static func order(_ hash: UInt32, _ name: RawSpan, _ entry: DirectoryEntry) -> Int {
        if hash != entry.hash { return hash < entry.hash ? -1 : 1 }
        let other = entry.name
        return name.compare(to: other.bytes)
    }
    private static func insert(
        _ entry: DirectoryEntry, into tree: DirectoryEntry?
    ) -> DirectoryEntry {
        guard let tree else { return entry }
        let name = entry.name
        let order = order(entry.hash, name.bytes, tree)
        precondition(order != 0)
        if order < 0 {
            let left = insert(entry, into: tree.left)
            tree.left = left
            guard left.priority > tree.priority else { return tree }
            tree.left = left.right
            left.right = tree
            return left
        }
        let right = insert(entry, into: tree.right)
        tree.right = right
        guard right.priority > tree.priority else { return tree }
        tree.right = right.left
        right.left = tree
        return right
    }
    private static func remove(
        _ entry: DirectoryEntry, from tree: DirectoryEntry?
    ) -> DirectoryEntry? {
        guard let tree else { return nil }
        if tree === entry { return merge(tree.left, tree.right) }
        let name = entry.name
        if order(entry.hash, name.bytes, tree) < 0 {
            tree.left = remove(entry, from: tree.left)
        } else {
            tree.right = remove(entry, from: tree.right)
        }
        return tree
    }
    private static func merge(
        _ low: DirectoryEntry?, _ high: DirectoryEntry?
    ) -> DirectoryEntry? {
        guard let low else { return high }
        guard let high else { return low }
        if low.priority > high.priority {
            low.right = merge(low.right, high)
            return low
        }
        high.left = merge(low, high.left)
        return high
    }
}

/// The priorities of tree entries.
enum EntryPriority {
    private static let counter = Atomic<UInt32>(0x9e37_79b9)

    /// A number that looks random; `value` is mixed in.
    static func next(mixing value: UInt32) -> UInt32 {
        let count = counter.wrappingAdd(0x6d2b_79f5, ordering: .relaxed).newValue
        var mixed = count ^ value
        mixed = (mixed ^ mixed >> 16) &* 0x85eb_ca6b
        mixed = (mixed ^ mixed >> 13) &* 0xc2b2_ae35
        return mixed ^ mixed >> 16
    }
}
