import Base
import LinuxABI
import LinuxHost
import NucleusInterface
import Wire

/// The terminal that the tool was started on, as the program is to find it.
struct TerminalSetting {
    private let streams: TerminalDescription.Streams
    let modes: TerminalModes
    /// The first of the streams that are the terminal.
    let descriptor: Descriptor
    private let windowSize: UInt64

    /// Looks at the standard streams; `nil` where none is a terminal.
    init?() {
        var streams: TerminalDescription.Streams = []
        var first: (Descriptor, TerminalModes)?
        var windowSize: UInt64 = 0
        for (descriptor, stream) in [
            (Descriptor.standardInput, TerminalDescription.Streams.input),
            (.standardOutput, .output), (.standardError, .error),
        ] {
            guard let found = HostTerminal.modes(of: descriptor) else { continue }
            if first == nil {
                first = (descriptor, found)
                windowSize = HostTerminal.windowSize(of: descriptor)
            }
            streams.insert(stream)
        }
        guard let first else { return nil }
        if !streams.contains(.input) { streams.insert(.keyboard) }
        self.streams = streams
        (descriptor, modes) = first
        self.windowSize = windowSize
    }

    /// Whether the program may take the terminal over: who types there sees what he typed.
    var isShared: Bool { !streams.isDisjoint(with: [.output, .error]) }

    /// Tells the kernel of the terminal, and the program of its kind, as far as nobody said another.
    func describe(to commandLine: inout CommandLine) {
        var bytes = InlineArray<36, UInt8>(repeating: 0)
        for (index, byte) in modes.bytes.enumerated() { bytes[index] = byte }
        let description = TerminalDescription(
            streams: streams, windowSize: windowSize, modes: bytes)
        commandLine.terminal = (0..<TerminalDescription.digitCount).map { description.digit($0) }
        let prefix = Array("TERM=".utf8)
        guard !commandLine.environment.contains(where: { $0.starts(with: prefix) }) else { return }
        let kind = ThisProcess.environment.last { $0.starts(with: prefix) }
        if let kind { commandLine.environment.append(kind) }
    }
}
