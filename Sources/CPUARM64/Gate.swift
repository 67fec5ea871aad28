internal import CPUARM64Assembly
package import Base
internal import NucleusLayout
internal import NucleusLayoutARM64
internal import Synchronization

/// The fields of a CPU's area that the library OS reads and writes (AREA_DATA, user view).
///
/// SAFETY (all of this file): the area is mapped for this CPU from before boot to the end, its
/// fields are naturally aligned, and only this CPU and its nucleus touch them.
package struct CPUArea: Sendable {
    /// Address of the user view.
    package let base: UInt64
    /// That of CPU `index`.
    package init(index: Int) {
        base =
            UInt64(CPU_AREA_BASE) + UInt64(CPU_AREA_USER_VIEW)
            + UInt64(index) * UInt64(CPU_AREA_STRIDE)
    }
    /// That of the CPU which runs this.
    fileprivate init() { base = arm64_read_area() }

    /// The number of this CPU, from 0.
    fileprivate var processorNumber: Int {
        Int(truncatingIfNeeded: unsafe quad(DATA_CPU_INDEX).pointee)
    }
    /// Address of the supervisor view.
    package var supervisorBase: UInt64 { base - UInt64(CPU_AREA_USER_VIEW) }

    @unsafe private func quad(_ offset: Int32) -> UnsafeMutablePointer<UInt64> {
        guard
            let quad = unsafe UnsafeMutablePointer<UInt64>(
                bitPattern: UInt(base) + UInt(AREA_DATA) + UInt(offset))
        else { fatalError("a CPU area at address 0") }
        return unsafe quad
    }

    package var libraryStackTop: UInt64 {
        get { unsafe quad(DATA_LIBRARY_STACK_TOP).pointee }
        nonmutating set { unsafe quad(DATA_LIBRARY_STACK_TOP).pointee = newValue }
    }
    package var libraryStackLimit: UInt64 {
        get { unsafe quad(DATA_LIBRARY_STACK_LIMIT).pointee }
        nonmutating set { unsafe quad(DATA_LIBRARY_STACK_LIMIT).pointee = newValue }
    }
    fileprivate var hasReturnWork: Bool {
        get { unsafe arm64_load(quad(DATA_RETURN_WORK)) != 0 }
        nonmutating set { unsafe arm64_store(quad(DATA_RETURN_WORK), newValue ? 1 : 0) }
    }
    /// Single steps of the program are the debugger's, which there is none of yet.
    package var wasStepped: Bool {
        get { false }
        nonmutating set {}
    }

    /// Where sites that were made branches lead.
    package var callEntry: VirtualAddress {
        VirtualAddress(rawValue: unsafe quad(DATA_CALL_ENTRY).pointee)
    }
    /// X30 of the program at such a site.
    package var callLink: UInt64 { unsafe quad(DATA_CALL_X30).pointee }
    /// System calls that came by `callEntry` since boot.
    package var callCount: UInt64 { unsafe quad(DATA_FAST_CALLS).pointee }

    /// Pages that EL1 alone may touch: its code, and its view of the data page.
    package var nucleusCode: UInt64 { supervisorBase + UInt64(AREA_NUCLEUS) }
    package var nucleusData: UInt64 { supervisorBase + UInt64(AREA_DATA) }
    /// The nucleus has no stack that an exception could miss.
    package var exceptionStack: VirtualAddress? { nil }
    /// The page of the library OS's entries.
    package var entryCode: UInt64 { unsafe Self.address(arm64_entry_page()) }
    /// The stack that the crash screen is written on.
    package var crashStack: Range<UInt64> {
        base + UInt64(AREA_CRASH_STACK)..<base + UInt64(AREA_CRASH_STACK_TOP)
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

    @unsafe static func address(_ symbol: UnsafeRawPointer) -> UInt64 {
        UInt64(UInt(bitPattern: symbol))
    }
    /// Tells the nucleus where this CPU's library OS is. Called before its first exception.
    package func prepare(_ index: Int, stack: Range<UInt64>) {
        let entries = DATA_UPCALL
        unsafe quad(entries + UPCALL_SYNCHRONOUS).pointee =
            Self.address(arm64_entry(ARM64_ENTRY_SYNCHRONOUS))
        unsafe quad(entries + UPCALL_INTERRUPT).pointee =
            Self.address(arm64_entry(ARM64_ENTRY_INTERRUPT))
        unsafe quad(entries + UPCALL_ERROR).pointee = Self.address(arm64_entry(ARM64_ENTRY_ERROR))
        unsafe quad(DATA_GATE_SITE).pointee = Self.address(arm64_entry(ARM64_SITE_GATE))
        unsafe quad(DATA_RESUME_SITE).pointee = Self.address(arm64_entry(ARM64_SITE_RESUME))
        unsafe quad(DATA_CALL_ENTRY).pointee = Self.address(arm64_entry(ARM64_ENTRY_CALL))
        unsafe quad(DATA_CPU_INDEX).pointee = UInt64(index)
        unsafe quad(DATA_CRASH_TOP).pointee = crashStack.upperBound
        libraryStackTop = stack.upperBound
        libraryStackLimit = stack.lowerBound
    }
    /// Notes what this CPU goes on with when it is started.
    func prepareStart(
        _ index: Int, root: PhysicalAddress, stack: UInt64, entry: UInt64, argument: UInt64
    ) {
        let values = [CPU.rootRegister(root), stack, entry, argument, UInt64(index)]
        for (slot, value) in values.enumerated() {
            unsafe quad(DATA_START + Int32(slot * 8)).pointee = value
        }
    }
    /// Whether EL1 may not read a page. Precondition: FEAT_PAN2.
    func isRefusedToNucleus(_ address: UInt64) -> Bool {
        CPU.probePage(VirtualAddress(rawValue: address)) & 1 != 0
    }
}

/// The CPU that runs this code, and what only its nucleus can do for it.
package enum CPU {
    /// This CPU's area.
    package static var area: CPUArea { CPUArea() }

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

    @discardableResult
    private static func gate(_ index: Int32, _ first: UInt64 = 0, _ second: UInt64 = 0) -> UInt64 {
        guard unsafe hasNucleus else { return 0 }
        gateCalls.wrappingAdd(1, ordering: .relaxed)
        return arm64_gate(UInt64(UInt32(bitPattern: index)), first, second)
    }

    /// The one way into the nucleus.
    package static var gateDescription: StaticString { "gate: svc enters EL1" }
    /// A further CPU's gate needs nothing.
    package static func startGate() {}
    /// The number of the CPU that runs this, from 0; 0 on a host.
    package static var number: Int { unsafe hasNucleus ? area.processorNumber : 0 }
    /// What tells this CPU from others: Aff3 in bits 39-32, Aff2 to Aff0 in 23-0 of MPIDR_EL1.
    package static var affinity: UInt64 { read(.multiprocessorAffinity) & 0xff_00ff_ffff }
    /// Whether a vector waits to be handled on this CPU: `wait` finds out.
    package static var hasPendingVector: Bool { false }
    /// There is one gate, which needs no probe.
    package static func probeGate() {}
    package static func answerProbe(_ frame: ProgramFrame) -> Bool { false }

    /// Drops one page's translation.
    package static func flushPage(_ address: VirtualAddress) {
        gate(GATE_FLUSH_PAGE, address.rawValue)
    }
    /// The address space identifier of whichever space is loaded: a change of roots drops the other's
    /// translations.
    private static let spaceIdentifier: UInt64 = 1
    /// TTBR0_EL1 of a root. All CPUs have the same identifier with it, so that what one of them drops the
    /// others drop too.
    fileprivate static func rootRegister(_ root: PhysicalAddress) -> UInt64 {
        root.rawValue | spaceIdentifier << 48
    }
    /// Loads a page-table root, which drops every translation that is not global.
    package static func loadRoot(_ root: PhysicalAddress) {
        gate(GATE_LOAD_ROOT, rootRegister(root))
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
    /// Whether a flush reaches the other CPUs too: it is broadcast.
    package static var flushesReachAll: Bool { true }
    fileprivate static func probePage(_ address: VirtualAddress) -> UInt64 {
        gate(GATE_PROBE_PAGE, address.rawValue)
    }
    /// Drops every translation, the library OS's too.
    package static func flushAll() { gate(GATE_FLUSH_ALL) }
    /// Waits until a vector is pending; returns at once if one is. Interrupts stay masked: what came
    /// is taken by `takePendingVectors`.
    package static func wait() { arm64_wait() }
    package static func pause() { arm64_pause() }
    /// Runs the program whose frame tops the library-OS stack.
    package static func enterProgram() -> Never {
        arm64_enter_program(UInt64(UInt(bitPattern: unsafe arm64_entry(ARM64_ENTRY_RETURN))))
    }
    /// The program's thread pointer (TPIDR_EL0); the library OS does not use it.
    package static var threadPointer: UInt64 {
        get { arm64_read_thread_pointer() }
        set { arm64_write_thread_pointer(newValue) }
    }

    /// A system register that the nucleus lets be read or written (GATE_* of the layout).
    package struct SystemRegister: Sendable {
        let index: Int32
        private init(_ index: Int32) { self.index = index }
        package static let interruptAcknowledge = Self(GATE_ICC_IAR1)
        package static let endOfInterrupt = Self(GATE_ICC_EOIR1)
        package static let priorityMask = Self(GATE_ICC_PMR)
        package static let groupEnable = Self(GATE_ICC_IGRPEN1)
        package static let softwareInterrupt = Self(GATE_ICC_SGI1R)
        package static let controllerControl = Self(GATE_ICC_CTLR)
        /// ZCR_EL1: how long programs' vectors are. Precondition: SVE.
        package static let vectorLength = Self(GATE_ZCR)
        package static let multiprocessorAffinity = Self(GATE_MPIDR)
        package static let mainIdentification = Self(GATE_MIDR)
        package static let revision = Self(GATE_REVIDR)
        package static let features0 = Self(GATE_ID_AA64PFR0)
        package static let features1 = Self(GATE_ID_AA64PFR1)
        package static let vectorFeatures = Self(GATE_ID_AA64ZFR0)
        package static let debugFeatures = Self(GATE_ID_AA64DFR0)
        package static let instructions0 = Self(GATE_ID_AA64ISAR0)
        package static let instructions1 = Self(GATE_ID_AA64ISAR1)
        package static let instructions2 = Self(GATE_ID_AA64ISAR2)
        package static let memoryModel0 = Self(GATE_ID_AA64MMFR0)
        package static let memoryModel1 = Self(GATE_ID_AA64MMFR1)
        package static let memoryModel2 = Self(GATE_ID_AA64MMFR2)
        package static let systemControl = Self(GATE_SCTLR)
    }
    package static func read(_ register: SystemRegister) -> UInt64 {
        gate(GATE_READ_REGISTER, UInt64(register.index))
    }
    package static func write(_ value: UInt64, to register: SystemRegister) {
        gate(GATE_WRITE_REGISTER, UInt64(register.index), value)
    }

    /// How firmware is called (Arm SMCCC; the device tree's PSCI node says which).
    package enum Conduit: Sendable {
        case hypervisorCall
        case secureCall
    }
    /// Calls firmware; returns its X0.
    package static func callFirmware(
        _ conduit: Conduit, _ function: UInt32, _ first: UInt64 = 0, _ second: UInt64 = 0,
        _ third: UInt64 = 0
    ) -> Int64 {
        guard unsafe hasNucleus else { return -1 }
        let values: [4 of UInt64] = [UInt64(function), first, second, third]
        let index = conduit == .hypervisorCall ? GATE_HYPERVISOR_CALL : GATE_SECURE_CALL
        let result = unsafe values.span.withUnsafeBufferPointer { buffer -> UInt64 in
            guard let start = buffer.baseAddress else { return .max }
            return unsafe arm64_firmware_call(UInt64(UInt32(bitPattern: index)), start)
        }
        return Int64(bitPattern: result)
    }

    /// Makes the nucleus itself fail, for a test: by the call of firmware that this machine does not have,
    /// whose instruction is undefined.
    package static func failNucleus() {
        _ = callFirmware(conduit == .secureCall ? .hypervisorCall : .secureCall, 0)
    }

    /// To be called between writing instructions and running them, behind `cleanCode`.
    package static func serialize() { if unsafe hasNucleus { arm64_order_fetch() } }
    /// Makes stores reach a CPU that runs without its caches.
    static func cleanData(at address: VirtualAddress, byteCount: Int) {
        let line: UInt64 = 4 << (arm64_read_cache_type() >> 16 & 15)
        arm64_clean_memory(address.rawValue, address.rawValue &+ UInt64(byteCount), line)
    }
    /// Makes stores to code reach the memory that instructions are fetched from, and drops what was
    /// fetched; lines that are not mapped are left out.
    package static func cleanCode(at address: VirtualAddress, byteCount: Int) {
        guard unsafe hasNucleus, byteCount > 0 else { return }
        let end = address.rawValue &+ UInt64(byteCount)
        let type = arm64_read_cache_type()
        arm64_clean_data(address.rawValue, end, 4 << (type >> 16 & 15))
        arm64_drop_code(address.rawValue, end, 4 << (type & 15))
    }
}

/// What of a program's thread stays in the CPU beside the extended state, which the library OS does
/// not use.
package struct ProgramPointers: Sendable {
    /// TPIDR_EL0
    package var thread: UInt64 = 0

    package init() {}
    /// The running program's.
    package static var current: Self {
        var pointers = Self()
        pointers.thread = CPU.threadPointer
        return pointers
    }
    package func load() { CPU.threadPointer = thread }
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
    /// Whether a data page runs as code: branches into one. A refused fetch faults at the target
    /// itself, with the way back in X9; `answerExecutionProbe` takes it.
    package static func canExecuteData() -> Bool { arm64_call_data() != 0 }
    /// Ends the probe of `canExecuteData`, or one of `Hardening`, that was refused.
    package static func answerExecutionProbe(_ frame: ProgramFrame) -> Bool {
        if Hardening.answer(frame) { return true }
        guard isPageFault(frame), frame[.pc] == arm64_data_probe_address() else { return false }
        frame[.pc] = frame[.x9]
        frame[.x0] = 0
        return true
    }
    /// A return address without its authentication code, which bits that addresses do not have hold.
    package static func codeAddress(_ signed: UInt64) -> UInt64 { signed & (1 << 48 - 1) }
    package static func isPageFault(_ frame: ProgramFrame) -> Bool { frame.isMemoryFault }

    /// An entry is never left half done here: interrupts are masked by the exception itself.
    package static func rollBackSystemCall(_ frame: ProgramFrame) {}
    package static func stopStepping(_ frame: ProgramFrame) -> Bool { false }
    package static func setStepping(_ frame: ProgramFrame) {}
}
