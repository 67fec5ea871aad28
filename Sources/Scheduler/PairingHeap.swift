/// What a pairing heap keeps in an element.
struct HeapLinks<Element: AnyObject> {
    fileprivate var child: Element?
    fileprivate var sibling: Element?
    /// The sibling before, or the parent of a first child.
    fileprivate var previous: Element?
    /// Its number among all that were ever inserted.
    fileprivate var order: UInt64 = 0
    fileprivate(set) var isQueued = false
}

/// An element of a pairing heap; its order must not change while it is in one.
protocol HeapElement: AnyObject {
    var links: HeapLinks<Self> { get set }
    func precedes(_ other: Self) -> Bool
}

/// Elements of which the first one counts: an intrusive pairing heap (Fredman, Sedgewick, Sleator and Tarjan
/// 1986).
///
/// Equal elements leave in the order of their coming. Inserting takes constant time, taking the first one or
/// any other O(log n), amortized; none allocates.
struct PairingHeap<Element: HeapElement>: ~Copyable {
    private(set) var first: Element?
    private(set) var count = 0
    private var inserted: UInt64 = 0

    /// Precondition: the element is in no heap.
    mutating func insert(_ element: Element) {
        precondition(!element.links.isQueued)
        element.links.isQueued = true
        inserted += 1
        element.links.order = inserted
        count += 1
        first = Self.merge(first, element)
    }
    mutating func takeFirst() -> Element? {
        guard let taken = first else { return nil }
        remove(taken)
        return taken
    }
    /// Precondition: the element is in this heap.
    mutating func remove(_ element: Element) {
        let below = Self.takeChildren(of: element)
        if element === first {
            first = below
        } else {
            let (before, after) = (element.links.previous, element.links.sibling)
            if before?.links.child === element {
                before?.links.child = after
            } else {
                before?.links.sibling = after
            }
            after?.links.previous = before
            first = Self.merge(first, below)
        }
        element.links.previous = nil
        element.links.sibling = nil
        element.links.isQueued = false
        count -= 1
    }

    /// Calls `body` with elements, each after some that precede it, and not with those below one for which it
    /// says `skip`.
    borrowing func visit(_ body: (Element) -> Visit) {
        var next = first
        while let element = next {
            let visit = body(element)
            next = visit == .deeper ? element.links.child : nil
            if next == nil { next = Self.successor(of: element) }
        }
    }
    enum Visit {
        case deeper
        case skip
    }
    /// What comes behind an element and all below it.
    private static func successor(of element: Element) -> Element? {
        var here = element
        while true {
            if let sibling = here.links.sibling { return sibling }
            // Up: over the siblings before, to the parent.
            while let previous = here.links.previous, previous.links.child !== here {
                here = previous
            }
            guard let parent = here.links.previous else { return nil }
            here = parent
        }
    }

    private static func isBefore(_ one: Element, _ other: Element) -> Bool {
        if one.precedes(other) { return true }
        return !other.precedes(one) && one.links.order < other.links.order
    }
    /// Makes one heap of two, whose roots have no siblings.
    private static func merge(_ one: Element?, _ other: Element?) -> Element? {
        guard let one else { return other }
        guard let other else { return one }
        let (root, child) = isBefore(one, other) ? (one, other) : (other, one)
        child.links.sibling = root.links.child
        root.links.child?.links.previous = child
        child.links.previous = root
        root.links.child = child
        return root
    }
    /// Makes one heap of what is below an element: pairs from left to right, then all from right to left.
    private static func takeChildren(of element: Element) -> Element? {
        var pairs: Element?
        var next = element.links.child
        element.links.child = nil
        while let one = next {
            let other = one.links.sibling
            next = other?.links.sibling
            detach(one)
            if let other { detach(other) }
            let pair = merge(one, other)
            pair?.links.sibling = pairs
            pairs = pair
        }
        var whole: Element?
        while let pair = pairs {
            pairs = pair.links.sibling
            pair.links.sibling = nil
            whole = merge(whole, pair)
        }
        return whole
    }
    private static func detach(_ element: Element) {
        element.links.previous = nil
        element.links.sibling = nil
    }
}
