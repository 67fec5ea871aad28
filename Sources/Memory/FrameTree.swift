internal import Base
internal import Hardware

/// A sparse map from page index to frame, in a radix tree whose nodes are frames of 1024 numbers.
///
/// Nothing in it is an object, so that a file of any size costs frames alone and running out is an
/// error instead of a trap. Entry 0 is a hole.
struct FrameTree {
    private static let entriesPerNode = 1024
    private static let bitsPerLevel = 10
    private var root: UInt32 = 0
    /// Levels of nodes; 0 is an empty tree.
    private var height = 0

    private static func child(_ node: UInt32, _ index: Int) -> UInt32 {
        Frame(number: node).load(UInt32.self, at: index * 4)
    }
    private static func set(_ node: UInt32, _ index: Int, _ value: UInt32) {
        Frame(number: node).store(value, at: index * 4)
    }
    /// Pages that a tree of `height` levels covers; `Int.max` where it covers all.
    private static func reach(_ height: Int) -> Int {
        height * bitsPerLevel >= Int.bitWidth - 1 ? .max : 1 << (height * bitsPerLevel)
    }
    private static func slot(_ index: Int, _ level: Int) -> Int {
        index >> (level * bitsPerLevel) & (entriesPerNode - 1)
    }

    subscript(_ index: Int) -> Frame? {
        guard index >= 0, height > 0, index < Self.reach(height) else { return nil }
        var node = root
        var level = height - 1
        while true {
            node = Self.child(node, Self.slot(index, level))
            guard node != 0 else { return nil }
            if level == 0 { return Frame(number: node) }
            level -= 1
        }
    }

    /// Puts a frame where a hole is (or another frame was); false when no node could be had.
    mutating func set(_ frame: Frame, at index: Int) -> Bool {
        precondition(index >= 0)
        while height == 0 || index >= Self.reach(height) {
            guard let node = Frames.allocateZeroed() else { return false }
            if height > 0 { Self.set(node.number, 0, root) }
            root = node.number
            height += 1
        }
        var node = root
        var level = height - 1
        while level > 0 {
            var next = Self.child(node, Self.slot(index, level))
            if next == 0 {
                guard let fresh = Frames.allocateZeroed() else { return false }
                next = fresh.number
                Self.set(node, Self.slot(index, level), next)
            }
            node = next
            level -= 1
        }
        Self.set(node, Self.slot(index, 0), frame.number)
        return true
    }

    /// The first index from `index` on that has a frame; `nil` where none has.
    func next(from index: Int) -> Int? {
        guard height > 0, index < Self.reach(height) else { return nil }
        return Self.next(node: root, level: height - 1, base: 0, from: max(index, 0))
    }
    private static func next(node: UInt32, level: Int, base: Int, from index: Int) -> Int? {
        var slot = index <= base ? 0 : (index - base) >> (level * bitsPerLevel)
        while slot < entriesPerNode {
            let value = child(node, slot)
            let first = base + slot << (level * bitsPerLevel)
            if value != 0 {
                if level == 0 { return first }
                if let found = next(node: value, level: level - 1, base: first, from: index) {
                    return found
                }
            }
            slot += 1
        }
        return nil
    }
    /// Takes the frame at `index` out of the tree. Precondition: there is one.
    mutating func remove(at index: Int) {
        var node = root
        var level = height - 1
        while level > 0 {
            node = Self.child(node, Self.slot(index, level))
            level -= 1
        }
        Self.set(node, Self.slot(index, 0), 0)
    }

    /// Takes all frames from `index` on out of the tree, with the nodes that become empty; each
    /// frame goes to `body`.
    mutating func removeAll(from index: Int, _ body: (Frame) -> Void) {
        guard height > 0 else { return }
        if Self.remove(node: root, level: height - 1, base: 0, from: index, body) {
            Frames.release(Frame(number: root))
            root = 0
            height = 0
        }
    }
    /// Returns whether the node is empty afterwards.
    private static func remove(
        node: UInt32, level: Int, base: Int, from index: Int, _ body: (Frame) -> Void
    ) -> Bool {
        var isEmpty = true
        for slot in 0..<entriesPerNode {
            let value = child(node, slot)
            guard value != 0 else { continue }
            let first = base + slot << (level * bitsPerLevel)
            let next = first + 1 << (level * bitsPerLevel)
            if next <= index {
                isEmpty = false
                continue
            }
            if level == 0 {
                set(node, slot, 0)
                body(Frame(number: value))
            } else if remove(node: value, level: level - 1, base: first, from: index, body) {
                set(node, slot, 0)
                Frames.release(Frame(number: value))
            } else {
                isEmpty = false
            }
        }
        return isEmpty
    }
}
