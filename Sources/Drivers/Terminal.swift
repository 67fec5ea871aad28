package import Base
package import Files
package import LinuxABI
internal import Hardware
package import NucleusInterface
package import Scheduler

/// The machine's terminal (tty(4)): the console's input and one of its outputs, with a line
/// discipline between them and the program.
///
/// The host's terminal treats bytes itself until the program first wants input or other modes; then
/// the kernel asks the host to pass them on as they are, and does all of it here. So a program that
/// never reads leaves the host's terminal as it is.
package final class Terminal: ControllingTerminal, WakeTarget, JobTerminal {
    let discipline: LineDiscipline
    let console: ConsoleDriver
    private let records: ControlChannel
    /// Where it shows; `nil` where neither output is the terminal.
    let port: TransmitPort?
    package internal(set) var size: WindowSize
    /// It is the first process's session's from the start (console(4)).
    package let jobs = JobControl(DeviceNumber(major: 5, minor: 1))
    private var attachment: Attachment
    /// Whether standard input is the terminal.
    private let isInput: Bool
    /// Whether what is typed comes, by standard input or by records.
    private let hasKeyboard: Bool
    private let queue = WaitQueue()
    private let portWaiter = Waiter()
    /// What `tellWaiters` has told.
    private var told = (readableEnd: 0, hasEnded: false, isStopped: false)
    /// Bytes on their way out.
    private var staged = InlineArray<4096, UInt8>(repeating: 0)

    private enum Attachment {
        /// The host does all, for ever: there is no keyboard, or nowhere to echo to.
        case never
        case notYet
        case asked
        case attached
    }

    package init(
        _ console: ConsoleDriver, records: ControlChannel, _ description: TerminalDescription
    ) {
        self.console = console
        self.records = records
        let streams = description.streams
        port =
            streams.contains(.output)
            ? console.output : streams.contains(.error) ? console.error : nil
        let modes = description.modes
        discipline = LineDiscipline(TerminalModes(modes.span.raw))
        size = WindowSize(encoded: description.windowSize)
        isInput = streams.contains(.input)
        hasKeyboard = isInput || streams.contains(.keyboard)
        attachment =
            port == nil || !hasKeyboard ? .never : streams.contains(.isRaw) ? .attached : .notYet
        console.terminal = self
        port?.waiters.add(portWaiter, for: self)
        if !isInput {
            records.onKeyboard = { [self] byte in
                if isAttached, discipline.takesByte { discipline.receive(byte) }
            }
        }
        records.onTerminal = { [self] size, isAttached, shownCount in
            if isAttached, attachment == .asked {
                attachment = .attached
                discipline.skipEchoes(of: shownCount)
            }
            resize(to: size)
        }
    }

    package func instance(
        _ flags: OpenFlags, for credentials: Credentials
    ) throws(Errno) -> (any CharacterDevice)? { TerminalFile(self, flags) }
    var isGivenByOpen: Bool { false }

    // MARK: The host's terminal

    /// Whether keys come as bytes: until then the host makes signals of them itself.
    package var isAttached: Bool { attachment == .attached }
    /// Takes the host's terminal over, once.
    func attach() {
        guard attachment == .notYet else { return }
        port?.flush()
        attachment = .asked
        records.sendAttach()
        // A host that does not answer within a second leaves things as they are.
        let deadline = Clock.monotonic() + Nanoseconds(rawValue: 1_000_000_000)
        _ = Wait.until(deadline: deadline, interruptible: .never) { self.isAttached }
        if !isAttached { attachment = .never }
    }
    /// Notes another size; a change is SIGWINCH to who is in the foreground (tty_do_resize).
    func resize(to new: WindowSize) {
        guard new != size else { return }
        size = new
        jobs.raise(.windowChange)
    }
    /// The program was stopped or goes on.
    package func flush() {
        sendEchoes()
        port?.flush()
    }

    // MARK: Input

    /// Takes what came in and sends the signals that were typed. Never waits.
    func collect() {
        guard hasKeyboard, attachment != .notYet, attachment != .asked else { return }
        if isInput { takeInput() }
        sendSignals()
        sendEchoes()
    }
    private func takeInput() {
        let input = console.input
        input.collect()
        while let first = input.first {
            var count = 0
            while count < first.byteCount, discipline.takesByte {
                discipline.receive(first.byte(at: count))
                count += 1
            }
            guard count > 0 else { break }
            input.drop(count)
        }
    }
    func sendSignals() {
        var raised = discipline.takeRaised()
        while let signal = raised.first {
            raised.remove(SignalSet(signal))
            jobs.raise(signal)
        }
    }
    package func wasHungUp() {
        discipline.flushInput()
        queue.wake([.readable, .writable, .hungUp, .error])
    }
    private func sendEchoes() {
        guard discipline.echoCount > 0, let port else { return }
        discipline.sendEchoes { bytes in
            do throws(Errno) { return try port.write(bytes, .never) } catch {
                // A full port has room later; one that nobody reads never has.
                return error == .tryAgain ? 0 : bytes.byteCount
            }
        }
    }

    var hasEnded: Bool {
        !hasKeyboard || (isInput && console.input.hasEnded)
    }

    package func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        attach()
        return try readInput(count, to: address, blocking)
    }
    func lookForInput() { console.poll() }

    // MARK: Output

    package func write(
        count: Int, from address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        var done = 0
        while done < count {
            do throws(Errno) {
                var piece = InlineArray<512, UInt8>(repeating: 0)
                let size = min(512, count - done)
                do {
                    guard let source = address.advanced(by: UInt64(done)) else { throw .badAddress }
                    var span = piece.mutableSpan
                    var bytes = span.mutableRaw
                    var wanted = bytes._mutatingExtracting(first: size)
                    try ProgramMemory.copyIn(from: source, into: &wanted)
                }
                done += try show(piece.span.raw.extracting(first: size), blocking)
            } catch {
                guard done > 0 else { throw error }
                return done
            }
        }
        return done
    }
    package func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int {
        var done = 0
        while done < bytes.byteCount {
            let end = min(done + 512, bytes.byteCount)
            do throws(Errno) {
                done += try show(bytes.extracting(done..<end), blocking)
            } catch {
                guard done > 0 else { throw error }
                return done
            }
        }
        return done
    }

    /// Shows at most 512 bytes, which are 4096 at most once they are expanded.
    private func show(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int {
        guard let port else { return bytes.byteCount }
        try waitForOutput(port, blocking)
        var length = 0
        for index in 0..<bytes.byteCount {
            let byte = bytes.byte(at: index)
            let expansion = discipline.expand(byte)
            if isAttached {
                for place in 0..<expansion.count { staged[length + place] = expansion[place] }
                length += expansion.count
            } else {
                staged[length] = byte
                length += 1
            }
        }
        var sent = 0
        while sent < length {
            // What is expanded has to go out whole: a part of it is no count of the program's bytes.
            sent += try port.write(
                staged.span.raw.extracting(sent..<length),
                sent == 0 && blocking == .nonblocking ? .never : .forEver)
        }
        return bytes.byteCount
    }
    private func waitForOutput(_ port: TransmitPort, _ blocking: Blocking) throws(Errno) {
        let before = jobs.hangUpCount
        func isOpen() -> Bool {
            console.poll()
            sendEchoes()
            if before != jobs.hangUpCount { return true }
            return !discipline.isStopped && discipline.echoCount == 0 && port.isWritable
        }
        guard !isOpen() else { return }
        guard blocking == .blocking else { throw .tryAgain }
        let outcome = Wait.until(isOpen)
        guard outcome != .interrupted else { throw .restart }
        guard before == jobs.hangUpCount else { throw .inputOutput }
    }

    // MARK: Readiness

    package var waiters: WaitQueue? { queue }
    /// The port has room, or its end came.
    package func woken(by events: Readiness) -> Bool {
        queue.wake(events)
        return true
    }
    /// Wakes who waits, where there is more to read than when this was called last, the end, or output
    /// that goes on.
    func tellWaiters() {
        let now = (
            readableEnd: discipline.readableEnd, hasEnded: hasEnded,
            isStopped: discipline.isStopped
        )
        var events: Readiness = []
        if now.readableEnd > told.readableEnd { events.insert(.readable) }
        if now.hasEnded, !told.hasEnded { events.formUnion([.readable, .hungUp]) }
        if told.isStopped, !now.isStopped { events.insert(.writable) }
        told = now
        if !events.isEmpty { queue.wake(events) }
    }
    func inputTaken() { collectAndTell() }
    var inputSource: Wait.Source { .anything }
    func collectAndTell() {
        collect()
        tellWaiters()
    }
    package var isReadable: Bool {
        attach()
        console.poll()
        if hasEnded { return true }
        return discipline.isReadable
    }
    package var isWritable: Bool {
        guard let port else { return true }
        console.poll()
        return !discipline.isStopped && port.isWritable
    }
    package var isHungUp: Bool { hasEnded && !discipline.hasInput }
}
