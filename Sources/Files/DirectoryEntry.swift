package import Base
package import LinuxABI
package import Memory

/// A name of a node in a directory (Linux's dentry): what a path leads to.
///
/// Open files, working directories and roots hold entries rather than nodes, because a path can be
/// told only from an entry. Renaming changes an entry in place. An entry and its directory refer to
/// each other until the name is removed, which always happens explicitly.
package final class DirectoryEntry {
    package let node: Node
    package private(set) var name: ByteString
    /// The directory that holds this name; the entry of a root and of an unnamed file has none. It
    /// stays when the name is removed: ".." of a removed directory still leads up.
    package internal(set) var parent: DirectoryEntry?
    /// Whether the name exists; the root's does, an unnamed file's does not.
    package internal(set) var isLinked: Bool
    /// Open files by this name, which keep it where it was removed.
    var openCount = 0
    /// Whether another file system than its parent's begins here.
    package internal(set) var isMountPoint = false

    // The directory's own, see NameTree and DirectoryNode.
    var left: DirectoryEntry?
    var right: DirectoryEntry?
    let priority: UInt32
    var hash: UInt32
    var next: DirectoryEntry?
    var previous: DirectoryEntry?
    /// Where readdir finds this entry: grows with each entry that a directory gets.
    var position: Int64 = 0

    /// A name for `node` that is in no directory yet. ENOMEM.
    init(node: Node, name: RawSpan, parent: DirectoryEntry?) throws(Errno) {
        self.node = node
        self.parent = parent
        isLinked = false
        self.name = try ByteString(copying: name)
        hash = name.hash
        // Any function of the hash would let names be chosen that unbalance the tree.
        priority = EntryPriority.next(mixing: hash)
    }
    /// The entry of a file without a name in any directory, as `pipe:[7]`. ENOMEM.
    package convenience init(unnamed node: Node, description: RawSpan) throws(Errno) {
        try self.init(node: node, name: description, parent: nil)
    }

    /// The same with the node's number, as `pipe:[7]`: `kind` is what comes before the bracket. ENOMEM.
    convenience init(numbered node: Node, kind: StaticString) throws(Errno) {
        var name = InlineArray<32, UInt8>(repeating: 0)
        let length: Int
        do {
            var span = name.mutableSpan
            var text = TextBuffer(into: span.mutableRaw)
            text.append(kind)
            text.append(":[")
            text.append(node.number)
            text.append("]")
            length = text.writtenCount
        }
        try self.init(unnamed: node, description: name.span.raw.extracting(first: length))
    }

    func rename(to name: ByteString) {
        hash = name.bytes.hash
        self.name = name
    }
    /// The directory that this entry names, if it is one.
    package var directory: DirectoryNode? { node as? DirectoryNode }
}

extension DirectoryEntry {
    /// Writes the path from `root` to here, as getcwd(2) and /proc show it.
    ///
    /// Returns whether `root` was on the way; where it was not, the path is from the tree's own root.
    @discardableResult
    package func writePath(from root: DirectoryEntry, to text: inout TextBuffer) -> Bool {
        guard let parent else {
            // The root of the tree, or a file without a name.
            let name = name
            if isLinked { text.append(byte: 0x2f) } else { text.append(name.bytes) }
            return self === root
        }
        if self === root {
            text.append(byte: 0x2f)
            return true
        }
        return writeComponents(parent, root, &text)
    }
    private func writeComponents(
        _ parent: DirectoryEntry, _ root: DirectoryEntry, _ text: inout TextBuffer
    ) -> Bool {
        // From the top down without recursion: for each depth the entry is found anew. Paths are
        // short, and a program can make them deep enough to overflow a stack.
        var depth = 0
        var entry = self
        var isBelowRoot = false
        while true {
            if entry === root {
                isBelowRoot = true
                break
            }
            guard let up = entry.parent else { break }
            entry = up
            depth += 1
        }
        guard depth <= PathLimit.path / 2 else {
            // No buffer for a path holds it: told by its length alone, not by a walk a component.
            text.append(repeating: 0x2f, count: PathLimit.path + 1)
            return isBelowRoot
        }
        while depth > 0 {
            var entry = self
            for _ in 1..<depth { entry = entry.parent ?? entry }
            text.append(byte: 0x2f)
            let name = entry.name
            text.append(name.bytes)
            depth -= 1
        }
        return isBelowRoot
    }
    /// Whether `other` is this entry or lies below it.
    package func isAbove(_ other: DirectoryEntry) -> Bool {
        var entry = other
        while true {
            if entry === self { return true }
            guard let up = entry.parent else { return false }
            entry = up
        }
    }
}
