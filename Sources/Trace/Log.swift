package import Base
package import NucleusInterface

/// Where log lines go beyond the ring: the control channel, once its driver is up.
package protocol LogSink: AnyObject {
    /// Takes one line without its newline. Must not log.
    func write(_ line: RawSpan, level: NucleusInterface.LogLevel)
}

/// The kernel's log: the last lines in a ring, each passed to the sink when its level is asked for.
package final class LogRing {
    package static let lineCapacity = 160
    package static let lineCount = 48

    private var bytes = InlineArray<7680, UInt8>(repeating: 0)  // lineCapacity * lineCount
    private var lengths = InlineArray<48, UInt8>(repeating: 0)
    private var written = 0
    package var level: NucleusInterface.LogLevel = .info
    package var sink: (any LogSink)?

    package init() {}

    /// Renders a line into the ring and passes it on.
    func append(_ level: NucleusInterface.LogLevel, _ render: (inout TextBuffer) -> Void) {
        let slot = written % Self.lineCount
        let start = slot * Self.lineCapacity
        var length = 0
        do {
            var span = bytes.mutableSpan
            var raw = span.mutableRaw
            var text = TextBuffer(
                into: raw._mutatingExtracting(start..<start + Self.lineCapacity))
            render(&text)
            length = text.writtenCount
        }
        lengths[slot] = UInt8(length)
        written += 1
        guard level.rawValue <= self.level.rawValue, let sink else { return }
        sink.write(bytes.span.raw.extracting(start..<start + length), level: level)
    }
    /// Calls `body` with each line that is still here, oldest first.
    package func forEachLine(_ body: (RawSpan) -> Void) {
        let first = max(0, written - Self.lineCount)
        for line in first..<written {
            let slot = line % Self.lineCount
            let start = slot * Self.lineCapacity
            body(bytes.span.raw.extracting(start..<start + Int(lengths[slot])))
        }
    }
}

/// Front of the log; before `start` lines are dropped.
package enum Log {
    // Set once by boot, before anything can log.
    private static let ring = Global<LogRing?>(nil)

    /// The ring, for the crash screen and for setting level and sink.
    package static var current: LogRing? {
        get { ring.value }
        set { ring.value = newValue }
    }
    package static func line(
        _ level: NucleusInterface.LogLevel, _ render: (inout TextBuffer) -> Void
    ) {
        current?.append(level, render)
    }
    package static func error(_ text: StaticString) { line(.error) { $0.append(text) } }
    package static func warning(_ text: StaticString) { line(.warning) { $0.append(text) } }
    package static func info(_ text: StaticString) { line(.info) { $0.append(text) } }
    package static func debug(_ text: StaticString) { line(.debug) { $0.append(text) } }
}
