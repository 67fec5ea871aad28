package import LinuxABI

/// What a generated node tells of, where that has an owner of its own: a process (proc(5)).
package protocol NodeSubject: AnyObject {
    /// The node's number: the same whenever it is made.
    var number: UInt64 { get }
    /// Whose a node of such a kind and mode is now.
    func owner(_ kind: FileKind, _ mode: FileMode) -> (user: UInt32, group: UInt32)
    /// Throws where the caller may not open the node, whatever its mode allows. EACCES, ESRCH.
    func requireOpening() throws(Errno)
    /// What it says of permissions before the mode does; `nil`: nothing.
    func permits(_ access: Access) -> Bool?
}

extension NodeSubject {
    /// Gives a node its owner of now.
    func own(_ node: Node) {
        (node.owner, node.group) = owner(node.kind, node.mode)
    }
}
