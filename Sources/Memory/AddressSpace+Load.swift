internal import Base
internal import Hardware

/// Which CPU uses which space.
extension AddressSpace {
    // What each CPU has loaded; boot's tables, where that is nothing.
    private static let current = Global(InlineArray<64, AddressSpace?>(repeating: nil))
    // All that there are, in no order.
    private static let all = Global<AddressSpace?>(nil)

    /// Makes this CPU use the space, if it does not already.
    @export(interface)
    package func load() {
        let number = CPU.number
        let previous = Self.current.value[number]
        guard previous !== self else { return }
        Self.current.value[number] = self
        loadedOn |= Processors.ownBit
        if usesFirstRoots {
            Processors.loadFirstRoot()
        } else {
            Processors.loadRoot(furtherRoots[number] ?? tables.root)
        }
        previous?.noteUnload(number)
    }
    /// Makes this CPU use no program's space, if it uses one.
    @export(interface)
    package static func unload() {
        let number = CPU.number
        guard let previous = current.value[number] else { return }
        current.value[number] = nil
        Processors.loadFirstRoot()
        previous.noteUnload(number)
    }
    private func noteUnload(_ number: Int) {
        loadedOn &= ~(1 << UInt64(number))
        if closesWhenUnloaded, loadedOn == 0 { close() }
    }
    /// Closes the space, as soon as no CPU has it loaded.
    @export(interface)
    package func abandon() {
        guard loadedOn != 0, !usesFirstRoots else { return close() }
        closesWhenUnloaded = true
    }
    /// Notes that this CPU uses the space, whose tables it began with.
    func noteLoaded() {
        Self.current.value[CPU.number] = self
        loadedOn |= Processors.ownBit
    }

    /// Makes the roots that further CPUs need, when they begin to take part. False without memory.
    package static func addFurtherRoots() -> Bool {
        var hasRoom = true
        forEach { space in
            guard !space.usesFirstRoots else { return }
            hasRoom = space.furtherRoots.make(of: space.root) && hasRoom
        }
        return hasRoom
    }

    // MARK: All spaces

    func enlist() {
        nextSpace = Self.all.value
        Self.all.value?.previousSpace = self
        Self.all.value = self
    }
    func delist() {
        guard previousSpace != nil || Self.all.value === self else { return }
        if let previousSpace {
            previousSpace.nextSpace = nextSpace
        } else {
            Self.all.value = nextSpace
        }
        nextSpace?.previousSpace = previousSpace
        nextSpace = nil
        previousSpace = nil
    }
    static func forEach(_ body: (AddressSpace) -> Void) {
        var space = all.value
        while let current = space {
            space = current.nextSpace
            body(current)
        }
    }

    // MARK: Translations

    /// Drops stale translations: one page, or all of the space's.
    func flush(_ address: VirtualAddress) { Processors.flush(address, on: loadedOn) }
    func flushAll() { Processors.flushAll(on: loadedOn) }
    /// The same for CPUs but this one, which has dropped it by a fault.
    func flushElsewhere(_ address: VirtualAddress) {
        Processors.flush(address, on: loadedOn & ~Processors.ownBit)
    }
}
