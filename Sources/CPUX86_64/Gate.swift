internal import CPUX86_64Assembly
package import Base
internal import NucleusLayout
internal import NucleusLayoutX86_64
internal import Synchronization

/// The fields of a CPU's area that ring 3 reads and writes (AREA_DATA, user view).
///
/// SAFETY (all of this file): the area is mapped for this CPU from before boot to the end, its
/// fields are naturally aligned, and only this CPU and its interrupts touch them.
package struct CPUArea: Sendable {
    package let index: Int
    package init(index: Int) { self.index = index }

    /// Address of the user view.
    package var base: UInt64 {
        UInt64(CPU_AREA_BASE) + UInt64(CPU_AREA_USER_VIEW)
            + UInt64(index) * UInt64(CPU_AREA_STRIDE)
    }
    /// Address of the supervisor view.
    package var supervisorBase: UInt64 { base - UInt64(CPU_AREA_USER_VIEW) }

    @unsafe private func word(_ offset: Int32) -> UnsafeMutablePointer<UInt32> {
        guard
            let word = unsafe UnsafeMutablePointer<UInt32>(
                bitPattern: UInt(base) + UInt(AREA_DATA) + UInt(offset))
        else { fatalError("a CPU area at address 0") }
        return unsafe word
    }
    @unsafe private func quad(_ offset: Int32) -> UnsafeMutablePointer<UInt64> {
        guard
            let quad = unsafe UnsafeMutablePointer<UInt64>(
                bitPattern: UInt(base) + UInt(AREA_DATA) + UInt(offset))
        else { fatalError("a CPU area at address 0") }
        return unsafe quad
    }

    package var masked: UInt32 {
        get { unsafe cpu_load(word(DATA_MASKED)) }
        nonmutating set { unsafe cpu_store(word(DATA_MASKED), newValue) }
    }
    /// Vectors that came and were not handled; bit n is FIRST_DEVICE_VECTOR + n.
    var pending: UInt32 { unsafe cpu_load(word(DATA_PENDING)) }
    func takePending() -> UInt32 { unsafe cpu_exchange(word(DATA_PENDING), 0) }
    package var libraryStackTop: UInt64 {
        get { unsafe quad(DATA_LIBRARY_STACK_TOP).pointee }
        nonmutating set { unsafe quad(DATA_LIBRARY_STACK_TOP).pointee = newValue }
    }
    package var libraryStackLimit: UInt64 {
        get { unsafe quad(DATA_LIBRARY_STACK_LIMIT).pointee }
        nonmutating set { unsafe quad(DATA_LIBRARY_STACK_LIMIT).pointee = newValue }
    }
    /// Whether `syscall` enters ring 0 on this machine; found by `CPU.probeGate`.
    package var systemCallEntersRing0: Bool {
        get { unsafe cpu_load(word(DATA_LSTAR_IN_RING_0)) != 0 }
        nonmutating set { unsafe cpu_store(word(DATA_LSTAR_IN_RING_0), newValue ? 1 : 0) }
    }
    /// The number of this CPU, from 0.
    var processorNumber: Int { unsafe Int(truncatingIfNeeded: cpu_load(word(DATA_CPU_INDEX))) }
    fileprivate var hasReturnWork: Bool {
        get { unsafe cpu_load(word(DATA_RETURN_WORK)) != 0 }
        nonmutating set { unsafe cpu_store(word(DATA_RETURN_WORK), newValue ? 1 : 0) }
    }
    /// Whether TF was taken out of a frame on the way in, to be put back into the program's.
    package var wasStepped: Bool {
        get { unsafe cpu_load(word(DATA_STEPPED)) != 0 }
        nonmutating set { unsafe cpu_store(word(DATA_STEPPED), newValue ? 1 : 0) }
    }

    /// Where sites that were made jumps lead.
    package var callEntry: VirtualAddress {
        VirtualAddress(rawValue: base + UInt64(AREA_ENTRY) + UInt64(ENTRY_CALL))
    }
    /// System calls that came by `callEntry` since boot.
    package var callCount: UInt64 { unsafe quad(DATA_FAST_CALLS).pointee }
    package var systemCallEntry: UInt64 { base + UInt64(AREA_ENTRY) + UInt64(ENTRY_SYSTEM_CALL) }
    package var nucleusSystemCallEntry: UInt64 {
        supervisorBase + UInt64(AREA_NUCLEUS) + UInt64(NUCLEUS_LSTAR)
    }
    /// Pages that ring 0 alone may touch: its code, and its descriptor tables.
    package var nucleusCode: UInt64 { supervisorBase + UInt64(AREA_NUCLEUS) }
    package var nucleusData: UInt64 { supervisorBase + UInt64(AREA_TABLES) }
    /// The page that exceptions are written to.
    package var exceptionStack: VirtualAddress? {
        VirtualAddress(rawValue: supervisorBase + UInt64(AREA_EXCEPTION_STACK))
    }
    /// The page of the ring-3 entries.
    package var entryCode: UInt64 { base + UInt64(AREA_ENTRY) }
    /// The stack that the crash screen is written on.
    package var crashStack: Range<UInt64> {
        base + UInt64(AREA_CRASH_STACK)..<base + UInt64(AREA_CRASH_STACK_TOP)
    }
    /// Whether an address is code of the ring-3 entries.
    package func containsEntryCode(_ address: UInt64) -> Bool {
        (entryCode..<entryCode + UInt64(Page.size)).contains(address)
    }
    /// The frame of the program, at the top of the library-OS stack. Precondition: it was pushed,
    /// or the caller is about to fill it.
    package var programFrame: ProgramFrame {
        guard
            let frame = unsafe UnsafeMutableRawPointer(
                bitPattern: UInt(libraryStackTop) - UInt(FRAME_BYTES))
        else { fatalError("no library-OS stack") }
        return unsafe ProgramFrame(at: frame)
    }
}

