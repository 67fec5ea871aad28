package import LinuxABI
internal import Memory
internal import Scheduler

/// Who gets a signal when an open file becomes ready (fcntl(2), F_SETOWN, O_ASYNC).
package final class SignalDrive: WakeTarget {
    /// Whom F_SETOWN_EX names.
    package enum Owner: Int32, Sendable {
        case thread = 0
        case process = 1
        case group = 2
    }
    package var owner = Owner.process
    /// 0: nobody.
    package var identifier: Int32 = 0
    /// F_SETSIG; 0: SIGIO, which says nothing more.
    package var signal: Int32 = 0
    /// The descriptor by which signals were asked for.
    package var descriptor: Int32 = 0
    /// Sends the signal. It may refer to the process and so, by an open file, to this: the file's
    /// last release lets its drive go, which ends the circle.
    package var send: ((SignalDrive, Readiness) -> Void)?
    private let waiter = Waiter()
    private let wanted: Readiness

    init(of file: OpenFile) {
        var wanted: Readiness = []
        if file.flags.allowsReading { wanted.insert(.readable) }
        if file.flags.allowsWriting { wanted.formUnion([.writable, .progress]) }
        self.wanted = wanted
    }
    package func woken(by events: Readiness) -> Bool {
        let happened = events.intersection(wanted)
        guard !happened.isEmpty else { return false }
        send?(self, happened.contains(.readable) ? .readable : .writable)
        return true
    }
    fileprivate func start(on queue: WaitQueue) { queue.add(waiter, for: self) }
    func stop() { waiter.stop() }
}

extension OpenFile {
    /// The file's drive, made when it is first asked for. ENOMEM.
    package func makeDrive() throws(Errno) -> SignalDrive {
        if let drive { return drive }
        try KernelReserve.admit()
        let new = SignalDrive(of: self)
        drive = new
        return new
    }
    /// Whether the file can send signals: what has two ends.
    package var canSignal: Bool { node.kind == .pipe || node.kind == .socket }
    /// Begins or ends signals (O_ASYNC), where the file can send any.
    package func setSignalling(_ isOn: Bool) throws(Errno) {
        // Flags of other files do not show it either.
        guard canSignal, isOn != flags.contains(.asynchronous) else { return }
        if let queue = node.waiters {
            if isOn { try makeDrive().start(on: queue) } else { drive?.stop() }
        }
        if isOn { flags.insert(.asynchronous) } else { flags.remove(.asynchronous) }
    }
}
