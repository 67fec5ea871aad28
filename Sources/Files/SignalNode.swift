internal import Base
package import LinuxABI
internal import Memory
package import Scheduler

/// Where signals that wait for a process can be taken.
package protocol SignalSource: AnyObject {
    /// Signals that wait, blocked or not.
    var waiting: SignalSet { get }
    /// Takes the next signal of a set out.
    func take(of wanted: SignalSet) -> SignalInformation?
    /// Who is told of each signal that comes.
    var arrivals: WaitQueue { get }
}

/// Signals to be read from a file (signalfd(2)).
package final class SignalNode: AnonymousNode {
    private let source: any SignalSource
    /// The signals that it takes.
    package private(set) var wanted: SignalSet
    /// sizeof(struct signalfd_siginfo)
    private static let size = 128

    init(in fileSystem: FileSystem, _ source: any SignalSource, _ wanted: SignalSet) {
        self.source = source
        self.wanted = wanted.subtracting(.unblockable)
        super.init(in: fileSystem)
    }
    /// Changes the signals that it takes.
    package func setWanted(_ signals: SignalSet) {
        wanted = signals.subtracting(.unblockable)
        source.arrivals.wake()
    }
    package override var waiters: WaitQueue? { source.arrivals }
    private var isReadable: Bool { !source.waiting.isDisjoint(with: wanted) }

    package override func receive(
        into bytes: inout MutableRawSpan, _ blocking: Blocking
    ) throws(Errno) -> Int {
        let room = bytes.byteCount / Self.size
        guard room > 0 else { throw .invalidArgument }
        if !isReadable {
            guard blocking == .blocking else { throw .tryAgain }
            guard Wait.until(on: .queue(source.arrivals), { self.isReadable }) == .ready else {
                throw .restart
            }
        }
        var done = 0
        while done < room, let information = source.take(of: wanted) {
            var record = bytes._mutatingExtracting((done * Self.size)..<(done + 1) * Self.size)
            information.writeRecord(to: &record)
            done += 1
        }
        return done * Self.size
    }
    package override var canWrite: Bool { false }
    override func readiness(_ file: OpenFile) -> Readiness { isReadable ? [.readable] : [] }
}

extension FileContext {
    /// Makes a file that gives the signals of a set, as signalfd4(2). ENOMEM.
    package func openSignals(
        of source: any SignalSource, _ wanted: SignalSet, _ flags: OpenFlags
    ) throws(Errno) -> OpenFile {
        try KernelReserve.admit()
        let node = SignalNode(in: root.node.fileSystem.anonymous, source, wanted)
        return try open(node, "anon_inode:[signalfd]", flags)
    }
}
