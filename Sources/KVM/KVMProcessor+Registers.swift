internal import CKVM
internal import LinuxABI
internal import LinuxHost

/// Where a CPU begins: ring 3, paging on, tables loaded.
package struct ProcessorState: Equatable, Sendable {
    package var instructionPointer: UInt64 = 0
    package var stackPointer: UInt64 = 0
    /// First and second argument of the function at `instructionPointer` (RDI, RSI).
    package var arguments: (UInt64, UInt64) = (0, 0)
    package var pageTableRoot: UInt64 = 0
    package var descriptorTable: (base: UInt64, limit: UInt16) = (0, 0)
    package var interruptTable: (base: UInt64, limit: UInt16) = (0, 0)
    package var taskState: (selector: UInt16, base: UInt64, limit: UInt32) = (0, 0, 0)
    package var codeSelector: UInt16 = 0
    package var dataSelector: UInt16 = 0
    /// STAR, LSTAR and SFMASK (SDM 4, table 2-2).
    package var systemCallTargets: (star: UInt64, lstar: UInt64, mask: UInt64) = (0, 0, 0)
    package var extendedControl: UInt64 = 0
    package var timerVector: UInt8 = 0
    package var spuriousVector: UInt8 = 0
    /// The ring of code and data.
    package var privilege: UInt8 = 3

    package init() {}
    package static func == (a: Self, b: Self) -> Bool {
        a.instructionPointer == b.instructionPointer && a.stackPointer == b.stackPointer
            && a.arguments == b.arguments && a.pageTableRoot == b.pageTableRoot
    }
}

/// Registers of a stopped CPU, for a report.
package struct RegisterReport: Sendable {
    package let instructionPointer: UInt64
    package let stackPointer: UInt64
    package let faultAddress: UInt64
    package let pageTableRoot: UInt64
    package let codeSelector: UInt16
    /// RAX, RBX, RCX, RDX, RSI, RDI, RBP, then R8 to R15, RFLAGS last.
    package let general: [(name: String, value: UInt64)]
}

extension KVMProcessor {
    // SDM 3A, 2.5: paging, write protection, numeric errors, x87 and protection.
    private static let control0: UInt64 = 0x8005_0033
    // PAE, OSFXSR, OSXMMEXCPT, FSGSBASE, OSXSAVE.
    private static let control4: UInt64 = 0x50620
    // SYSCALL, long mode enabled and active, no-execute.
    private static let extendedFeatures: UInt64 = 0xd01
    // Bit 1 is always set; interrupts on.
    private static let flags: UInt64 = 0x202

    /// Loads all registers, in the order that the nested hosts need.
    package func load(_ state: ProcessorState) throws(KVMError) {
        try loadSystemRegisters(state)
        _ = try KVMError.check(
            ckvm_set_xcr0(descriptor.rawValue, state.extendedControl), "KVM_SET_XCRS")
        try setModelSpecificRegister(0xc000_0081, state.systemCallTargets.star)
        try setModelSpecificRegister(0xc000_0082, state.systemCallTargets.lstar)
        try setModelSpecificRegister(0xc000_0084, state.systemCallTargets.mask)
        try loadInterruptController(state)
        var registers = kvm_regs()
        registers.rip = state.instructionPointer
        registers.rsp = state.stackPointer
        registers.rdi = state.arguments.0
        registers.rsi = state.arguments.1
        registers.rflags = Self.flags
        _ = try KVMError.check(
            unsafe ckvm_set_regs(descriptor.rawValue, &registers), "KVM_SET_REGS")
    }
    /// Lets the CPU run where it is not CPU 0, which others would have to start.
    package func makeRunnable() throws(KVMError) {
        _ = try KVMError.check(ckvm_make_runnable(descriptor.rawValue), "KVM_SET_MP_STATE")
    }

