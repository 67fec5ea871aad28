/// A name of a node in a directory (Linux's dentry): what a path leads to.
///
/// Open files, working directories and roots hold entries rather than nodes, because a path can be
/// told only from an entry. Renaming changes an entry in place.
package final class DirectoryEntry {
    package let node: Node
    /// The directory that holds this name; the entry of a root and of an unnamed file has none. It
    /// stays when the name is removed: ".." of a removed directory still leads up.
    package internal(set) var parent: DirectoryEntry?
    /// Whether the name exists (a removed one is shown with " (deleted)").
    package internal(set) var isLinked = true

    init(node: Node, parent: DirectoryEntry?) {
        self.node = node
        self.parent = parent
    }
}
