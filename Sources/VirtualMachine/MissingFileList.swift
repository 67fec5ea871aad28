package import LinuxHost
internal import Synchronization

/// Paths of files that the program looked for in vain, for who waits at the other end of a connection and
/// may look whether the host has them, as this process no longer may.
package final class MissingFileList: Sendable {
    /// Bytes that are kept: more than the kernel sends, and less than a connection takes at once.
    private static let capacity = 64 << 10
    private let connection: Descriptor
    private let paths = Mutex<[UInt8]>([])

    package init(connection: Descriptor) { self.connection = connection }

    /// Keeps a path; drops what there is no room for, and what is none.
    func add(_ path: [UInt8]) {
        guard !path.isEmpty, !path.contains(0) else { return }
        paths.withLock { paths in
            guard paths.count + path.count < Self.capacity else { return }
            paths += path + [0]
        }
    }
    /// Sends all, each ended by a NUL, with one more at the end; waits until they were dealt with, for two
    /// seconds at most.
    package func handOver() {
        let bytes = paths.withLock { $0 + [0] }
        guard (try? connection.write(all: bytes)) != nil else { return }
        var poll = Poll()
        poll.add(connection, .readable)
        poll.wait(milliseconds: 2000)
    }
}
