package import DeviceModels
internal import LinuxHost

/// How a machine ended, as its process reports it.
package struct Ending: Equatable, Sendable {
    package var status: Int32
    /// What is said on standard error; `nil` where the status says it all.
    package var line: String?

    package init(status: Int32, line: String? = nil) {
        self.status = status
        self.line = line
    }
    package init(_ failure: MachineFailure) {
        status = failure.exitStatus
        line = failure.line
    }

    /// The ending that a record announces; `nil` for records that announce none.
    package init?(_ record: ControlRecord) {
        switch record {
        case .exit(let code): self.init(status: Int32(code & 0xff))
        case .killed(let signal):
            let number = Int32(signal & 0x7f)
            self.init(
                status: 128 + number,
                line: "the program was killed by \(Host.signalName(number))")
        case .crash(let text):
            self.init(status: Self.crashStatus, line: Words.paragraph(text))
        case .refused(let text): self.init(status: 1, line: Words.line(text))
        case .log, .milestone, .attach, .stopped, .core, .report, .missing: return nil
        }
    }

    package static let crashStatus: Int32 = 70
    /// Whether `line` may be a crash screen.
    package var isCrash: Bool { status == Self.crashStatus }
    /// What a shell shows for a program that SIGPIPE killed.
    package static let brokenPipeStatus: Int32 = 128 + 13
    package static let silent = Ending(
        status: crashStatus, line: "the machine was powered off, and the kernel did not say why")
}

/// Text from the guest, made fit for a terminal: control characters become '?'.
package enum Words {
    private static let lineLimit = 1024

    package static func line(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(lineLimit).map { clean($0, "?") }, as: UTF8.self)
    }
    /// Text of several lines.
    package static func paragraph(_ bytes: [UInt8]) -> String {
        var text = bytes.map { $0 == 10 || $0 == 9 ? $0 : clean($0, "?") }
        while text.last == 10 { text.removeLast() }
        return String(decoding: text, as: UTF8.self)
    }
    private static func clean(_ byte: UInt8, _ replacement: Unicode.Scalar) -> UInt8 {
        byte < 0x20 || byte == 0x7f ? UInt8(ascii: replacement) : byte
    }
}
