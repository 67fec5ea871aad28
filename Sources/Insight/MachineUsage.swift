internal import Base
internal import Memory
internal import Processes

/// What all processes together have of the memory.
struct MachineUsage {
    /// Bytes of memory that programs wrote or that begins as zeroes, and of files and shared memory that
    /// are mapped; what several have counts once.
    private(set) var anonymousBytes: UInt64 = 0
    private(set) var mappedBytes: UInt64 = 0
    private(set) var largePages = 0
    private(set) var tableBytes: UInt64 = 0
    private(set) var lockedBytes: UInt64 = 0
    /// What programs might write to.
    private(set) var committedBytes: UInt64 = 0

    /// As it is now: walks all memory that is present.
    init() {
        ProcessTable.forEach { process in
            guard !process.hasLeftMemory, Self.isFirst(process) else { return }
            let space = process.addressSpace
            let sizes = MemorySizes(of: process.memory)
            anonymousBytes += UInt64(sizes.proportionalAnonymousBytes)
            mappedBytes += UInt64(sizes.proportionalBytes - sizes.proportionalAnonymousBytes)
            largePages += sizes.largePages
            tableBytes += space.tableByteCount
            lockedBytes += space.lockedByteCount
            committedBytes += space.dataByteCount + sizes.stackBytes
        }
    }
    /// Whether no older process has the same memory.
    private static func isFirst(_ process: Process) -> Bool {
        guard process.memory.isShared else { return true }
        var first: Process?
        ProcessTable.forEach {
            if first == nil, !$0.hasLeftMemory, $0.memory === process.memory { first = $0 }
        }
        return first === process
    }

    /// Time, faults and switches of all processes since the start.
    static var used: ResourceUsage {
        var used = ProcessTable.usedByGone
        ProcessTable.forEach { used += $0.usage }
        return used
    }
}
