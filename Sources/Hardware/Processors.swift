package import Base
internal import Synchronization

/// How the machine's other CPUs are started, where its platform knows.
package protocol ProcessorStarter: AnyObject {
    /// CPUs beside the one that boots.
    var count: Int { get }
    /// Starts CPU `index`, from 1: `library_processor_started` is called there with `argument`, masked,
    /// on a stack of its own.
    func start(_ index: Int, argument: UInt64) -> ProcessorStart
    /// Stops the CPU that calls; may return.
    func stopCurrent()
}
extension ProcessorStarter {
    package func stopCurrent() { CPU.wait() }
}
/// What became of a CPU's start.
package enum ProcessorStart: Sendable {
    /// There is no memory, or firmware refused.
    case refused
    /// It comes. `root`: of the page tables that it uses, where those are not CPU 0's.
    case started(root: PhysicalAddress?)
}

/// What CPUs know of each other without a lock.
///
/// Who sets one flag and looks at another, while a CPU does so the other way round, sets it by an exchange:
/// a store by `stlr` and a load by `ldar` would do on arm64, but QEMU 7.2 lets that load go first on an x86-64
/// host. On x86-64 both are an exchange.
///
/// A handle: references are counted with the library OS's lock only.
package struct ProcessorState: Sendable {
    private let words: Immortal<Words>
    private struct Words: ~Copyable {
        let wasCalled = Atomic<Bool>(false)
        let isHalted = Atomic<Bool>(false)
        let isIdle = Atomic<Bool>(false)
        let mustFlush = Atomic<Bool>(false)
        let mustTell = Atomic<Bool>(false)
        let isStarted = Atomic<Bool>(false)
    }
    init() { words = Immortal(Words()) }

    /// Whether it takes interrupts.
    fileprivate var hasStarted: Bool { words.value.isStarted.load(ordering: .acquiring) }
    fileprivate func noteStart() { words.value.isStarted.store(true, ordering: .releasing) }
    /// Takes the call to look at what there is to do, if there was one.
    package func takeCall() -> Bool {
        words.value.wasCalled.exchange(false, ordering: .sequentiallyConsistent)
    }
    package var isCalled: Bool {
        words.value.wasCalled.load(ordering: .sequentiallyConsistent)
    }
    /// Calls the CPU; returns whether it has to be interrupted to notice.
    package func call() -> Bool {
        set(words.value.wasCalled, true)
        return words.value.isHalted.load(ordering: .sequentiallyConsistent)
    }
    /// Notes whether it waits for an interrupt, or is about to.
    package func setHalted(_ isHalted: Bool) {
        set(words.value.isHalted, isHalted)
    }
    /// Notes whether it runs no program and touches none before it has taken the lock.
    package func setIdle(_ isIdle: Bool) {
        set(words.value.isIdle, isIdle)
    }
    package var isHalted: Bool { words.value.isHalted.load(ordering: .sequentiallyConsistent) }
    package var isIdle: Bool { words.value.isIdle.load(ordering: .sequentiallyConsistent) }
    fileprivate var runsProgram: Bool { !isIdle }
    /// Whether it has to serve another CPU: drop its translations, or just order its memory accesses.
    fileprivate var mustFlush: Bool {
        words.value.mustFlush.load(ordering: .sequentiallyConsistent)
    }
    fileprivate func setMustFlush(_ must: Bool) {
        set(words.value.mustFlush, must)
    }
    @inline(__always)
    private func set(_ flag: borrowing Atomic<Bool>, _ value: Bool) {
        _ = flag.exchange(value, ordering: .sequentiallyConsistent)
    }
    /// Whether somebody waits for what this CPU holds of its thread.
    var owesSnapshot: Bool { words.value.mustTell.load(ordering: .acquiring) }
    func setOwesSnapshot(_ owes: Bool) {
        words.value.mustTell.store(owes, ordering: .releasing)
    }
}

