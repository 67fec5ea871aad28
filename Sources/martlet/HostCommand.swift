import Images
import LinuxABI
import LinuxHost

/// A command of the host that ran to its end, and what it said on both of its outputs.
struct HostCommand {
    let succeeded: Bool
    private let bytes: [UInt8]
    /// Without empty ones.
    var lines: [[UInt8]] { bytes.split(separator: 0x0a).map { Array($0) } }

    /// Runs a command by its path; it can read nothing.
    init(running words: [String]) throws(ImageFailure) {
        let output = try attempt(Array(words[0].utf8), "has no place for its words") {
            () throws(Errno) in try OwnedDescriptor.memoryFile(named: "output")
        }
        let end = try attempt(Array(words[0].utf8), "cannot be run") { () throws(Errno) in
            try ChildProcess(
                words[0], arguments: words.map { Array($0.utf8) }, descriptors: [],
                output: output.borrowed
            ).wait()
        }
        succeeded = end == .exited(status: 0)
        bytes = (try? output.borrowed.contents(from: 0, atMost: 1 << 20)) ?? []
    }
    /// Shows what it said.
    func show() { Descriptor.standardError.writeAll(bytes) }
}