/// The CPU that runs this code, and what only its nucleus can do for it.
package enum CPU {
    /// This CPU's area, which each CPU has at the same addresses.
    package static var area: CPUArea { CPUArea(index: 0) }

    /// Whether more than a return is due when a system call has been made: the entry looks at it.
    package static var hasReturnWork: Bool {
        get { unsafe hasNucleus && area.hasReturnWork }
        set { if unsafe hasNucleus { area.hasReturnWork = newValue } }
    }

    // Set by boot; a host build has no nucleus, so flushes there do nothing.
    private nonisolated(unsafe) static var hasNucleus = false
    /// Declares that the nucleus is there. Called once, first thing at boot.
    package static func start() { unsafe hasNucleus = true }
    private static let gateCalls = Atomic<UInt64>(0)
    /// How often all CPUs called the nucleus.
    package static var gateCallCount: UInt64 { gateCalls.load(ordering: .relaxed) }

    static func gate(_ index: Int32, _ first: UInt64 = 0, _ second: UInt64 = 0) -> UInt64 {
        guard unsafe hasNucleus else { return 0 }
        gateCalls.wrappingAdd(1, ordering: .relaxed)
        let index = UInt64(UInt32(bitPattern: index))
        return area.systemCallEntersRing0
            ? cpu_gate_system_call(index, first, second) : cpu_gate_interrupt(index, first, second)
    }

    /// Finds out whether `syscall` enters ring 0 and sets LSTAR and SFMASK for it.
    ///
    /// LSTAR points at the nucleus's page at entry. Where `syscall` enters ring 0 the gate answers
    /// with all ones (no such index); where it stays in ring 3 the fetch faults, and
    /// `library_nested_exception` answers 0 by `answerProbe`.
    package static func probeGate() {
        let answer = cpu_gate_system_call(UInt64(UInt32.max), 0, 0)
        area.systemCallEntersRing0 = answer == UInt64.max
        if answer == UInt64.max {
            writeMSR(GATE_MSR_SFMASK, UInt64(SYSCALL_FLAG_MASK_RING_0))
        } else {
            writeMSR(GATE_MSR_SFMASK, UInt64(SYSCALL_FLAG_MASK))
            writeMSR(GATE_MSR_LSTAR, area.systemCallEntry)
        }
    }
    /// What the probe found.
    package static var gateDescription: StaticString {
        area.systemCallEntersRing0
            ? "gate: syscall enters ring 0" : "gate: syscall stays in ring 3"
    }
    /// Ends the probe's `syscall` when its target could not be fetched in ring 3; whether it was that.
    package static func answerProbe(_ frame: ProgramFrame) -> Bool {
        guard frame[.vector] == 14, frame[.rip] == area.nucleusSystemCallEntry else { return false }
        frame[.rip] = frame[.rcx]
        frame[.rax] = 0
        return true
    }
    /// Sets what `probeGate` found up on a further CPU, whose area was told.
    package static func startGate() {
        if area.systemCallEntersRing0 {
            writeMSR(GATE_MSR_SFMASK, UInt64(SYSCALL_FLAG_MASK_RING_0))
        } else {
            writeMSR(GATE_MSR_SFMASK, UInt64(SYSCALL_FLAG_MASK))
            writeMSR(GATE_MSR_LSTAR, area.systemCallEntry)
        }
    }
    /// Where a further CPU begins: `library_processor_started`.
    package static var processorEntry: UInt64 { cpu_processor_entry() }
    /// Where the kernel has what a further CPU runs first, in real mode: PVH_TRAMPOLINE_BYTES.
    package static var processorTrampoline: VirtualAddress {
        VirtualAddress(rawValue: cpu_processor_trampoline())
    }
    /// The number of the CPU that runs this, from 0; 0 on a host.
    package static var number: Int { unsafe hasNucleus ? area.processorNumber : 0 }
    /// Whether a vector waits to be handled on this CPU.
    package static var hasPendingVector: Bool { unsafe hasNucleus && area.pending != 0 }
    private static func writeMSR(_ index: Int32, _ value: UInt64) {
        _ = gate(GATE_WRITE_MSR, UInt64(UInt32(bitPattern: index)), value)
    }

    /// Drops one page's translation on this CPU.
    package static func flushPage(_ address: VirtualAddress) {
        _ = gate(GATE_FLUSH_PAGE, address.rawValue)
    }
    /// Loads a page-table root, which drops every translation that is not global.
    package static func loadRoot(_ root: PhysicalAddress) {
        _ = gate(GATE_LOAD_ROOT, root.rawValue)
    }
    /// Drops every translation of the program. `root`: what this CPU uses; `nil`: what CPU 0 began with.
    package static func flushTranslations(_ root: PhysicalAddress?) {
        guard let root = unsafe root ?? firstRoot else { return }
        loadRoot(root)
    }
    /// Declares CPU 0's root.
    package static func setFirstRoot(_ root: PhysicalAddress) { unsafe firstRoot = root }
    // Set by boot; a host has none.
    private nonisolated(unsafe) static var firstRoot: PhysicalAddress?
    /// Whether a flush reaches the other CPUs too.
    package static var flushesReachAll: Bool { false }
    /// Waits until a vector is pending; returns at once if one is.
    package static func wait() { _ = gate(GATE_WAIT) }
    package static func pause() { cpu_pause() }
    /// Makes the nucleus itself fail, for a test, by an exception. Precondition: its stack is not mapped.
    package static func failNucleus() { fatalError("an exception without a stack") }
    /// To be called between writing instructions and running them.
    package static func serialize() { if unsafe hasNucleus { cpu_serialize() } }
    /// Runs the program whose frame tops the library-OS stack.
    package static func enterProgram() -> Never {
        cpu_enter_program(area.base + UInt64(AREA_ENTRY) + UInt64(ENTRY_RETURN))
    }
    /// The program's thread pointer (FS base); the library OS does not use it.
    package static var threadPointer: UInt64 {
        get { cpu_read_fs_base() }
        set { cpu_write_fs_base(newValue) }
    }
    /// The program's GS base.
    package static var secondaryBase: UInt64 {
        get { cpu_read_gs_base() }
        set { cpu_write_gs_base(newValue) }
    }
}

