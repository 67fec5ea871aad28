internal import Base
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

// What an NTP daemon asks and sets (adjtimex(2)). The clock runs by the host's counter and can be
// stepped; it can't be made to run faster or slower.
extension SystemCalls {
    /// adjtimex(2): Tells how the real-time clock is kept, always TIME_ERROR as nobody synchronizes
    /// it; sets it by an offset. Other changes are EOPNOTSUPP. Errors: EFAULT, EINVAL, EPERM.
    static func adjtimex(_ caller: Caller, state: VirtualAddress) throws(Errno) -> Int {
        guard ProgramMemory.contains(state, count: ClockState.byteCount) else { throw .badAddress }
        let modes = try ProgramMemory.load(UInt32.self, at: state)
        // A probe of the whole structure, as Linux copies it first.
        _ = try ProgramMemory.load(
            UInt32.self, at: try state.field(UInt64(ClockState.byteCount - 4)))
        if modes & ClockState.oldAdjustment != 0 {
            guard modes & ClockState.singleShot != 0 else { throw .invalidArgument }
            guard modes & ClockState.readOnly == 0 else { return try tell(state, modes) }
        }
        if modes != 0 {
            guard caller.process.credentials.has(.systemTime) else { throw .operationNotPermitted }
            guard modes & ~(ClockState.setOffset | ClockState.nanoseconds) == 0,
                modes & ClockState.setOffset != 0
            else { throw .notSupported }
            try step(state, modes)
        }
        return try tell(state, modes)
    }

    /// clock_adjtime(2): As adjtimex(2), of a clock; only the real-time clock can be adjusted. Errors:
    /// those of adjtimex(2).
    static func clockAdjtime(
        _ caller: Caller, clock: Int32, state: VirtualAddress
    ) throws(Errno) -> Int {
        guard ProgramMemory.contains(state, count: ClockState.byteCount) else { throw .badAddress }
        _ = try ProgramMemory.load(UInt32.self, at: state)
        guard try ClockName(clock) == .realtime else { throw .notSupported }
        return try adjtimex(caller, state: state)
    }

    /// Sizes, offsets and values of a struct timex.
    private enum ClockState {
        static let byteCount = 208
        static let offset: UInt64 = 8
        static let maximumError: UInt64 = 24
        static let estimatedError: UInt64 = 32
        static let status: UInt64 = 40
        static let constant: UInt64 = 48
        static let precision: UInt64 = 56
        static let tolerance: UInt64 = 64
        static let time: UInt64 = 72
        static let microseconds: UInt64 = 80
        static let tick: UInt64 = 88
        /// ADJ_SETOFFSET, ADJ_NANO, ADJ_ADJTIME, ADJ_OFFSET_SINGLESHOT's own bit, ADJ_OFFSET_READONLY
        static let setOffset: UInt32 = 0x0100
        static let nanoseconds: UInt32 = 0x2000
        static let oldAdjustment: UInt32 = 0x8000
        static let singleShot: UInt32 = 1
        static let readOnly: UInt32 = 0x2000
        /// STA_UNSYNC
        static let unsynchronized: Int32 = 0x40
        /// NTP_PHASE_LIMIT, in microseconds.
        static let phaseLimit: Int64 = 16_000_000
        /// TIME_ERROR
        static let error = 5
    }
    private static func step(_ state: VirtualAddress, _ modes: UInt32) throws(Errno) {
        let seconds = try ProgramMemory.load(Int64.self, at: try state.field(ClockState.time))
        let part = try ProgramMemory.load(
            Int64.self, at: try state.field(ClockState.microseconds))
        let isNanoseconds = modes & ClockState.nanoseconds != 0
        let limit = isNanoseconds ? Nanoseconds.perSecond : 1_000_000
        guard (0..<limit).contains(part) else { throw .invalidArgument }
        let whole = Nanoseconds(rawValue: Nanoseconds.perSecond).multiplied(by: seconds)
        let distance = whole + Nanoseconds(rawValue: isNanoseconds ? part : part * 1000)
        try setRealtime(Clock.realtime() + distance)
    }
    private static func tell(_ state: VirtualAddress, _ modes: UInt32) throws(Errno) -> Int {
        try ProgramMemory.zero(
            try state.field(ClockState.offset), count: ClockState.byteCount - 8)
        func put(_ value: Int64, _ offset: UInt64) throws(Errno) {
            try ProgramMemory.store(value, at: try state.field(offset))
        }
        try put(ClockState.phaseLimit, ClockState.maximumError)
        try put(ClockState.phaseLimit, ClockState.estimatedError)
        try ProgramMemory.store(
            ClockState.unsynchronized, at: try state.field(ClockState.status))
        try put(2, ClockState.constant)
        try put(1, ClockState.precision)
        try put(32_768_000, ClockState.tolerance)
        try ProgramMemory.storeTimeValue(Clock.realtime(), at: try state.field(ClockState.time))
        try put(10_000, ClockState.tick)
        return ClockState.error
    }
}