/// The machine's CPUs.
package enum Processors {
    package static let maximumCount = 64
    /// What CPUs are started with that are to run threads.
    package static let schedulingArgument: UInt64 = 0x7275_6e

    // Set by the platform at boot.
    private static let current = Global<(any ProcessorStarter)?>(nil)
    package static var starter: (any ProcessorStarter)? {
        get { current.value }
        set { current.value = newValue }
    }
    /// CPUs of the machine that can run threads, started or not.
    package static var count: Int {
        guard let starter else { return 1 }
        return min(1 + starter.count, maximumCount)
    }

    // Written while one CPU runs.
    private static let states = Global(InlineArray<64, ProcessorState?>(repeating: nil))
    /// What the interrupt controller calls them, each from when it has come.
    private static let identifiers = Global(InlineArray<64, UInt64>(repeating: 0))
    /// What each CPU began with; 0: what boot did.
    private static let roots = Global(InlineArray<64, UInt64>(repeating: 0))
    /// What each CPU loaded since; 0: nothing.
    private static let loadedRoots = Global(InlineArray<64, UInt64>(repeating: 0))
    private static let started = Global(1)
    /// CPUs that take part: 1 until `share`.
    package static var startedCount: Int { started.value }
    package static func state(_ number: Int) -> ProcessorState {
        guard let state = states.value[number] else { fatalError("no such CPU") }
        return state
    }

    /// Starts the others, and lets all of them take part. Returns whether there is more than one now. To
    /// be called once, with the library OS's own rights.
    package static func share() -> Bool {
        guard let starter, count > 1, !KernelLock.isShared else { return false }
        for index in 0..<count { states.value[index] = ProcessorState() }
        noteArrival()
        KernelLock.share()
        for index in 1..<count {
            // Until it has come it runs no program.
            state(index).setIdle(true)
            guard case .started(let root) = starter.start(index, argument: schedulingArgument)
            else { break }
            roots.value[index] = root?.rawValue ?? 0
            started.value = index + 1
        }
        return started.value > 1
    }
    /// Notes that the CPU that calls takes interrupts, and runs programs from now on. Precondition: it has
    /// the lock.
    package static func noteArrival() {
        let state = state(CPU.number)
        identifiers.value[CPU.number] = InterruptController.identifier
        state.setIdle(false)
        state.noteStart()
    }

    /// What the interrupt controller calls a CPU; for one that has not come yet, what this VMM calls it.
    package static func identifier(of number: Int) -> UInt64 {
        guard states.value[number]?.hasStarted == true else { return UInt64(number) }
        return identifiers.value[number]
    }
    /// Calls a CPU to look at what there is to do.
    package static func call(_ number: Int) {
        if state(number).call() { interrupt(number) }
    }
    /// Interrupts a CPU. One that has not come yet looks at its calls when it does.
    package static func interrupt(_ number: Int) {
        guard state(number).hasStarted else { return }
        InterruptController.interrupt(identifiers.value[number], vector: interruptVector)
    }
    /// What CPUs interrupt each other with.
    package static var interruptVector: Int { LocalTimer.vector - 3 }

    // MARK: Translations

    /// How often translations were dropped, since boot.
    package struct FlushCounts: Sendable {
        /// Of one page, and of all pages.
        package fileprivate(set) var pages: UInt64 = 0
        package fileprivate(set) var spaces: UInt64 = 0
        /// Interrupts of other CPUs for it.
        package fileprivate(set) var interrupts: UInt64 = 0
    }
    private static let counts = Global(FlushCounts())
    package static var flushCounts: FlushCounts { counts.value }

    /// Loads a page-table root on this CPU, which drops every translation of the program.
    package static func loadRoot(_ root: PhysicalAddress) {
        loadedRoots.value[CPU.number] = root.rawValue
        CPU.loadRoot(root)
    }
    /// Loads what this CPU began with.
    package static func loadFirstRoot() {
        loadedRoots.value[CPU.number] = 0
        CPU.flushTranslations(ownRoot)
    }
    /// The root that a CPU began with, where that is one of its own.
    package static func ownFirstRoot(of number: Int) -> PhysicalAddress? {
        let root = roots.value[number]
        return root == 0 ? nil : PhysicalAddress(rawValue: root)
    }
    /// Drops one page's translation on CPUs, a bit each.
    package static func flush(_ address: VirtualAddress, on processors: UInt64) {
        guard processors != 0 else { return }
        counts.value.pages &+= 1
        if CPU.flushesReachAll || processors & ownBit != 0 { CPU.flushPage(address) }
        flushOthers(processors)
    }
    /// Drops all translations of the program on CPUs, a bit each.
    package static func flushAll(on processors: UInt64) {
        guard processors != 0 else { return }
        counts.value.spaces &+= 1
        if CPU.flushesReachAll || processors & ownBit != 0 { CPU.flushTranslations(ownRoot) }
        flushOthers(processors)
    }
    /// This CPU in a set of CPUs.
    package static var ownBit: UInt64 { 1 << UInt64(CPU.number) }
    /// Makes the others drop theirs too, where this CPU's instruction does not.
    private static func flushOthers(_ processors: UInt64) {
        if startedCount > 1, !CPU.flushesReachAll { callIn(processors) }
    }
    private static var ownRoot: PhysicalAddress? {
        let loaded = loadedRoots.value[CPU.number]
        return loaded == 0 ? ownFirstRoot(of: CPU.number) : PhysicalAddress(rawValue: loaded)
    }
    /// Waits until every CPU that runs the program has been in the library OS, which orders its memory
    /// accesses (membarrier(2)). Precondition: the caller has the lock.
    package static func synchronize() {
        if startedCount > 1 { callIn(.max) }
    }
    /// Makes others serve, and waits for those that run the program. Precondition: the caller has the
    /// lock, so that nobody waits for this CPU meanwhile.
    private static func callIn(_ processors: UInt64) {
        let others = processors & ~ownBit
        guard others != 0 else { return }
        for number in 0..<startedCount where others >> UInt64(number) & 1 != 0 {
            let state = state(number)
            state.setMustFlush(true)
            guard state.runsProgram else { continue }
            counts.value.interrupts &+= 1
            interrupt(number)
        }
        for number in 0..<startedCount where others >> UInt64(number) & 1 != 0 {
            let state = state(number)
            // One that is idle does it before it touches anything.
            while state.runsProgram, state.mustFlush { CPU.pause() }
        }
    }
    /// Does what another CPU asked of this one: tells what it holds, drops its translations.
    package static func serve() {
        guard startedCount > 1 else { return }
        let state = state(CPU.number)
        serveSnapshot(state)
        guard state.mustFlush else { return }
        if !CPU.flushesReachAll { CPU.flushTranslations(ownRoot) }
        state.setMustFlush(false)
    }
}

