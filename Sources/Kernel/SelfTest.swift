internal import Base
internal import Hardware
internal import Memory
internal import NucleusInterface
internal import Scheduler
internal import Trace
internal import Wire

/// Checks of nucleus and memory rights from inside, asked for by `selftest=NAME` on the command line.
///
/// Each ends by a log line `selftest NAME: passed` or `selftest NAME: failed: WHY`; a lost wake-up
/// shows as a machine that never ends.
enum SelfTest {
    /// A million waits against the local timer, each due within 20 µs of the wait's entry.
    case wait
    /// Writes and fetches that W^X, guard pages and the supervisor view must refuse.
    case protection
    /// Two vectors sent together, ten thousand times, while library code is masked and while not.
    case burst
    /// What the CPU's hardening refuses, one after the other.
    case hardening
    /// CPU 1 is started to run one function, and stops.
    case processors
    /// The machine is reset, which ends it where its monitor was told not to boot again.
    case reset
    /// A check that fails: the crash screen.
    case crash
    /// The same on CPU 1.
    case crashElsewhere
    /// A failure of the nucleus on CPU 1: on x86-64 an exception that finds no stack, a double fault.
    case nucleusElsewhere
    /// Two locks in the wrong order, and one that is held too long: kernels with checks report them.
    case lockOrder
    case lockTime

    /// Whether the kernel is to crash when the program ends: the crash screen with a program on it.
    private static let crashesAtEnd = Global<Bool>(false)
    static func crashAtEnd() { crashesAtEnd.value = true }
    static func programEnded() {
        precondition(!crashesAtEnd.value, "selftest=crash-at-end asked for it")
    }

    /// The check of that name, `nil` where there is none.
    static func named(_ name: borrowing CommandLineWord) -> SelfTest? {
        if name.equals("wait") { return .wait }
        if name.equals("protection") { return .protection }
        if name.equals("burst") { return .burst }
        if name.equals("hardening") { return .hardening }
        if name.equals("reset") { return .reset }
        if name.equals("processors") { return .processors }
        if name.equals("crash-on-cpu-1") { return .crashElsewhere }
        if name.equals("nucleus-on-cpu-1") { return .nucleusElsewhere }
        if name.equals("lock-order") { return .lockOrder }
        if name.equals("lock-time") { return .lockTime }
        return name.equals("crash") ? .crash : nil
    }

    /// Runs the check and says how it went; whether it passed.
    func run(kernelBase: PhysicalAddress) -> Bool {
        let failure =
            switch self {
            case .wait: Self.waits(count: 1_000_000)
            case .protection: Self.protection(kernelBase: kernelBase)
            case .burst: Self.burst(count: 10_000)
            case .hardening: Self.hardening()
            case .reset: Self.reset()
            case .processors: Self.processors()
            case .crash: Self.failedCheck()
            case .crashElsewhere: Self.endElsewhere(Self.crashArgument)
            case .lockOrder: Self.lockOrder()
            case .lockTime: Self.lockTime()
            case .nucleusElsewhere: Self.endElsewhere(Self.nucleusArgument)
            }
        Log.line(failure == nil ? .info : .error) { text in
            text.append("selftest: ")
            text.append(failure ?? "passed")
        }
        return failure == nil
    }

    /// Counts the vectors that it is registered for.
    private final class Counter: InterruptHandler {
        var count = 0
        func interrupt() { count += 1 }
    }

    /// Returns why it failed. The timer is the racing waker: it fires before, while and after the
    /// gate is entered, and each firing must end exactly one wait.
    private static func waits(count: Int) -> StaticString? {
        let fired = Counter()
        Interrupts.register(fired, vector: LocalTimer.vector)
        var random: UInt64 = 0x9e37_79b9_7f4a_7c15
        for wait in 0..<count {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            LocalTimer.arm(after: Nanoseconds(rawValue: Int64(random % 20_000) + 1))
            while fired.count == wait {
                CPU.wait()
                Interrupts.handlePending()
            }
            guard fired.count == wait + 1 else { return "a wake-up came twice" }
        }
        return nil
    }

    private static func protection(kernelBase: PhysicalAddress) -> StaticString? {
        let probes = ProtectionProbe.all(kernelBase: kernelBase)
        for index in probes.indices where !probes[index].isRefused { return probes[index].name }
        return CPU.canExecuteData() ? "data can be executed" : nil
    }

