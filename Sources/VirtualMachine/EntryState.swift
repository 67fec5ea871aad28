internal import Base
internal import KVM
internal import LinuxHost
internal import NucleusInterface
internal import NucleusLayout
internal import NucleusLayoutX86_64

/// The registers with which CPU 0 enters the library OS (NucleusLayout.h).
enum EntryState {
    static func make(
        _ kernel: KernelImage, _ layout: GuestLayout, _ features: ProcessorFeatures
    ) -> ProcessorState {
        let area = ProcessorArea(index: 0).supervisorView
        var state = ProcessorState()
        state.instructionPointer = kernel.entry
        state.stackPointer = stackPointer
        state.arguments = (UInt64(DIRECT_MAP_BASE) + layout.record.base, layout.record.byteCount)
        state.pageTableRoot = layout.pageTables.base
        state.descriptorTable = (area + UInt64(AREA_TABLES + TABLES_GDT), UInt16(GDT_BYTES) - 1)
        state.interruptTable = (area + UInt64(AREA_IDT), UInt16(Page.size) - 1)
        state.taskState = (UInt16(SELECTOR_TSS), area + UInt64(AREA_TSS), UInt32(TSS_LIMIT))
        state.codeSelector = UInt16(SELECTOR_USER_CODE)
        state.dataSelector = UInt16(SELECTOR_USER_DATA)
        // Ring 0's LSTAR code: where `syscall` stays in ring 3, the guest finds out and moves it.
        state.systemCallTargets = (
            star: 0x23 << 48 | UInt64(SELECTOR_KERNEL_CODE) << 32,
            lstar: area + UInt64(AREA_NUCLEUS + NUCLEUS_LSTAR), mask: UInt64(SYSCALL_FLAG_MASK)
        )
        state.extendedControl = features.extendedControl
        state.timerVector = UInt8(TIMER_VECTOR)
        state.spuriousVector = UInt8(SPURIOUS_VECTOR)
        return state
    }

    /// Below the frame of the first return to the program and a red zone; as after a call, 8 bytes
    /// off a multiple of 16 (System V ABI, 3.2.2).
    static let stackPointer: UInt64 = {
        let top = GuestLayout.bootStackTop - UInt64(FRAME_BYTES) - 128
        return (top & ~15) - 8
    }()
}

extension BootFacts {
    /// Clocks as they are now, and a seed.
    static func measured(
        _ processor: borrowing KVMProcessor, _ clock: MachineClock
    ) throws(MachineFailure) -> BootFacts {
        var facts = BootFacts()
        facts.timeStampFrequency = processor.timeStampFrequency
        facts.timeStampOffset = processor.timeStampOffset
        facts.wallClockTimeStamp = HostClock.timeStamp
        facts.wallClock = clock.now()
        do {
            facts.seed = try Host.random(byteCount: BootRecord.seedSize)
        } catch {
            throw .host("the host gives no random bytes", error)
        }
        return facts
    }
}
