internal import Base
internal import NucleusInterface

/// A record that the guest sent on the control channel.
package enum ControlRecord: Equatable, Sendable {
    case exit(status: UInt32)
    case killed(signal: UInt32)
    case crash([UInt8])
    case log(level: UInt8, [UInt8])
    /// `kilohertz`: of the counter that was read; 0 where it is not known yet.
    case milestone(UInt32, timeStamp: UInt64, kilohertz: UInt32 = 0)
    case refused([UInt8])
    /// The program wants the terminal's input as it is.
    case attach
    /// A signal stopped the program.
    case stopped(signal: UInt32)
    /// Bytes of the core file.
    case core(offset: UInt64, ArraySlice<UInt8>)
    /// Where the program's threads are.
    case report([UInt8])
    /// The path of a file that the program looked for in vain.
    case missing([UInt8])
}

/// A record for the guest.
package enum HostRecord: Equatable, Sendable {
    case signal(UInt32)
    /// Bytes of standard input in all, which end behind them.
    case inputEnd(byteCount: UInt64)
    /// CLOCK_REALTIME in nanoseconds.
    case clock(UInt64)
    /// The size of the host's terminal (struct winsize), whether its input comes as it is, and how
    /// many bytes of it the host showed already.
    case terminal(size: UInt64, isAttached: Bool, shownCount: UInt32 = 0)
    case resume
    /// Asks where the program's threads are.
    case report
    /// What was typed: at most `keyboardLimit` bytes.
    case keyboard([UInt8])
    package static let keyboardLimit = 16

    /// The record as it is sent: kind, byte count, payload.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        func append<Value: FixedWidthInteger>(_ value: Value) {
            for byte in 0..<Value.bitWidth / 8 {
                result.append(UInt8(truncatingIfNeeded: value >> Value(8 * byte)))
            }
        }
        func header(_ kind: NucleusInterface.HostControl, _ byteCount: UInt32) {
            append(kind.rawValue)
            append(byteCount)
        }
        switch self {
        case .signal(let number):
            header(.signal, 4)
            append(number)
        case .inputEnd(let byteCount):
            header(.inputEnd, 8)
            append(byteCount)
        case .clock(let nanoseconds):
            header(.clock, 8)
            append(nanoseconds)
        case .terminal(let size, let isAttached, let shownCount):
            header(.terminal, 16)
            append(size)
            append(UInt32(isAttached ? 1 : 0))
            append(shownCount)
        case .resume: header(.resume, 0)
        case .report: header(.report, 0)
        case .keyboard(let typed):
            header(.keyboard, UInt32(typed.count))
            result += typed
        }
        return result
    }
    /// Whether a later record of this kind says all that this one does.
    func isReplaced(by later: HostRecord) -> Bool {
        switch (self, later) {
        case (.terminal(_, _, let shownCount), .terminal): shownCount == 0
        case (.keyboard, _): false
        default: self == later
        }
    }
}

/// Cuts the control channel's bytes into records: kind (u32), byte count (u32), payload.
///
/// At most one record is kept, of at most `NucleusInterface.Control.maximumPayload` bytes.
package struct ControlParser: Sendable {
    private var pending: [UInt8] = []

    package init() {}

    /// Takes bytes as they come, and appends the records that they complete.
    package mutating func append(
        _ bytes: [UInt8], to records: inout [ControlRecord]
    ) throws(GuestFault) {
        pending += bytes
        var start = 0
        let header = NucleusInterface.Control.headerSize
        while pending.count - start >= header {
            let view = pending.span.raw
            let kind = view.littleEndian(UInt32.self, at: start)
            let byteCount = Int(view.littleEndian(UInt32.self, at: start + 4))
            guard byteCount <= NucleusInterface.Control.maximumPayload else {
                throw GuestFault("the kernel sent a control record of \(byteCount) bytes")
            }
            guard let kind = NucleusInterface.Control(rawValue: kind) else {
                throw GuestFault("the kernel sent a control record of unknown kind \(kind)")
            }
            guard pending.count - start - header >= byteCount else { break }
            let payload = Array(pending[(start + header)..<(start + header + byteCount)])
            records.append(try Self.record(kind, payload))
            start += header + byteCount
        }
        pending.removeFirst(start)
    }

    private static func record(
        _ kind: NucleusInterface.Control, _ payload: [UInt8]
    ) throws(GuestFault) -> ControlRecord {
        func require(_ byteCount: Int) throws(GuestFault) {
            guard payload.count >= byteCount else {
                throw GuestFault("the kernel sent a control record that is too short")
            }
        }
        let view = payload.span.raw
        switch kind {
        case .exit:
            try require(4)
            return .exit(status: view.littleEndian(UInt32.self, at: 0))
        case .killed:
            try require(4)
            return .killed(signal: view.littleEndian(UInt32.self, at: 0))
        case .crash: return .crash(payload)
        case .log:
            try require(1)
            return .log(level: payload[0], Array(payload.dropFirst()))
        case .milestone:
            try require(16)
            return .milestone(
                view.littleEndian(UInt32.self, at: 0),
                timeStamp: view.littleEndian(UInt64.self, at: 8),
                kilohertz: view.littleEndian(UInt32.self, at: 4))
        case .refused: return .refused(payload)
        case .core:
            try require(9)
            return .core(offset: view.littleEndian(UInt64.self, at: 0), payload[8...])
        case .report: return .report(payload)
        case .missing: return .missing(payload)
        case .attach: return .attach
        case .stopped:
            try require(4)
            return .stopped(signal: view.littleEndian(UInt32.self, at: 0))
        }
    }
}
