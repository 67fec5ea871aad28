internal import Base
internal import Hardware
package import LinuxABI
package import NucleusInterface
internal import Scheduler
internal import Trace

/// The machine's records to its VMM and back, on a console port of their own.
///
/// Exists before the port does: until `attach`, records gather in a backlog of fixed size. Records
/// that nobody waits for (milestones) stay there until another one goes out, which saves doorbells.
package final class ControlChannel: LogSink {
    private static let backlogCapacity = 4096
    private var backlog = InlineArray<4096, UInt8>(repeating: 0)
    private var backlogByteCount = 0
    /// Records that the backlog had no room for.
    private var droppedCount = 0
    private var output: TransmitPort?
    private var input: ReceivePort?
    private var incoming = IncomingRecord()
    /// Told of a signal that the host sends to the program.
    package var onSignal: ((Int32) -> Void)?
    /// Told where standard input ends, in bytes from its start.
    var onInputEnd: ((UInt64) -> Void)?
    /// Whether the host is asked for the time of day: no boot record of a VMM's had it.
    package var wantsClock = false
    /// When the host was asked for the time of day, and what it answered.
    private var clockRequest: Nanoseconds?
    private var hasClock = false
    /// Told of the size of the host's terminal, whether it passes bytes on as they are, and how many
    /// of those that come it showed already.
    package var onTerminal: ((WindowSize, _ isAttached: Bool, _ shownCount: Int) -> Void)?
    /// Told of each byte that was typed where standard input is not the terminal.
    package var onKeyboard: ((UInt8) -> Void)?
    /// Told that the host asks where the program's threads are.
    package var onReport: (() -> Void)?
    /// Told that the host goes on after the program was stopped.
    package var onResume: (() -> Void)?

    package init() {}

    /// Takes the port over and sends the backlog.
    func attach(output: TransmitPort, input: ReceivePort) {
        self.output = output
        self.input = input
        if droppedCount > 0 { Log.warning("log: lines before the console was up are lost") }
        sendBacklog()
    }

    /// Asks the host for the time of day with the next record; the answer sets the clock.
    func requestClock() {
        clockRequest = Clock.monotonic()
        reach(.consoleReady)
    }
    /// Looks for the answer, and waits until it is 0.1 ms late: loading a program takes longer, and a
    /// host that is not ours never answers. One that comes later sets the clock then.
    package func awaitClock() {
        guard let clockRequest else { return }
        let limit = clockRequest + Nanoseconds(rawValue: 100_000)
        repeat { _ = poll() } while !hasClock && Clock.monotonic() < limit
    }

    // MARK: Out

    /// Notes that the start came to a point; goes out with the next record.
    package func reach(_ milestone: NucleusInterface.Milestone) {
        reach(milestone, at: TimeStampCounter.read())
    }
    /// The same of an earlier reading of the counter.
    package func reach(_ milestone: NucleusInterface.Milestone, at timeStamp: UInt64) {
        var payload = InlineArray<16, UInt8>(repeating: 0)
        var span = payload.mutableSpan
        var bytes = span.mutableRaw
        bytes.storeLittleEndian(milestone.rawValue, at: 0)
        bytes.storeLittleEndian(UInt32(clamping: Clock.frequency / 1000), at: 4)
        bytes.storeLittleEndian(timeStamp, at: 8)
        keep(.milestone, prefix: nil, payload.span.raw)
    }
    /// Sends a line of the log; before the port is up it is kept, as far as there is room.
    package func write(_ line: RawSpan, level: NucleusInterface.LogLevel) {
        guard output != nil else { return keep(.log, prefix: level.rawValue, line) }
        send(.log, prefix: level.rawValue, line)
    }
    /// Sends the program's end.
    package func sendExit(status: Int32) {
        send(.exit, UInt32(bitPattern: status))
    }
    /// Sends the signal that killed the program.
    package func sendKilled(by signal: Int32) {
        send(.killed, UInt32(bitPattern: signal))
    }
    /// Sends a line that says why the program could not be started.
    package func sendRefused(_ line: RawSpan) { send(.refused, prefix: nil, line) }
    /// Asks for the terminal's input as it is.
    func sendAttach() { send(.attach, prefix: nil, RawSpan()) }
    /// Sends the signal that stopped the program.
    package func sendStopped(by signal: Int32) { send(.stopped, UInt32(bitPattern: signal)) }
    /// Sends the text of the crash screen, cut where it is longer than a record may be.
    package func sendCrash(_ text: RawSpan) {
        let limit = NucleusInterface.Control.maximumPayload
        send(.crash, prefix: nil, text.extracting(first: min(text.byteCount, limit)))
    }
    /// Sends bytes of a core file. Precondition: with their offset they fit into a record.
    package func sendCore(_ bytes: RawSpan, at offset: UInt64) {
        sendBacklog()
        guard let output else { return }
        var written = RecordWriter(output)
        let count = UInt32(truncatingIfNeeded: 8 + bytes.byteCount)
        written.append(
            UInt64(NucleusInterface.Control.core.rawValue) | UInt64(count) << 32)
        written.append(offset)
        written.append(bytes)
        written.finish()
    }
    /// Sends what the host asked for.
    package func sendReport(_ text: RawSpan) { send(.report, prefix: nil, text) }
    /// Sends the path of a file that the program looked for in vain.
    package func sendMissing(_ path: RawSpan) { send(.missing, prefix: nil, path) }
    /// Waits until the VMM has taken all records.
    package func flush() {
        sendBacklog()
        guard let output else { return }
        while !output.isDrained { CPU.pause() }
    }

    private func send(_ kind: NucleusInterface.Control, _ value: UInt32) {
        var payload = InlineArray<4, UInt8>(repeating: 0)
        var span = payload.mutableSpan
        var bytes = span.mutableRaw
        bytes.storeLittleEndian(value, at: 0)
        send(kind, prefix: nil, payload.span.raw)
    }
    private func send(_ kind: NucleusInterface.Control, prefix: UInt8?, _ payload: RawSpan) {
        sendBacklog()
        guard let output else { return keep(kind, prefix: prefix, payload) }
        var written = RecordWriter(output)
        written.append(header(kind, prefix: prefix, payload))
        if let prefix { written.append(byte: prefix) }
        written.append(payload)
        written.finish()
    }
    private func sendBacklog() {
        guard backlogByteCount > 0, let output else { return }
        var written = RecordWriter(output)
        written.append(backlog.span.raw.extracting(first: backlogByteCount))
        backlogByteCount = 0
        written.finish()
    }
    private func header(
        _ kind: NucleusInterface.Control, prefix: UInt8?, _ payload: RawSpan
    ) -> UInt64 {
        let count = payload.byteCount + (prefix == nil ? 0 : 1)
        return UInt64(kind.rawValue) | UInt64(UInt32(truncatingIfNeeded: count)) << 32
    }
    private func keep(_ kind: NucleusInterface.Control, prefix: UInt8?, _ payload: RawSpan) {
        let size = NucleusInterface.Control.headerSize + (prefix == nil ? 0 : 1) + payload.byteCount
        guard size <= Self.backlogCapacity - backlogByteCount else {
            droppedCount += 1
            return
        }
        var span = backlog.mutableSpan
        var bytes = span.mutableRaw
        bytes.storeLittleEndian(header(kind, prefix: prefix, payload), at: backlogByteCount)
        var at = backlogByteCount + NucleusInterface.Control.headerSize
        if let prefix {
            bytes.storeLittleEndian(prefix, at: at)
            at += 1
        }
        for index in 0..<payload.byteCount {
            bytes.storeLittleEndian(payload.byte(at: index), at: at + index)
        }
        backlogByteCount += size
    }

    // MARK: In

    /// Handles the host's records; returns whether there were any.
    func poll() -> Bool {
        guard let input else { return false }
        input.collect()
        var any = false
        while let first = input.first {
            any = true
            for index in 0..<first.byteCount {
                guard incoming.append(first.byte(at: index)) else { continue }
                handle()
            }
            input.drop(first.byteCount)
        }
        return any
    }
    private func handle() {
        switch NucleusInterface.HostControl(rawValue: incoming.kind) {
        case .signal:
            if let signal = incoming.word, (1...64).contains(signal) { onSignal?(Int32(signal)) }
        case .inputEnd:
            if let count = incoming.doubleWord { onInputEnd?(count) }
        case .clock:
            guard let time = incoming.doubleWord, let time = Int64(exactly: time),
                let clockRequest, !hasClock
            else { break }
            hasClock = true
            // What passed since the question counts as the way there: the host answered it at once.
            Clock.setRealtime(
                Nanoseconds(rawValue: time) + (Clock.monotonic() - clockRequest))
        case .terminal:
            guard let state = incoming.terminal else { break }
            onTerminal?(
                WindowSize(encoded: state.size), state.flags & 1 != 0, Int(state.shownCount))
        case .resume: onResume?()
        case .report: onReport?()
        case .keyboard:
            for index in 0..<incoming.keptCount { onKeyboard?(incoming.byte(index)) }
        case nil: break
        }
        incoming = IncomingRecord()
    }
}

