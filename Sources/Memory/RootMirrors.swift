internal import Base
internal import Hardware

/// Roots of further CPUs, which have one slot of their own and follow the machine's root in all others.
enum RootMirrors {
    private static let capacity = 63
    private static let state = Global(State())
    private struct State {
        var followed = PhysicalAddress(rawValue: 0)
        var ownSlot = 0
        var roots = InlineArray<63, PhysicalAddress>(repeating: PhysicalAddress(rawValue: 0))
        var count = 0
    }

    /// A root that follows `root` but for the slot that `address` lies in. Precondition: all roots follow
    /// the same one with the same slot. `nil` without memory.
    static func make(of root: PhysicalAddress, withOwn address: VirtualAddress) -> PhysicalAddress?
    {
        let slot = Int(address.rawValue >> 39 & 511)
        let known = state.value
        precondition(known.count == 0 || known.followed == root && known.ownSlot == slot)
        guard known.count < capacity, let new = FrameTables.allocate() else { return nil }
        for index in 0..<512 where index != slot {
            FrameTables.store(FrameTables.load(root, index), new, index)
        }
        var changed = known
        changed.followed = root
        changed.ownSlot = slot
        changed.roots[known.count] = new
        changed.count += 1
        state.value = changed
        return new
    }
    static func store(_ value: UInt64, _ root: PhysicalAddress, _ index: Int) {
        let known = state.value
        guard known.count > 0, known.followed == root, index != known.ownSlot else { return }
        for mirror in 0..<known.count { FrameTables.store(value, known.roots[mirror], index) }
    }
}
