internal import KVM

/// How often a machine's CPUs left their guest, to be told at its end.
struct ExitReport: Sendable {
    private let loop: ProcessorLoop
    /// One a CPU; fewer where the host's KVM does not count.
    private let counters: [ExitCounter]

    /// To be made before the VMM drops its rights.
    init(_ first: borrowing KVMProcessor, _ further: FurtherProcessors, _ loop: ProcessorLoop) {
        self.loop = loop
        var counters: [ExitCounter?] = [ExitCounter(of: first)]
        further.forEach { counters.append(ExitCounter(of: $0)) }
        self.counters = counters.compactMap { $0 }
    }

    var line: String {
        let all = counters.map(\.count)
        let sum = all.reduce(0) { $0 + ($1 ?? 0) }
        return "exits: \(loop.exitCount) to the VMM"
            + (all.isEmpty ? "" : ", \(sum) in all")
    }
}
