// The event loop: one thread that serves all rings, the VMM's standard streams and its signals.
//
// It sleeps in poll(2) for doorbells, for input where the guest has room for it, for outputs that
// were full, for signals, and for the end of the CPU's thread. When the machine has ended it goes on
// until everything the guest wrote is out, then says how the machine ended.
internal import DeviceModels
internal import KVM
internal import LinuxABI
internal import LinuxHost
internal import Synchronization
internal import Virtio

struct DeviceLoop: ~Copyable {
    private let devices: MachineDevices
    private let signals: ForwardedSignals
    private let end: MachineEnd
    private var records: RecordReader
    private let terminal: HostTerminal?
    private var lastInterrupt: Int64?
    /// Whether `serve` is to be called for a record that it did not see.
    private var hasUnsentRecord = false
    private var seenInterrupts = 0
    private var poll = Poll()

    init(
        devices: MachineDevices, signals: consuming ForwardedSignals, end: MachineEnd,
        reporting: Machine.Reporting, terminal: HostTerminal?
    ) {
        self.terminal = terminal
        self.devices = devices
        self.signals = signals
        self.end = end
        records = RecordReader(reporting)
    }

    /// Serves the machine until it ended and all it wrote is out.
    mutating func run() -> Ending {
        do throws(MachineFailure) {
            while true {
                // Looked at before the rings: what the CPU wrote before it stopped is then served.
                let stop = end.reason
                let hasMore = try serve()
                if let ending = earlyEnding() { return ending }
                if !hasMore, let stop, let ending = ending(stop) { return ending }
                wait(hasMore: hasMore)
                if let ending = handleSignals() ?? handleTerminal() { return ending }
            }
        } catch {
            return Ending(error)
        }
    }

    // MARK: Waiting

    private struct Interest {
        var readsInput = false
        var blocked: [Descriptor] = []
    }

    private mutating func wait(hasMore: Bool) {
        var interest = devices.console.withLock { device in
            var interest = Interest()
            interest.readsInput = device.model.wantsInput
            for port in [Console.Port.standardOutput, .standardError]
            where device.model.isBlocked(port) {
                interest.blocked.append(device.model.host.descriptor(port))
            }
            return interest
        }
        let input = devices.console.withLock { $0.model.host.inputDescriptor }
        if let terminal { interest.readsInput = interest.readsInput && terminal.letsInputBeRead }
        let keyboard = hasPendingRecords ? nil : terminal?.keyboard
        poll.removeAll()
        poll.add(devices.consoleLines.doorbell.descriptor.borrowed, .readable)
        poll.add(devices.entropyLines.doorbell.descriptor.borrowed, .readable)
        poll.add(signals.descriptor.borrowed, .readable)
        poll.add(end.counter.descriptor.borrowed, .readable)
        if interest.readsInput { poll.add(input, .readable) }
        for descriptor in interest.blocked { poll.add(descriptor, .writable) }
        if let guardian = terminal?.guardian { poll.add(guardian, .readable) }
        if let keyboard { poll.add(keyboard, .readable) }
        // Nothing tells that the shell gave the terminal back to a job that it let run on.
        let isAway = terminal.map { $0.isAttached && !$0.isReadable } ?? false
        poll.wait(milliseconds: hasMore ? 0 : isAway ? HostTerminal.lookingInterval : nil)
        if isAway { terminal?.enterAnew() }
        inputIsReady = interest.readsInput && !poll.ready(input).isEmpty
        isTyped = keyboard.map { !poll.ready($0).isEmpty } ?? false
        devices.consoleLines.doorbell.clear()
        devices.entropyLines.doorbell.clear()
        end.counter.clear()
    }
    private var inputIsReady = false
    private var isTyped = false
    private var hasPendingRecords: Bool { devices.console.withLock { $0.model.hasRecords } }

    // MARK: Rings

    /// Does what there is to do; returns whether more is left.
    private mutating func serve() throws(MachineFailure) -> Bool {
        let memory = devices.memory
        let inputIsReady = inputIsReady
        self.inputIsReady = false
        let work: Work
        do throws(GuestFault) {
            work = try devices.console.withLock { (device) throws(GuestFault) in
                var interrupts = try device.serve(memory)
                if inputIsReady {
                    interrupts = try device.model.serveInput(memory) || interrupts
                }
                return Work(
                    interrupts: interrupts, hasMore: device.model.hasMore,
                    records: device.model.host.takeRecords())
            }
            if work.interrupts { devices.consoleLines.interrupt.signal() }
            let interrupts = try devices.entropy.withLock { (device) throws(GuestFault) in
                try device.serve(memory)
            }
            if interrupts { devices.entropyLines.interrupt.signal() }
        } catch { throw .guest(error.line) }
        hasUnsentRecord = false
        do throws(GuestFault) {
            for record in work.records { try handle(record) }
        } catch { throw .guest(error.line) }
        return work.hasMore || hasUnsentRecord
    }
    private struct Work: Sendable {
        var interrupts: Bool
        var hasMore: Bool
        var records: [ControlRecord]
    }