    private static func burst(count: Int) -> StaticString? {
        let first = Counter()
        let second = Counter()
        Interrupts.register(first, vector: LocalTimer.vector - 2)
        Interrupts.register(second, vector: LocalTimer.vector - 1)
        for round in 1...count {
            InterruptController.interruptSelf(vector: LocalTimer.vector - 2)
            InterruptController.interruptSelf(vector: LocalTimer.vector - 1)
            let end = TimeStampCounter.read() + 1_000_000_000
            while first.count < round || second.count < round {
                Interrupts.handlePending()
                guard TimeStampCounter.read() < end else { return "a vector of a burst was lost" }
            }
        }
        return nil
    }

    private static func hardening() -> StaticString? {
        let hardening = Hardening.current
        var index = 0
        while let name = hardening.name(index) {
            guard hardening.isRefused(index) else { return name }
            index += 1
        }
        return index > 0 ? nil : "the CPU has none"
    }

    /// What CPU 1 said of itself, beside the argument it was started with.
    private static let arrived = SpinLock<(number: Int, identifier: UInt64, argument: UInt64)?>(nil)
    private static func startSecond(_ argument: UInt64) -> StaticString? {
        guard let starter = Processors.starter, starter.count > 0 else {
            return "the machine has one CPU"
        }
        guard case .started(let root) = starter.start(1, argument: argument),
            let space = LibrarySpace.current
        else { return "CPU 1 can't be started" }
        secondSpace.withLock { $0 = root.map { LibrarySpace(root: $0) } ?? space }
        return nil
    }
    private static func processors() -> StaticString? {
        let argument: UInt64 = 0x5eed
        if let failure = startSecond(argument) { return failure }
        // The same registers have other answers on each CPU.
        let own = InterruptController.identifier
        let end = Clock.monotonic() + Nanoseconds(rawValue: 10 * Nanoseconds.perSecond)
        while true {
            if let arrived = arrived.withLock({ $0 }) {
                return arrived.number == 1 && arrived.argument == argument
                    && arrived.identifier != own ? nil : "another CPU came"
            }
            guard Clock.monotonic() < end else { return "CPU 1 did not come" }
            CPU.pause()
        }
    }
    private static let crashArgument: UInt64 = 0xbad
    private static let nucleusArgument: UInt64 = 0xbad0
    /// Page tables of CPU 1.
    private static let secondSpace = SpinLock<LibrarySpace?>(nil)
    private static func endElsewhere(_ argument: UInt64) -> StaticString? {
        if let failure = startSecond(argument) { return failure }
        // It ends the machine.
        while true { CPU.pause() }
    }
    /// Runs on CPU 1.
    static func processorStarted(_ argument: UInt64) {
        if argument == crashArgument { _ = failedCheck() }
        if argument == nucleusArgument { failNucleus() }
        let identifier = InterruptController.identifier
        arrived.withLock { $0 = (CPU.number, identifier, argument) }
        Processors.starter?.stopCurrent()
    }

    private static func reset() -> StaticString? {
        CPU.reset()
        return "the machine goes on"
    }
    private static func failNucleus() {
        while true {
            guard let space = secondSpace.withLock({ $0 }) else {
                CPU.pause()
                continue
            }
            if let stack = CPU.area.exceptionStack {
                space.takeAway(stack)
                CPU.flushPage(stack)
            }
            return CPU.failNucleus()
        }
    }
    private static let early = SpinLock<Int>(0, rank: .heap)
    private static let late = SpinLock<Int>(0)
    private static func lockOrder() -> StaticString? {
        late.withLock { _ in early.withLock { $0 += 1 } }
        return "nobody checks the order of locks"
    }
    private static func lockTime() -> StaticString? {
        let end = Clock.monotonic() + Nanoseconds(rawValue: Nanoseconds.perSecond)
        late.withLock { _ in while Clock.monotonic() < end { CPU.pause() } }
        return "nobody checks how long locks are held"
    }
    private static func failedCheck() -> StaticString? {
        precondition(Frames.freeCount < 0, "selftest=crash asked for it")
        return nil
    }
}
