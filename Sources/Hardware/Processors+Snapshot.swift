package import Base

extension Processors {
    /// What a CPU holds of the thread that it runs, or ran last.
    package struct Snapshot: Sendable {
        /// Where its extended state is saved: `ExtendedState.wholeByteCount` bytes.
        package fileprivate(set) var state = VirtualAddress(rawValue: 0)
        /// Of its thread; 0 before it was written down.
        var frame: UInt = 0
        package fileprivate(set) var pointers = ProgramPointers()
    }
    // Each written by its CPU, or while that waits.
    private static let snapshots = Global(InlineArray<64, Snapshot>(repeating: Snapshot()))

    /// Makes the other CPUs write down what they hold, and waits for them; for the end of a program alone, as
    /// the places stay theirs. `place` gives each CPU zeroed memory, or leaves it out; `isEarly` ends the
    /// wait.
    ///
    /// Precondition: the caller has the lock and keeps it, so that the others wait for it.
    package static func takeSnapshots(
        while isEarly: () -> Bool, _ place: (Int) -> VirtualAddress?
    ) {
        let own = CPU.number
        for number in 0..<startedCount where number != own {
            guard let state = place(number) else { continue }
            snapshots.value[number].state = state
            Self.state(number).setOwesSnapshot(true)
            _ = Self.state(number).call()
            interrupt(number)
        }
        for number in 0..<startedCount where number != own {
            // One that never ran a thread has nothing to tell, and may be slow to say so.
            while Self.state(number).owesSnapshot, isEarly() { CPU.pause() }
        }
    }
    /// What CPU `number` wrote down, and the frame of its thread; `nil` where it did not.
    package static func snapshot(of number: Int) -> (frame: ProgramFrame, Snapshot)? {
        let snapshot = snapshots.value[number]
        guard snapshot.frame != 0 else { return nil }
        return (CPU.frame(at: snapshot.frame), snapshot)
    }
    /// Writes down what this CPU holds, where another one asked for it.
    static func serveSnapshot(_ state: ProcessorState) {
        guard state.owesSnapshot else { return }
        var snapshot = snapshots.value[CPU.number]
        _ = ExtendedState.saveWhole(to: snapshot.state)
        snapshot.pointers = .current
        snapshot.frame = CPU.area.programFrame.address
        snapshots.value[CPU.number] = snapshot
        state.setOwesSnapshot(false)
    }
}
