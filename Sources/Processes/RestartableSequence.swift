package import Base
internal import Hardware
package import LinuxABI

/// The thread's registered area for restartable sequences (rseq(2) of Linux 6.1, linux/rseq.h).
///
/// With one CPU and one thread a sequence is interrupted only by signal handlers; then it goes on at
/// its abort address.
package struct RestartableSequence: Sendable {
    package let area: VirtualAddress
    /// The word that stands before every abort address.
    package let signature: UInt32

    /// sizeof(struct rseq) and its alignment.
    package static let byteCount: UInt32 = 32
    private static let currentSequence: UInt64 = 8

    package init(area: VirtualAddress, signature: UInt32) {
        self.area = area
        self.signature = signature
    }
    /// Tells the program on which CPU it is: `nil` is "not registered" (-1). EFAULT.
    package func store(processor: UInt32?) throws(Errno) {
        guard let second = area.advanced(by: 4) else { throw .badAddress }
        try ProgramMemory.store(processor ?? 0, at: area)
        try ProgramMemory.store(processor ?? .max, at: second)
    }
    /// Moves a program that is in a sequence to its abort address (rseq_ip_fixup). Any error is the
    /// program's SIGSEGV.
    func abort(_ frame: ProgramFrame) throws(Errno) {
        guard let pointer = area.advanced(by: Self.currentSequence) else { throw .badAddress }
        let sequence = VirtualAddress(rawValue: try ProgramMemory.load(UInt64.self, at: pointer))
        guard sequence.rawValue != 0 else { return }
        let version = try load(UInt32.self, sequence, 0)
        let start = try load(UInt64.self, sequence, 8)
        let length = try load(UInt64.self, sequence, 16)
        let abort = VirtualAddress(rawValue: try load(UInt64.self, sequence, 24))
        guard version == 0, abort.rawValue &- start >= length,
            ProgramMemory.contains(abort, count: 1), let before = abort.retreated(by: 4),
            try ProgramMemory.load(UInt32.self, at: before) == signature
        else { throw .invalidArgument }
        try ProgramMemory.store(UInt64(0), at: pointer)
        if frame.instruction.rawValue &- start < length { frame.instruction = abort }
    }
    private func load<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, _ base: VirtualAddress, _ offset: UInt64
    ) throws(Errno) -> Value {
        guard let address = base.advanced(by: offset) else { throw .badAddress }
        return try ProgramMemory.load(type, at: address)
    }
}
