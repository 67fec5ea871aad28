internal import Base
internal import Hardware
internal import LinuxABI

// Times in program memory: struct timespec and struct timeval, each two 64-bit words.
extension ProgramMemory {
    private static func word(_ address: VirtualAddress, _ index: UInt64) throws(Errno)
        -> VirtualAddress
    {
        guard let word = address.advanced(by: index * 8) else { throw .badAddress }
        return word
    }
    /// Loads a span or point of time; what is too long counts as the longest. EFAULT, EINVAL.
    static func loadTime(at address: VirtualAddress) throws(Errno) -> Nanoseconds {
        let seconds = try load(Int64.self, at: address)
        let nanoseconds = try load(Int64.self, at: try word(address, 1))
        guard seconds >= 0, (0..<Nanoseconds.perSecond).contains(nanoseconds) else {
            throw .invalidArgument
        }
        return time(seconds, nanoseconds)
    }
    /// The same of a struct timeval, which counts microseconds.
    static func loadTimeValue(at address: VirtualAddress) throws(Errno) -> Nanoseconds {
        let seconds = try load(Int64.self, at: address)
        let microseconds = try load(Int64.self, at: try word(address, 1))
        guard seconds >= 0, (0..<1_000_000).contains(microseconds) else { throw .invalidArgument }
        return time(seconds, microseconds * 1000)
    }
    private static func time(_ seconds: Int64, _ nanoseconds: Int64) -> Nanoseconds {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: Nanoseconds.perSecond)
        return overflow
            ? Nanoseconds(rawValue: .max)
            : Nanoseconds(rawValue: product) + Nanoseconds(rawValue: nanoseconds)
    }
    /// A struct itimerspec as the program wrote it: interval, value. EFAULT.
    static func loadTimerSetting(at address: VirtualAddress) throws(Errno) -> TimerSetting {
        TimerSetting(
            words: [
                try load(Int64.self, at: address), try load(Int64.self, at: try word(address, 1)),
                try load(Int64.self, at: try word(address, 2)),
                try load(Int64.self, at: try word(address, 3)),
            ])
    }
    /// Stores a struct itimerspec. EFAULT.
    static func storeTimerSetting(
        _ value: Nanoseconds, _ interval: Nanoseconds, at address: VirtualAddress
    ) throws(Errno) {
        try storeTime(interval, at: address)
        try storeTime(value, at: try word(address, 2))
    }
    fileprivate static func span(_ seconds: Int64, _ nanoseconds: Int64) throws(Errno)
        -> Nanoseconds
    {
        guard seconds >= 0, (0..<Nanoseconds.perSecond).contains(nanoseconds) else {
            throw .invalidArgument
        }
        return time(seconds, nanoseconds)
    }
    /// Stores a time as a struct timespec. EFAULT.
    static func storeTime(_ time: Nanoseconds, at address: VirtualAddress) throws(Errno) {
        try store(time.rawValue / Nanoseconds.perSecond, at: address)
        try store(time.rawValue % Nanoseconds.perSecond, at: try word(address, 1))
    }
    /// Stores a time as a struct timeval. EFAULT.
    static func storeTimeValue(_ time: Nanoseconds, at address: VirtualAddress) throws(Errno) {
        try store(time.rawValue / Nanoseconds.perSecond, at: address)
        try store(time.rawValue % Nanoseconds.perSecond / 1000, at: try word(address, 1))
    }
}

/// What a program wants of a timer: a struct itimerspec that nobody has checked yet.
struct TimerSetting {
    fileprivate let words: [4 of Int64]

    /// EINVAL for a negative time or a second of nanoseconds.
    func validated() throws(Errno) -> (value: Nanoseconds, interval: Nanoseconds) {
        (
            try ProgramMemory.span(words[2], words[3]), try ProgramMemory.span(words[0], words[1])
        )
    }
}

extension VirtualAddress {
    /// Whether a pointer argument was left out.
    var isNull: Bool { rawValue == 0 }
    /// The address of a field of a structure here. EFAULT beyond the address space.
    func field(_ offset: UInt64) throws(Errno) -> VirtualAddress {
        guard let field = advanced(by: offset) else { throw .badAddress }
        return field
    }
}
