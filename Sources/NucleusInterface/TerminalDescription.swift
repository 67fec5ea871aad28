internal import Base

/// What the host's terminal is when the machine starts: `tty=` on the kernel's command line, in
/// hexadecimal digits.
///
/// Layout: streams that are the terminal, and who treats its bytes (u8), window size (struct winsize,
/// 8 bytes), modes (struct termios of the kernel, 36 bytes).
package struct TerminalDescription: Equatable, Sendable {
    package static let byteCount = 1 + 8 + modesByteCount
    package static let modesByteCount = 36
    package static let digitCount = 2 * byteCount

    package struct Streams: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let input = Self(rawValue: 1 << 0)
        package static let output = Self(rawValue: 1 << 1)
        package static let error = Self(rawValue: 1 << 2)
        /// The host's terminal passes bytes on as they are from the start; else the kernel asks for
        /// that when the program first wants input (`Control.attach`).
        package static let isRaw = Self(rawValue: 1 << 3)
        /// What is typed comes as records (`HostControl.keyboard`): standard input is something else.
        package static let keyboard = Self(rawValue: 1 << 4)
    }
    package var streams: Streams
    /// struct winsize as one little-endian integer
    package var windowSize: UInt64
    package var modes: InlineArray<36, UInt8>

    package init(streams: Streams, windowSize: UInt64, modes: InlineArray<36, UInt8>) {
        self.streams = streams
        self.windowSize = windowSize
        self.modes = modes
    }

    /// Reads the digits; `nil` where they are others, or not as many.
    package init?(checking digits: RawSpan) {
        guard digits.byteCount == Self.digitCount else { return nil }
        var bytes = InlineArray<45, UInt8>(repeating: 0)
        for index in 0..<Self.byteCount {
            guard let high = Self.value(digits.byte(at: 2 * index)),
                let low = Self.value(digits.byte(at: 2 * index + 1))
            else { return nil }
            bytes[index] = high << 4 | low
        }
        streams = Streams(rawValue: bytes[0])
        windowSize = bytes.span.raw.littleEndian(UInt64.self, at: 1)
        modes = InlineArray(repeating: 0)
        for index in 0..<Self.modesByteCount { modes[index] = bytes[9 + index] }
    }
    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
    /// Digit `index` of `digitCount`.
    package func digit(_ index: Int) -> UInt8 {
        let byte =
            switch index / 2 {
            case 0: streams.rawValue
            case let place where place < 9:
                UInt8(truncatingIfNeeded: windowSize >> UInt64(8 * (place - 1)))
            case let place: modes[place - 9]
            }
        let value = index % 2 == 0 ? byte >> 4 : byte & 0xf
        return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    package static func == (left: Self, right: Self) -> Bool {
        for index in 0..<digitCount where left.digit(index) != right.digit(index) { return false }
        return true
    }
}