/// The one lock of the library OS, which whoever runs in it has: a CPU, not a thread. It costs nothing
/// while the machine runs one CPU.
package enum KernelLock {
    private static let word = Atomic<Bool>(false)
    // Written once, while one CPU runs.
    private static let shared = Global(false)

    /// From now on there are more CPUs. Precondition: the caller runs in the library OS.
    static func share() {
        word.store(true, ordering: .sequentiallyConsistent)
        #if LOCK_CHECKS
            LockChecks.took(.kernel)
        #endif
        shared.value = true
    }
    package static var isShared: Bool { shared.value }

    @inline(__always)
    package static func acquire() {
        if shared.value { take() }
    }
    @inline(__always)
    package static func release() {
        guard shared.value else { return }
        #if LOCK_CHECKS
            LockChecks.givesUp(.kernel)
        #endif
        word.store(false, ordering: .releasing)
    }
    @inline(never)
    private static func take() {
        #if LOCK_CHECKS
            LockChecks.willTake(.kernel)
        #endif
        while word.exchange(true, ordering: .acquiring) {
            while word.load(ordering: .relaxed) {
                // Its holder may wait for this CPU's translations.
                Processors.serve()
                CPU.pause()
            }
        }
        #if LOCK_CHECKS
            LockChecks.took(.kernel)
        #endif
        Processors.serve()
    }
}