/// Fills slots of a port with records, several in a slot.
///
/// It spins for a slot: the VMM always takes records, and a log line may come from where nothing may
/// wait.
private struct RecordWriter {
    private let output: TransmitPort
    private var slot: DMABuffer?
    private var used = 0

    init(_ output: TransmitPort) { self.output = output }

    @inline(never)
    mutating func append(_ bytes: RawSpan) {
        var done = 0
        while done < bytes.byteCount {
            guard let slot = room() else { return }
            let count = min(slot.byteCount - used, bytes.byteCount - done)
            slot.write(bytes.extracting(done..<done + count), at: used)
            used += count
            done += count
        }
    }
    mutating func append(byte: UInt8) {
        var one = InlineArray<1, UInt8>(repeating: byte)
        one[0] = byte
        append(one.span.raw)
    }
    mutating func append(_ header: UInt64) {
        var word = InlineArray<8, UInt8>(repeating: 0)
        var span = word.mutableSpan
        var bytes = span.mutableRaw
        bytes.storeLittleEndian(header, at: 0)
        append(word.span.raw)
    }
    /// The slot being filled, with at least one byte of room; `nil` where the port is broken.
    private mutating func room() -> DMABuffer? {
        if let slot, used < slot.byteCount { return slot }
        finish()
        while !output.hasFailed {
            if let free = output.freeSlot() {
                slot = free
                return free
            }
            CPU.pause()
        }
        return nil
    }
    mutating func finish() {
        guard let slot, used > 0 else { return }
        output.send(slot, count: used)
        self.slot = nil
        used = 0
    }
}

