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

    /// Makes a root that follows `root` but for the slot that `address` lies in. Precondition: all roots follow
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
    /// Notes that an entry was stored into a root.
    static func store(_ value: UInt64, _ root: PhysicalAddress, _ index: Int) {
        let known = state.value
        if root == known.followed || root == LibrarySpace.current?.root {
            if known.followed == root, index != known.ownSlot {
                for mirror in 0..<known.count {
                    FrameTables.store(value, known.roots[mirror], index)
                }
            }
            guard ProgramSpace.librarySlots.contains(index) else { return }
            AddressSpace.forEach { space in
                if space.tables.root != root { FrameTables.store(value, space.tables.root, index) }
                guard index != known.ownSlot else { return }
                space.furtherRoots.store(value, index)
            }
        } else {
            AddressSpace.forEach { space in
                if space.tables.root == root { space.furtherRoots.store(value, index) }
            }
        }
    }
}

/// The roots of a space for CPUs with a slot of their own: the first CPU's in all other slots.
struct FurtherRoots: ~Copyable {
    private var numbers = InlineArray<64, UInt32>(repeating: 0)
    private var count = 0

    /// A CPU's own; `nil` where it uses the space's.
    subscript(number: Int) -> PhysicalAddress? {
        guard number < count, numbers[number] != 0 else { return nil }
        return Frame(number: numbers[number]).address
    }
    /// Makes roots for the CPUs that take part and have none here yet; false without memory.
    mutating func make(of root: PhysicalAddress) -> Bool {
        let started = Processors.startedCount
        while count < started {
            guard let first = Processors.ownFirstRoot(of: count) else {
                count += 1
                continue
            }
            guard let frame = Frames.allocateZeroed() else { return false }
            let program = Frame(containing: root)
            let library = Frame(containing: first)
            for slot in 0..<512 {
                let source = ProgramSpace.librarySlots.contains(slot) ? library : program
                frame.store(source.load(UInt64.self, at: slot * 8), at: slot * 8)
            }
            numbers[count] = frame.number
            count += 1
        }
        return true
    }
    func store(_ value: UInt64, _ slot: Int) {
        for number in 0..<count where numbers[number] != 0 {
            Frame(number: numbers[number]).store(value, at: slot * 8)
        }
    }
    mutating func free() {
        for number in 0..<count where numbers[number] != 0 {
            Frames.release(Frame(number: numbers[number]))
            numbers[number] = 0
        }
        count = 0
    }
}
