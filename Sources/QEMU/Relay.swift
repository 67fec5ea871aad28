// The relay: one loop that passes bytes between QEMU's channels and this process's standard streams,
// reads the control channel's records, and hands signals on.
//
// It sleeps in poll(2), reads only what its target has taken the last of, and ends when QEMU has
// ended and everything that came out of the machine is out.
internal import DeviceModels
internal import KVM
internal import LinuxABI
internal import LinuxHost
internal import NucleusInterface
internal import VirtualMachine

struct Relay: ~Copyable {
    private let emulator: Emulator
    private let clock: MachineClock
    private let sockets: [Descriptor]
    private let words: Descriptor
    private let signals: ForwardedSignals
    private let terminal: HostTerminal?
    private var records: RecordReader
    private var parser = ControlParser()
    private var early: EarlyConsole
    private let input = InputStream(.standardInput)
    private let outputs = [OutputStream(.standardOutput), OutputStream(.standardError)]
    private var inputPump = Pump(chunk: 4096)
    private var outputPumps = [Pump(chunk: 64 << 10), Pump(chunk: 64 << 10)]
    /// Records for the guest that did not fit into the socket yet.
    private var outgoing: ArraySlice<UInt8> = []
    private var hasToldEnd = false
    private var hasHeardGuest = false
    private var ended: Set<Int> = []
    private var lastSignal: Int64?
    private var signalCount = 0
    /// What QEMU itself said, for the line that tells why it failed.
    private(set) var complaint: [UInt8] = []
    private var poll = Poll()

    init(
        _ emulator: Emulator, _ clock: MachineClock, sockets: [Descriptor], words: Descriptor,
        signals: consuming ForwardedSignals,
        terminal: HostTerminal?, _ reporting: Machine.Reporting
    ) {
        self.emulator = emulator
        self.clock = clock
        self.terminal = terminal
        self.sockets = sockets
        self.words = words
        self.signals = signals
        records = RecordReader(reporting)
        early = EarlyConsole()
        early.annotate = reporting.annotate
    }

    private func socket(_ channel: Channel) -> Descriptor { sockets[channel.rawValue] }

    /// Relays until QEMU ended and all is out; returns how the machine ended.
    mutating func run(_ child: consuming ChildProcess) -> Ending {
        do throws(MachineFailure) {
            while true {
                let hasEnded = wait(child.descriptor.borrowed)
                try serve()
                if let ending = outputFailure() ?? handleSignals() ?? guardianEnding() {
                    child.kill()
                    return ending
                }
                guard hasEnded, isDrained else { continue }
                early.flush()
                return ending(child.wait())
            }
        } catch {
            child.kill()
            return Ending(error)
        }
    }

    // MARK: Waiting

    /// Waits for something to do; returns whether QEMU has ended.
    private mutating func wait(_ child: Descriptor) -> Bool {
        poll.removeAll()
        if !isChildGone { poll.add(child, .readable) }
        poll.add(signals.descriptor.borrowed, .readable)
        if !ended.contains(-1) { poll.add(words, .readable) }
        for channel in [Channel.control, .early, .input] where !ended.contains(channel.rawValue) {
            var events: Poll.Events = .readable
            if channel == .input, hasHeardGuest, !inputPump.isEmpty { events.insert(.writable) }
            if channel == .control, hasHeardGuest, !outgoing.isEmpty { events.insert(.writable) }
            poll.add(socket(channel), events)
        }
        if takesInput, inputPump.isEmpty, terminal?.letsInputBeRead ?? true {
            poll.add(input.descriptor, .readable)
        }
        if let guardian = terminal?.guardian { poll.add(guardian, .readable) }
        let keyboard = outgoing.isEmpty ? terminal?.keyboard : nil
        if let keyboard { poll.add(keyboard, .readable) }
        for (index, channel) in [Channel.output, .error].enumerated() {
            if !outputPumps[index].isEmpty {
                poll.add(outputs[index].descriptor, .writable)
            } else if !outputPumps[index].hasEnded {
                poll.add(socket(channel), .readable)
            }
        }
        // Nothing tells that the shell gave the terminal back to a job that it let run on.
        let isAway = terminal.map { $0.isAttached && !$0.isReadable } ?? false
        poll.wait(milliseconds: isAway ? HostTerminal.lookingInterval : nil)
        if isAway { terminal?.enterAnew() }
        isInputReady = !poll.ready(input.descriptor).isEmpty
        if let keyboard, !poll.ready(keyboard).isEmpty, let terminal {
            let typed = terminal.readKeyboard(atMost: HostRecord.keyboardLimit)
            if !typed.isEmpty { tell(.keyboard(typed)) }
        }
        isChildGone = isChildGone || !poll.ready(child).isEmpty
        return isChildGone
    }
    private var isInputReady = false
    /// Its end stays readable, and would keep poll(2) from sleeping.
    private var isChildGone = false