/// A record of the host as its bytes come in; of a long one only the first bytes are kept.
private struct IncomingRecord {
    private(set) var kind: UInt32 = 0
    private var byteCount: UInt32 = 0
    private var payload = InlineArray<64, UInt8>(repeating: 0)
    private var received: UInt64 = 0

    /// Takes a byte; returns whether the record is complete.
    mutating func append(_ byte: UInt8) -> Bool {
        switch received {
        case 0..<4: kind |= UInt32(byte) << UInt32(received * 8)
        case 4..<8: byteCount |= UInt32(byte) << UInt32((received - 4) * 8)
        case let position where position < 72: payload[Int(position - 8)] = byte
        default: break
        }
        received += 1
        return received >= 8 && received - 8 >= UInt64(byteCount)
    }
    /// Bytes of the payload that were kept.
    var keptCount: Int { Int(min(byteCount, UInt32(payload.count))) }
    func byte(_ index: Int) -> UInt8 { payload[index] }
    /// The payload of `HostControl.terminal`; `nil` where it has too few bytes.
    var terminal: (size: UInt64, flags: UInt32, shownCount: UInt32)? {
        guard byteCount >= 16 else { return nil }
        let bytes = payload.span.raw
        return (
            bytes.littleEndian(UInt64.self, at: 0), bytes.littleEndian(UInt32.self, at: 8),
            bytes.littleEndian(UInt32.self, at: 12)
        )
    }
    /// The payload's first four bytes, `nil` where it has fewer.
    var word: UInt32? {
        guard byteCount >= 4 else { return nil }
        return payload.span.raw.littleEndian(UInt32.self, at: 0)
    }
    /// The payload's first eight bytes, `nil` where it has fewer.
    var doubleWord: UInt64? {
        guard byteCount >= 8 else { return nil }
        return payload.span.raw.littleEndian(UInt64.self, at: 0)
    }
}