    private func loadSystemRegisters(_ state: ProcessorState) throws(KVMError) {
        var registers = kvm_sregs()
        _ = try KVMError.check(
            unsafe ckvm_get_sregs(descriptor.rawValue, &registers), "KVM_GET_SREGS")
        registers.cr0 = Self.control0
        registers.cr3 = state.pageTableRoot
        registers.cr4 = Self.control4
        registers.efer = Self.extendedFeatures
        registers.cs = kvm_segment()
        registers.cs.limit = 0xffff_ffff
        registers.cs.selector = state.codeSelector
        registers.cs.type = 11  // code, readable, accessed (SDM 3A, table 3-1)
        registers.cs.present = 1
        registers.cs.dpl = state.privilege
        registers.cs.s = 1
        registers.cs.l = 1
        registers.cs.g = 1
        var data = kvm_segment()
        data.limit = 0xffff_ffff
        data.selector = state.dataSelector
        data.type = 3  // data, writable, accessed
        data.present = 1
        data.dpl = state.privilege
        data.s = 1
        data.db = 1
        data.g = 1
        (registers.ss, registers.ds, registers.es) = (data, data, data)
        (registers.fs, registers.gs) = (data, data)
        registers.tr = kvm_segment()
        registers.tr.base = state.taskState.base
        registers.tr.limit = state.taskState.limit
        registers.tr.selector = state.taskState.selector
        registers.tr.type = 11  // 64-bit task state, busy
        registers.tr.present = 1
        registers.ldt = kvm_segment()
        registers.ldt.unusable = 1
        registers.gdt.base = state.descriptorTable.base
        registers.gdt.limit = state.descriptorTable.limit
        registers.idt.base = state.interruptTable.base
        registers.idt.limit = state.interruptTable.limit
        // Local APIC at its usual place, enabled, xAPIC mode; CPU 0 started the machine.
        registers.apic_base = 0xfee0_0000 | 1 << 11 | 1 << 8
        _ = try KVMError.check(
            unsafe ckvm_set_sregs(descriptor.rawValue, &registers), "KVM_SET_SREGS")
    }

    private func setModelSpecificRegister(_ index: UInt32, _ value: UInt64) throws(KVMError) {
        guard ckvm_set_msr(descriptor.rawValue, index, value) == 1 else {
            throw KVMError(request: "KVM_SET_MSRS", errno: .last)
        }
    }

    /// Local APIC registers (SDM 3A, table 11-1): a stray ExtINT would derail the guest, so the
    /// two pins are masked; the timer is one-shot and not armed.
    private func loadInterruptController(_ state: ProcessorState) throws(KVMError) {
        var controller = kvm_lapic_state()
        _ = try KVMError.check(
            unsafe ckvm_get_lapic(descriptor.rawValue, &controller), "KVM_GET_LAPIC")
        let masked: UInt32 = 1 << 16
        unsafe ckvm_lapic_store(&controller, 0x0f0, 1 << 8 | UInt32(state.spuriousVector))
        unsafe ckvm_lapic_store(&controller, 0x320, UInt32(state.timerVector))
        unsafe ckvm_lapic_store(&controller, 0x350, masked)
        unsafe ckvm_lapic_store(&controller, 0x360, masked)
        unsafe ckvm_lapic_store(&controller, 0x370, masked)
        unsafe ckvm_lapic_store(&controller, 0x3e0, 0xb)  // divide by 1
        _ = try KVMError.check(
            unsafe ckvm_set_lapic(descriptor.rawValue, &controller), "KVM_SET_LAPIC")
    }

    /// Reads the registers of a stopped CPU, `nil` where KVM does not give them.
    package func registerReport() -> RegisterReport? {
        var registers = kvm_regs()
        var system = kvm_sregs()
        guard unsafe ckvm_get_regs(descriptor.rawValue, &registers) == 0,
            unsafe ckvm_get_sregs(descriptor.rawValue, &system) == 0
        else { return nil }
        return RegisterReport(
            instructionPointer: registers.rip, stackPointer: registers.rsp,
            faultAddress: system.cr2, pageTableRoot: system.cr3, codeSelector: system.cs.selector,
            general: [
                ("rax", registers.rax), ("rbx", registers.rbx), ("rcx", registers.rcx),
                ("rdx", registers.rdx), ("rsi", registers.rsi), ("rdi", registers.rdi),
                ("rbp", registers.rbp), ("r8", registers.r8), ("r9", registers.r9),
                ("r10", registers.r10), ("r11", registers.r11), ("r12", registers.r12),
                ("r13", registers.r13), ("r14", registers.r14), ("r15", registers.r15),
                ("rflags", registers.rflags),
            ])
    }
}
