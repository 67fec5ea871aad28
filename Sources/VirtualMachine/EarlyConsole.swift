internal import LinuxHost

/// The kernel's words through the early console port, shown on standard error.
package struct EarlyConsole {
    private var pending: [UInt8] = []
    private var shown = 0
    /// Words are shown when a line ends, or when they are this many bytes.
    private static let lineLimit = 4096
    /// Puts names to the addresses of a crash that came before the control channel.
    package var annotate: @Sendable (String) -> String = { $0 }

    package init() {}
    /// A kernel that says more than this says nothing new.
    private static let totalLimit = 1 << 16

    package mutating func append(_ bytes: [UInt8]) {
        guard shown + pending.count < Self.totalLimit else { return }
        pending += bytes
        if pending.last == UInt8(ascii: "\n") || pending.count >= Self.lineLimit { flush() }
    }

    package mutating func flush() {
        guard !pending.isEmpty else { return }
        shown += pending.count
        Descriptor.standardError.writeLine(annotate(Words.paragraph(pending)))
        pending.removeAll(keepingCapacity: true)
        if shown >= Self.totalLimit {
            Descriptor.standardError.writeLine("martlet: the kernel's further words are dropped")
        }
    }
}