/// What of a program's thread stays in the CPU beside the extended state, which the library OS does
/// not use.
package struct ProgramPointers: Sendable {
    /// FS base, the thread pointer.
    package var thread: UInt64 = 0
    /// GS base.
    var second: UInt64 = 0

    package init() {}
    /// The running program's.
    package static var current: Self {
        var pointers = Self()
        pointers.thread = CPU.threadPointer
        pointers.second = CPU.secondaryBase
        return pointers
    }
    package func load() {
        CPU.threadPointer = thread
        CPU.secondaryBase = second
    }
}

extension CPU {
    /// The frame that entry code hands to the library OS.
    package static func frame(at address: UInt) -> ProgramFrame {
        // SAFETY: only entry code, or who has a frame, calls: with the address of a frame that was
        // just pushed and stays until the library OS returns.
        guard let frame = unsafe UnsafeMutableRawPointer(bitPattern: address) else {
            fatalError("a frame at address 0")
        }
        return unsafe ProgramFrame(at: frame)
    }
    /// Whether a data page runs as code: calls a `ret` in one. A refused fetch faults at the target
    /// itself, with the return address on the stack; `answerExecutionProbe` returns from it.
    package static func canExecuteData() -> Bool { cpu_call_data() != 0 }
    /// Ends the probe of `canExecuteData` when its fetch was refused.
    package static func answerExecutionProbe(_ frame: ProgramFrame) -> Bool {
        guard isPageFault(frame), frame[.rip] == cpu_data_probe_address() else { return false }
        frame[.rip] = frame[.rcx]
        frame[.rax] = 0
        return true
    }
    /// A return address as it lies on the stack.
    package static func codeAddress(_ stored: UInt64) -> UInt64 { stored }
    package static func isPageFault(_ frame: ProgramFrame) -> Bool { frame[.vector] == 14 }

    /// Undoes a `syscall` whose entry was left before it set masked: it happens again (an
    /// upcall that lands in a per-CPU entry rolls back).
    package static func rollBackSystemCall(_ frame: ProgramFrame) {
        guard frame[.rip] == area.systemCallEntry else { return }
        let instructionSize: UInt64 = 2
        frame[.rip] = frame[.rcx] &- instructionSize
        frame[.rflags] = frame[.r11]
    }

    /// Takes TF out of a frame that was single-stepped into the entry code, and notes it for the
    /// program's; whether the exception was that.
    package static func stopStepping(_ frame: ProgramFrame) -> Bool {
        guard frame[.vector] == 1, area.containsEntryCode(frame[.rip]) else { return false }
        frame.isStepping = false
        area.wasStepped = true
        return true
    }
    /// Puts back what `stopStepping` took out.
    package static func setStepping(_ frame: ProgramFrame) { frame.isStepping = true }
}
