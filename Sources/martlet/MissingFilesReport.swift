import Images
import LinuxABI
import LinuxHost

/// What `martlet run -v` says of files that the program looked for in vain though the host has them.
///
/// The VMM has no right to look at the host's files once the guest runs: it hands the paths to a process that
/// was started beside it.
enum MissingFilesReport {
    /// The word that makes this program that process.
    static let word = Array("report-missing-files".utf8)
    /// Where the connection to the VMM is there.
    private static let connection = Descriptor(rawValue: 3)
    /// What the library OS has itself, and what the tool does instead of the dynamic linker.
    private static let ownFolders = ["/proc", "/sys", "/dev"].map { Array($0.utf8) }
    private static let ownFiles = ["/etc/ld.so.cache", "/etc/ld.so.preload"].map { Array($0.utf8) }

    /// Starts that process; returns the VMM's end of the connection, open in the next program too.
    static func start() throws(Errno) -> Descriptor {
        let pair = try SocketPair()
        try pair.own.borrowed.keepOpenInNextProgram()
        _ = try ChildProcess(
            "/proc/self/exe", arguments: [Array("martlet".utf8), word],
            descriptors: [pair.peer.borrowed], output: .standardError)
        let (own, peer) = pair.leak()
        // The VMM is to see that the other process has ended.
        Host.close(peer)
        return own
    }

    /// Reads paths, each ended by a NUL, up to an empty one; says which of them the host has.
    static func run() -> Int32 {
        var bytes: [UInt8] = []
        while bytes.last != 0 || (bytes.count > 1 && bytes[bytes.count - 2] != 0) {
            Poll.wait(for: connection, .readable)
            guard let more = try? connection.read(atMost: 65536), !more.isEmpty else { return 0 }
            bytes += more
        }
        for line in lines(of: bytes.split(separator: 0).map { Array($0) }, isThere: isHere) {
            Descriptor.standardError.writeLine("martlet: \(line)")
        }
        return 0
    }
    private static func isHere(_ path: [UInt8]) -> Bool {
        (try? Host.status(of: path, .follow)) != nil
    }

    /// The report in lines; none where nothing is missing.
    static func lines(of paths: [[UInt8]], isThere: ([UInt8]) -> Bool) -> [String] {
        var seen = Set<[UInt8]>()
        let missing = paths.filter { path in
            !ownFiles.contains(path)
                && !ownFolders.contains { path == $0 || path.starts(with: $0 + [0x2f]) }
                && isThere(path) && seen.insert(path).inserted
        }
        guard !missing.isEmpty else { return [] }
        let first =
            "the program looked for files that the host has and its image lacks; to add them:"
        return [first]
            + missing.map { path in
                path.contains(UInt8(ascii: ":"))
                    ? "  \(ImageFailure.text(path)), which has a colon: name a folder above it"
                    : "  --file \(shellWord(path))"
            }
    }
    /// A path as a shell reads it.
    private static func shellWord(_ path: [UInt8]) -> String {
        let text = ImageFailure.text(path)
        let plain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/._-+,@%=".utf8.contains(byte)
            }
        }
        return plain
            ? text
            : "'"
                + text.split(separator: "'", omittingEmptySubsequences: false)
                .joined(separator: "'\\''") + "'"
    }
}