    /// Nothing more comes out of the machine, and all that came is out.
    private var isDrained: Bool {
        ended.contains(Channel.control.rawValue) && ended.contains(Channel.early.rawValue)
            && outputPumps.allSatisfy { $0.hasEnded && $0.isEmpty }
    }

    // MARK: Bytes

    private mutating func serve() throws(MachineFailure) {
        for (index, channel) in [Channel.output, .error].enumerated() {
            let stream = outputs[index]
            outputPumps[index].read(from: socket(channel))
            outputPumps[index].write { stream.write($0) }
        }
        if let bytes = read(words, -1) {
            complaint = (complaint + bytes).suffix(Self.complaintLimit)
        }
        for channel in [Channel.early, .input] {
            // The way out of the input's channel carries the kernel's first words on q35.
            if let bytes = read(socket(channel), channel.rawValue) { early.append(bytes) }
        }
        if let bytes = read(socket(.control), Channel.control.rawValue) { try take(bytes) }
        // Behind the guest's records: its first one is what input, and an end without any, wait for.
        serveInput()
        sendOutgoing()
    }
    private static let complaintLimit = 4096

    /// What is read and not taken is lost to who reads standard input behind this machine.
    private var takesInput: Bool {
        !inputPump.hasEnded && !isChildGone && !ended.contains(Channel.input.rawValue)
    }
    private mutating func serveInput() {
        if isInputReady || input.neverWaits, takesInput {
            inputPump.read(from: input.descriptor)
        }
        isInputReady = false
        // A serial port drops what comes before its driver is there.
        guard hasHeardGuest else { return }
        let target = socket(.input)
        inputPump.write { target.send($0) }
        if inputPump.hasEnded, inputPump.isEmpty, !hasToldEnd {
            hasToldEnd = true
            tell(.inputEnd(byteCount: inputPump.byteCount))
        }
    }

    /// What a channel has; `nil` where that is nothing.
    private mutating func read(_ source: Descriptor, _ index: Int) -> [UInt8]? {
        guard !ended.contains(index) else { return nil }
        do {
            let bytes = try source.read(atMost: 64 << 10)
            if bytes.isEmpty { ended.insert(index) }
            return bytes.isEmpty ? nil : bytes
        } catch .tryAgain {
            return nil
        } catch .interrupted {
            return nil
        } catch {
            ended.insert(index)
            return nil
        }
    }

    // MARK: Records

    private mutating func take(_ bytes: [UInt8]) throws(MachineFailure) {
        var new: [ControlRecord] = []
        do throws(GuestFault) { try parser.append(bytes, to: &new) } catch {
            throw .guest(error.line)
        }
        hasHeardGuest = true
        alignTimeline(new)
        for record in new {
            if case .milestone(NucleusInterface.Milestone.consoleReady.rawValue, _, _) = record {
                tell(.clock(clock.now()))
            }
            switch record {
            case .attach: tellTerminal(shownCount: terminal?.attach() ?? 0)
            case .stopped(let signal): stop(by: signal)
            default:
                do throws(GuestFault) { try records.handle(record) } catch {
                    throw .guest(error.line)
                }
            }
        }
        guard outgoing.count <= Self.outgoingLimit else {
            throw .guest("the kernel asks and does not take the answers")
        }
    }
    private static let outgoingLimit = 64 << 10

