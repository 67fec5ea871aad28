internal import LinuxHost

/// The kernel's words through the early console port, shown on standard error.
struct EarlyConsole {
    private var pending: [UInt8] = []
    private var shown = 0
    /// Words are shown when the machine ends, or when they are this many bytes.
    private static let lineLimit = 8192
    /// Puts names to the addresses of a crash that came before the control channel.
    var annotate: @Sendable (String) -> String = { $0 }
    /// A kernel that says more than this says nothing new.
    private static let totalLimit = 1 << 20

    mutating func append(_ bytes: [UInt8]) {
        guard shown + pending.count < Self.totalLimit else { return }
        pending += bytes
        // A crash screen comes in pieces and stays together; its end is the machine's.
        if pending.count >= Self.lineLimit { flush() }
    }

    mutating func flush() {
        guard !pending.isEmpty else { return }
        shown += pending.count
        Descriptor.standardError.writeLine("martlet: " + annotate(Words.paragraph(pending)))
        pending.removeAll(keepingCapacity: true)
        if shown >= Self.totalLimit {
            Descriptor.standardError.writeLine("martlet: the kernel's further words are dropped")
        }
    }
}