    private mutating func handle(_ record: ControlRecord) throws(GuestFault) {
        switch record {
        case .attach: tellTerminal(shownCount: terminal?.attach() ?? 0)
        case .stopped(let signal): stop(by: signal)
        default: try records.handle(record)
        }
    }

    // MARK: Ending

    /// Whether the machine must stop now, whatever the guest does.
    private func earlyEnding() -> Ending? {
        guard let failure = devices.console.withLock({ $0.model.host.outputFailure }) else {
            return nil
        }
        // As a process that writes to a pipe without a reader: ended by SIGPIPE, without a word.
        if failure == .brokenPipe { return Ending(status: Ending.brokenPipeStatus) }
        return Ending(.host("standard output", failure))
    }

    /// How the machine ended, once its CPU stopped and everything is out; `nil` before.
    private func ending(_ stop: MachineEnd.Reason) -> Ending? {
        let isBlocked = devices.console.withLock { device in
            device.model.isBlocked(.standardOutput) || device.model.isBlocked(.standardError)
        }
        guard !isBlocked else { return nil }
        switch stop {
        case .poweredOff: return records.announced ?? .silent
        // A crash that was told in words says more than how the CPU stopped.
        case .failed(let failure): return records.announced ?? Ending(failure)
        }
    }

    // MARK: Signals

    /// Hands signals on to the program; returns an ending where that is of no use.
    private mutating func handleSignals() -> Ending? {
        while let number = signals.next() {
            switch Signal(rawValue: Int32(number)) {
            case .windowChange?: tellTerminal()
            case .continue?:
                terminal?.enterAnew()
                tellTerminal()
                send(.signal(number))
            case .terminalStop?: send(.signal(number))
            case .powerFailure?: send(.report)
            default:
                if let ending = interrupt(by: number) { return ending }
            }
        }
        return nil
    }
    private mutating func interrupt(by number: UInt32) -> Ending? {
        let memory = devices.memory
        let isIgnored = devices.console.withLock { device in
            device.model.ignoresRecords(memory)
        }
        if end.reason != nil || (isSoonAfterLast() && isIgnored) {
            return Ending(status: 128 + Int32(number))
        }
        send(.signal(number))
        return nil
    }
    private mutating func send(_ record: HostRecord) {
        devices.console.withLock { $0.model.send(record) }
        hasUnsentRecord = true
    }

    /// Whether something like this came within a second: two of them end a machine that takes none.
    ///
    /// What comes within a tenth is the same wish, which a shell and timeout(1) both passed on.
    private mutating func isSoonAfterLast() -> Bool {
        let now = HostClock.monotonic
        defer { lastInterrupt = now }
        return lastInterrupt.map { (100_000_000..<1_000_000_000).contains(now - $0) } ?? false
    }

    // MARK: The terminal

    /// Tells the guest what the terminal is like now.
    private mutating func tellTerminal(shownCount: UInt32 = 0) {
        guard let terminal else { return }
        send(terminal.record(shownCount: shownCount))
    }
    /// Looks whether the process beside this one is still there, and at interrupts that the guest
    /// does not take.
    private mutating func handleTerminal() -> Ending? {
        guard let terminal else { return nil }
        if let guardian = terminal.guardian, !poll.ready(guardian).isEmpty {
            return Ending(status: 128 + Signal.kill.rawValue)
        }
        if isTyped {
            isTyped = false
            let typed = terminal.readKeyboard(atMost: HostRecord.keyboardLimit)
            if !typed.isEmpty { send(.keyboard(typed)) }
        }
        let memory = devices.memory
        let (count, isIgnored) = devices.console.withLock { device in
            (device.model.host.interruptCount, device.model.ignoresInput(memory))
        }
        guard count > seenInterrupts else { return nil }
        seenInterrupts = count
        return isSoonAfterLast() && isIgnored
            ? Ending(status: 128 + Signal.interrupt.rawValue) : nil
    }

    /// Stops this process as the program was stopped; it goes on when this process does.
    private mutating func stop(by signal: UInt32) {
        Host.stop(with: terminal, by: signal)
        tellTerminal()
        send(.resume)
    }
}

/// What the CPU's thread leaves for the loop.
final class MachineEnd: Sendable {
    enum Reason: Sendable {
        case poweredOff
        case failed(MachineFailure)
    }
    let counter: EventCounter
    private let state = Mutex<Reason?>(nil)

    init() throws(MachineFailure) { counter = try DeviceLines.makeCounter() }
    var reason: Reason? { state.withLock { $0 } }
    func tell(_ reason: Reason) {
        state.withLock { $0 = reason }
        counter.signal()
    }
}
