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
    private var lastInterrupt: Int64?
    private var poll = Poll()

    init(
        devices: MachineDevices, signals: consuming ForwardedSignals, end: MachineEnd,
        reporting: Machine.Reporting
    ) {
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
                if let ending = handleSignals() { return ending }
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
        let interest = devices.console.withLock { device in
            var interest = Interest()
            interest.readsInput = device.model.wantsInput
            for port in [Console.Port.standardOutput, .standardError]
            where device.model.isBlocked(port) {
                interest.blocked.append(device.model.host.descriptor(port))
            }
            return interest
        }
        let input = devices.console.withLock { $0.model.host.inputDescriptor }
        poll.removeAll()
        poll.add(devices.consoleLines.doorbell.descriptor.borrowed, .readable)
        poll.add(devices.entropyLines.doorbell.descriptor.borrowed, .readable)
        poll.add(signals.descriptor.borrowed, .readable)
        poll.add(end.counter.descriptor.borrowed, .readable)
        if interest.readsInput { poll.add(input, .readable) }
        for descriptor in interest.blocked { poll.add(descriptor, .writable) }
        poll.wait(milliseconds: hasMore ? 0 : nil)
        inputIsReady = interest.readsInput && !poll.ready(input).isEmpty
        devices.consoleLines.doorbell.clear()
        devices.entropyLines.doorbell.clear()
        end.counter.clear()
    }
    private var inputIsReady = false

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
        for record in work.records { records.handle(record) }
        return work.hasMore
    }
    private struct Work: Sendable {
        var interrupts: Bool
        var hasMore: Bool
        var records: [ControlRecord]
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
            let memory = devices.memory
            let isIgnored = devices.console.withLock { device in
                device.model.ignoresSignals(memory)
            }
            let now = HostClock.monotonic
            let isSecond = lastInterrupt.map { now - $0 < Self.impatience } ?? false
            if end.reason != nil || (isSecond && isIgnored) {
                return Ending(status: 128 + Int32(number))
            }
            lastInterrupt = now
            devices.console.withLock { $0.model.raise(signal: number) }
        }
        return nil
    }
    /// Two signals within this time end a machine that takes none: one second.
    private static let impatience: Int64 = 1_000_000_000
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
