internal import Base

/// What read(2), write(2) and the like moved since boot (proc_pid_io(5)); calls that failed do not count.
package struct TransferCounts: Sendable {
    package private(set) var readBytes: UInt64 = 0
    package private(set) var writtenBytes: UInt64 = 0
    package private(set) var reads: UInt64 = 0
    package private(set) var writes: UInt64 = 0

    private static let counts = Global(TransferCounts())
    package static var current: Self { counts.value }
    static func addRead(_ count: Int) {
        counts.value.readBytes &+= UInt64(max(0, count))
        counts.value.reads &+= 1
    }
    static func addWrite(_ count: Int) {
        counts.value.writtenBytes &+= UInt64(max(0, count))
        counts.value.writes &+= 1
    }
}
