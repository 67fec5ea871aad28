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

extension VirtualAddress {
    /// Whether a pointer argument was left out.
    var isNull: Bool { rawValue == 0 }
    /// The address of a field of a structure here. EFAULT beyond the address space.
    func field(_ offset: UInt64) throws(Errno) -> VirtualAddress {
        guard let field = advanced(by: offset) else { throw .badAddress }
        return field
    }
}
