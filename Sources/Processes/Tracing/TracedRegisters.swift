package import Base
internal import Hardware
internal import LinuxABI
internal import Memory

/// A stopped thread's registers, as it wrote them down for its tracer.
///
/// The thread itself saves them where it stops and takes them back where it goes on: nobody looks at the
/// registers of a thread on another CPU.
package final class TracedRegisters {
    private var general: FixedBuffer<UInt8>
    private let stateFrame: Frame
    private var pointers = ProgramPointers()
    /// The number of the call in progress, -1 for none.
    package var callNumber: Int32 = -1 { didSet { hasChanged = true } }
    private var hasChanged = false
    private var hasStateChanged = false
    package private(set) var instruction = VirtualAddress(rawValue: 0)
    package private(set) var stack = VirtualAddress(rawValue: 0)
    /// The call's result, or what comes in its place.
    package private(set) var result: Int64 = 0
    private var arguments = InlineArray<6, UInt64>(repeating: 0)

    /// `nil` without memory.
    init?() {
        guard let general = FixedBuffer<UInt8>(count: CoreRegisters.byteCount, repeating: 0),
            let frame = Frames.allocateZeroed()
        else { return nil }
        self.general = general
        stateFrame = frame
    }
    deinit { Frames.release(stateFrame) }

    private var state: VirtualAddress { DirectMap.address(of: stateFrame) }

    func save(_ frame: ProgramFrame) {
        pointers = .current
        var bytes = general.mutableBytes
        CoreRegisters.write(frame, pointers, to: &bytes, at: 0)
        CoreRegisters.saveState(to: state)
        callNumber =
            frame.isInSystemCall ? Int32(truncatingIfNeeded: frame.systemCallNumber) : -1
        instruction = frame.instruction
        stack = frame.stack
        result = Int64(bitPattern: frame.result)
        for index in 0..<6 { arguments[index] = frame.argument(index) }
        hasChanged = false
        hasStateChanged = false
    }
    /// Argument `index` of the call in progress. Precondition: 0...5.
    package func argument(_ index: Int) -> UInt64 { arguments[index] }
    /// Takes back what the tracer changed.
    func load(into frame: ProgramFrame) {
        if hasChanged {
            CoreRegisters.load(general.bytes, into: frame, &pointers)
            if CoreRegisters.callNote != nil {
                frame.setSystemCall(UInt64(bitPattern: Int64(callNumber)))
            }
        }
        guard hasChanged || hasStateChanged else { return }
        pointers.load()
        if hasStateChanged, !ExtendedState.restoreWhole(from: state) { ExtendedState.reset() }
    }

    // MARK: Sets of registers (PTRACE_GETREGSET)

    /// A set of registers by the type of its note in core files.
    package enum Kind: Sendable {
        /// NT_PRSTATUS
        case general
        /// The number of the call in progress alone (NT_ARM_SYSTEM_CALL).
        case call
        /// A note of `CoreRegisters`.
        case note(Int)

        /// `nil` where a program has no such.
        package init?(type: UInt64) {
            if type == 1 {
                self = .general
            } else if let call = CoreRegisters.callNote, type == UInt64(call) {
                self = .call
            } else {
                for index in 0..<CoreRegisters.noteCount
                where UInt64(CoreRegisters.note(index).type) == type {
                    self = .note(index)
                    return
                }
                return nil
            }
        }
        package var byteCount: Int {
            switch self {
            case .general: CoreRegisters.byteCount
            case .call: 4
            case .note(let index): CoreRegisters.note(index).byteCount
            }
        }
        /// Of what sizes are multiples.
        package var unit: Int {
            if case .call = self { return 4 }
            return 8
        }
    }
    /// Writes a set. Precondition: `bytes` has its size.
    package func write(_ kind: Kind, to bytes: inout MutableRawSpan) {
        switch kind {
        case .general:
            for index in 0..<general.count { bytes.storeLittleEndian(general[index], at: index) }
        case .call: bytes.storeLittleEndian(callNumber, at: 0)
        case .note(let index):
            CoreRegisters.write(note: index, from: state, pointers, to: &bytes)
        }
    }
    /// Changes a set; false where a program can't have such registers. Precondition: `bytes` has its size.
    package func read(_ kind: Kind, from bytes: RawSpan) -> Bool {
        switch kind {
        case .general:
            guard CoreRegisters.areValid(bytes) else { return false }
            for index in 0..<general.count { general[index] = bytes.byte(at: index) }
            hasChanged = true
        case .call: callNumber = bytes.littleEndian(Int32.self, at: 0)
        case .note(let index):
            guard CoreRegisters.load(note: index, from: bytes, into: state, &pointers) else {
                return false
            }
            hasStateChanged = true
        }
        return true
    }
}
