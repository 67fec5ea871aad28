package import Base
package import Files
package import LinuxABI
internal import Hardware
package import NucleusInterface
package import Scheduler

/// Whose terminal it is: the session whose signals the keyboard sends.
package protocol TerminalOwner: AnyObject {
    var processGroup: Int32 { get }
    var session: Int32 { get }
    /// Sends a signal to the foreground process group.
    func raise(_ signal: Signal)
}

/// The machine's terminal (tty(4)): the console's input and one of its outputs, with a line
/// discipline between them and the program.
///
/// The host's terminal treats bytes itself until the program first wants input or other modes; then
/// the kernel asks the host to pass them on as they are, and does all of it here. So a program that
/// never reads leaves the host's terminal as it is.
package final class Terminal: CharacterDevice, WakeTarget {
    let discipline: LineDiscipline
    let console: ConsoleDriver
    private let records: ControlChannel
    /// Where it shows; `nil` where neither output is the terminal.
    let port: TransmitPort?
    package internal(set) var size: WindowSize
    package var owner: (any TerminalOwner)?
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
                if isAttached, discipline.room > 0 { discipline.receive(byte) }
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

    // MARK: The host's terminal

    private var isAttached: Bool { attachment == .attached }
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
        owner?.raise(.windowChange)
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
            let count = min(first.byteCount, discipline.room)
            guard count > 0 else { break }
            for index in 0..<count { discipline.receive(first.byte(at: index)) }
            input.drop(count)
        }
    }
    func sendSignals() {
        var raised = discipline.takeRaised()
        while let signal = raised.first {
            raised.remove(SignalSet(signal))
            owner?.raise(signal)
        }
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

    private var hasEnded: Bool {
        !hasKeyboard || (isInput && console.input.hasEnded)
    }

    package func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        attach()
        if discipline.modes.local.contains(.canonical) {
            try wait(blocking) { self.discipline.hasInput }
            return try copy(count, to: address)
        }
        return try readBytes(count, to: address, blocking)
    }

    /// Waits until input is there as `condition` wants it, or never will be. EAGAIN, or EINTR as
    /// `restart`.
    private func wait(_ blocking: Blocking, _ condition: () -> Bool) throws(Errno) {
        func isOver() -> Bool {
            console.poll()
            return condition() || hasEnded
        }
        guard !isOver() else { return }
        guard blocking == .blocking else { throw .tryAgain }
        let outcome = Wait.until(isOver)
        guard outcome != .interrupted else { throw .restart }
    }

    /// Input without lines: VMIN bytes, or what comes within VTIME (termios(3), "Canonical and
    /// noncanonical mode").
    private func readBytes(
        _ count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        let minimum = min(Int(discipline.modes[.minimum]), count)
        let time = Nanoseconds(rawValue: Int64(discipline.modes[.time]) * 100_000_000)
        console.poll()
        if blocking == .nonblocking || minimum == 0 && time == .zero {
            guard discipline.hasInput else {
                guard blocking == .blocking || hasEnded else { throw .tryAgain }
                return 0
            }
            return try copy(count, to: address)
        }
        guard time > .zero else {
            try wait(blocking) { self.discipline.readableCount >= minimum }
            return try copy(count, to: address)
        }
        if minimum > 0 { try wait(blocking) { self.discipline.hasInput } }
        while true {
            let before = discipline.readableCount
            if minimum > 0, before >= minimum { break }
            let outcome = Wait.until(deadline: Clock.monotonic() + time) {
                self.console.poll()
                return self.discipline.readableCount > before || self.hasEnded
            }
            if outcome == .interrupted, before == 0 { throw .restart }
            guard outcome == .ready, !hasEnded, minimum > 0 else { break }
        }
        return try copy(count, to: address)
    }

    /// Copies what is there to the program, a line at most where lines count.
    private func copy(_ count: Int, to address: VirtualAddress) throws(Errno) -> Int {
        // Room for what waits in the ring.
        defer { collectAndTell() }
        var done = 0
        while done < count, discipline.hasInput {
            var piece = InlineArray<256, UInt8>(repeating: 0)
            let portion: LineDiscipline.Portion
            do {
                var span = piece.mutableSpan
                var bytes = span.mutableRaw
                portion = discipline.peek(into: &bytes, limit: count - done)
            }
            if portion.byteCount > 0 {
                do throws(Errno) {
                    guard let target = address.advanced(by: UInt64(done)) else { throw .badAddress }
                    try ProgramMemory.copyOut(
                        piece.span.raw.extracting(first: portion.byteCount), to: target)
                } catch {
                    guard done > 0 else { throw error }
                    return done
                }
            }
            discipline.take(portion)
            done += portion.byteCount
            if portion.endsRead { break }
        }
        return done
    }

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
        func isOpen() -> Bool {
            console.poll()
            sendEchoes()
            return !discipline.isStopped && discipline.echoCount == 0 && port.isWritable
        }
        guard !isOpen() else { return }
        guard blocking == .blocking else { throw .tryAgain }
        let outcome = Wait.until(isOpen)
        guard outcome != .interrupted else { throw .restart }
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
    func collectAndTell() {
        collect()
        tellWaiters()
    }
    package var isReadable: Bool {
        attach()
        console.poll()
        if hasEnded { return true }
        guard !discipline.modes.local.contains(.canonical) else { return discipline.hasInput }
        let minimum = discipline.modes[.time] == 0 ? max(1, Int(discipline.modes[.minimum])) : 1
        return discipline.readableCount >= minimum
    }
    package var isWritable: Bool {
        guard let port else { return true }
        console.poll()
        return !discipline.isStopped && port.isWritable
    }
    package var isHungUp: Bool { hasEnded && !discipline.hasInput }
}