    // MARK: The terminal

    private mutating func tell(_ record: HostRecord) {
        outgoing += record.bytes
        sendOutgoing()
    }
    private mutating func tellTerminal(shownCount: UInt32 = 0) {
        guard let terminal else { return }
        tell(terminal.record(shownCount: shownCount))
    }
    /// Stops this process as the program was stopped.
    private mutating func stop(by signal: UInt32) {
        Host.stop(with: terminal, by: signal)
        tellTerminal()
        tell(.resume)
    }
    /// What there is to do when the process beside this one is gone.
    private func guardianEnding() -> Ending? {
        guard let guardian = terminal?.guardian, !poll.ready(guardian).isEmpty else { return nil }
        return Ending(status: 128 + Signal.kill.rawValue)
    }

    /// The guest's counter against ours: the last milestone of what came first was just now.
    private mutating func alignTimeline(_ new: [ControlRecord]) {
        guard let timeline = records.timeline, !timeline.isAligned else { return }
        for record in new.reversed() {
            guard case .milestone(_, let timeStamp, let kilohertz) = record else { continue }
            // An x86-64 guest on this host reads the host's counter, which needs no measuring.
            records.timeline = timeline.aligned(
                guest: timeStamp, kilohertz: emulator == .x86_64 ? 0 : kilohertz,
                host: HostClock.timeStamp)
            return
        }
    }

    private mutating func sendOutgoing() {
        while hasHeardGuest, !outgoing.isEmpty {
            guard case .success(let count) = socket(.control).send(outgoing) else { return }
            outgoing = outgoing.dropFirst(count)
        }
    }

    // MARK: Ending

    /// Whether the machine must stop now, whatever it does.
    private func outputFailure() -> Ending? {
        guard let failure = outputPumps[0].failure else { return nil }
        // As a process that writes to a pipe without a reader: ended by SIGPIPE, without a word.
        if failure == .inputOutput, terminal != nil {
            return Ending(status: 128 + Signal.hangUp.rawValue)
        }
        if failure == .brokenPipe { return Ending(status: Ending.brokenPipeStatus) }
        return Ending(.host("standard output", failure))
    }

    private func ending(_ end: ChildProcess.End) -> Ending {
        if let announced = records.announced { return announced }
        switch end {
        case .exited(status: 0): return .silent
        case .exited(let status):
            let said = Words.line(lastLine)
            return Ending(
                .host("QEMU ended with status \(status)\(said.isEmpty ? "" : ": \(said)")"))
        case .killed(let signal):
            return Ending(.host("QEMU was killed by \(Host.signalName(signal))"))
        }
    }
    private var lastLine: [UInt8] {
        let lines = complaint.split(separator: UInt8(ascii: "\n"))
        let prefix = Array("\(emulator.command): ".utf8)
        guard let line = lines.last else { return [] }
        return Array(line.starts(with: prefix) ? line.dropFirst(prefix.count) : line)
    }

    // MARK: Signals

    /// Hands signals on to the program; returns an ending where that is of no use.
    private mutating func handleSignals() -> Ending? {
        while let number = signals.next() {
            switch Signal(rawValue: Int32(number)) {
            case .windowChange?:
                tellTerminal()
                continue
            case .continue?:
                terminal?.enterAnew()
                tellTerminal()
                tell(.signal(number))
                continue
            case .powerFailure?:
                tell(.report)
                continue
            default: break
            }
            let now = HostClock.monotonic
            let age = lastSignal.map { now - $0 } ?? .max
            lastSignal = now
            // The same wish, which a shell and timeout(1) both passed on.
            if age < 100_000_000 { continue }
            signalCount = age < Self.impatience ? signalCount + 1 : 1
            // A machine that never said a word takes none; whether another does can't be seen.
            if signalCount >= (hasHeardGuest ? 3 : 2) {
                return Ending(status: 128 + Int32(number))
            }
            tell(.signal(number))
        }
        return nil
    }
    /// Signals that follow each other within this time, one second, end a machine: the second one
    /// that never said a word, the third any.
    private static let impatience: Int64 = 1_000_000_000
}
