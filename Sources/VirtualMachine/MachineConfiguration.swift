package import LinuxHost

/// What a machine is made of, as the command line says it.
package struct MachineConfiguration: Sendable {
    /// Bytes of an open file.
    package struct FileRange: Equatable, Sendable {
        package let file: Descriptor
        package let offset: Int64
        package let byteCount: UInt64

        package init(file: Descriptor, offset: Int64, byteCount: UInt64) {
            self.file = file
            self.offset = offset
            self.byteCount = byteCount
        }
    }

    /// The kernel's ELF file; only its segments are read.
    package var kernel: Descriptor
    /// A file with the kernel's symbols, for a kernel that has none: the names of a crash screen.
    package var symbols: Descriptor?
    /// Archive of the program and its files (cpio newc), `nil` for a kernel that needs none.
    package var files: FileRange?
    /// EROFS image of the root file system, from a page boundary of its file on, which must not change while
    /// the machine runs.
    package var image: FileRange?
    package var memoryByteCount: UInt64
    package var commandLine: [UInt8]
    /// 1 to 64.
    package var processorCount = 1
    /// The time of day that the machine is told.
    package var clock = MachineClock.host
    /// TSC when the process began.
    package var startTimeStamp: UInt64

    package init(
        kernel: Descriptor, files: FileRange?, memoryByteCount: UInt64, commandLine: [UInt8],
        startTimeStamp: UInt64
    ) {
        self.kernel = kernel
        self.files = files
        self.memoryByteCount = memoryByteCount
        self.commandLine = commandLine
        self.startTimeStamp = startTimeStamp
    }
}

/// A machine's time of day: the host's, or one that started elsewhere and goes as fast.
package struct MachineClock: Sendable {
    /// Nanoseconds by which it is ahead of the host's time since it booted.
    private let offset: Int64?

    package static let host = Self(offset: nil)
    private init(offset: Int64?) { self.offset = offset }
    /// A clock that shows `start`, in nanoseconds since 1970, now.
    package init(start: Int64) { offset = start - HostClock.monotonic }

    /// Nanoseconds since 1970.
    package func now() -> UInt64 {
        UInt64(max(offset.map { HostClock.monotonic + $0 } ?? HostClock.realtime, 0))
    }
    /// The date and time in UTC, for instance `2026-01-02T03:04:05`, where they are not the host's.
    package var differentDate: String? { offset == nil ? nil : Self.date(now() / 1_000_000_000) }

    static func date(_ seconds: UInt64) -> String {
        // Years begin in March, so that the leap day is the last; 400 of them have 146,097 days.
        let days = seconds / 86_400 + 719_468
        let (era, dayOfEra) = (days / 146_097, days % 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(two(month))-\(two(day))T\(two(seconds / 3600 % 24))"
            + ":\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    }
}
