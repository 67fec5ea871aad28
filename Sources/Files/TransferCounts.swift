internal import Base
internal import Hardware

/// What read(2), write(2) and the like moved (proc_pid_io(5)); calls that failed do not count.
package struct TransferCounts: Sendable {
    package private(set) var readBytes: UInt64 = 0
    package private(set) var writtenBytes: UInt64 = 0
    package private(set) var reads: UInt64 = 0
    package private(set) var writes: UInt64 = 0

    package init() {}
    package static func += (sum: inout Self, other: Self) {
        sum.readBytes &+= other.readBytes
        sum.writtenBytes &+= other.writtenBytes
        sum.reads &+= other.reads
        sum.writes &+= other.writes
    }

    // What each CPU counted.
    private static let counts = Global(InlineArray<64, TransferCounts>(repeating: TransferCounts()))
    /// What a CPU counted since this was called last.
    package static func take(from processor: Int) -> Self {
        let taken = counts.value[processor]
        counts.value[processor] = TransferCounts()
        return taken
    }
    static func addRead(_ count: Int) {
        counts.value[CPU.number].readBytes &+= UInt64(max(0, count))
        counts.value[CPU.number].reads &+= 1
    }
    static func addWrite(_ count: Int) {
        counts.value[CPU.number].writtenBytes &+= UInt64(max(0, count))
        counts.value[CPU.number].writes &+= 1
    }
}
