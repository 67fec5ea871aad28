internal import NucleusLayout
internal import NucleusLayoutX86_64

/// The first pages of a CPU's area: data, descriptor tables and task state, written word by word by
/// who prepares the area (our VMM, or the library OS where a loader entered it by another protocol).
package struct ProcessorArea: Sendable {
    package let index: Int
    package init(index: Int) { self.index = index }

    /// Stores a 32-bit word at a byte offset within the area.
    package typealias Store = (_ offset: Int32, _ word: UInt32) -> Void

    package var supervisorView: UInt64 {
        UInt64(CPU_AREA_BASE) + UInt64(index) * UInt64(CPU_AREA_STRIDE)
    }
    package var userView: UInt64 { supervisorView + UInt64(CPU_AREA_USER_VIEW) }

    // Out of line, as `set` below, for their many callers: under an emulator distinct code is what a
    // start costs.
    @inline(never)
    private func store(_ value: UInt64, at offset: Int32, _ store: Store) {
        store(offset, UInt32(truncatingIfNeeded: value))
        store(offset + 4, UInt32(truncatingIfNeeded: value >> 32))
    }

    /// AREA_DATA: the library OS runs (masked once), nothing is pending.
    package func writeData(stack: Range<UInt64>, _ word: Store) {
        word(AREA_DATA + DATA_MASKED, 1)
        store(stack.upperBound, at: AREA_DATA + DATA_LIBRARY_STACK_TOP, word)
        store(stack.lowerBound, at: AREA_DATA + DATA_LIBRARY_STACK_LIMIT, word)
        word(AREA_DATA + DATA_POWER_OFF_PORT, UInt32(VMM_POWER_OFF_PORT))
        word(AREA_DATA + DATA_POWER_OFF_VALUE, UInt32(VMM_POWER_OFF_VALUE))
        word(AREA_DATA + DATA_CPU_INDEX, UInt32(index))
    }

    /// AREA_IDT: exceptions, the gate, device vectors, spurious (SDM 3A, 6.14.1).
    package func writeInterruptTable(_ word: Store) {
        let nucleus = supervisorView + UInt64(AREA_NUCLEUS)
        @inline(never)
        func set(_ vector: Int32, _ target: Int32, stack: Int32, ring: UInt64 = 0) {
            let address = nucleus + UInt64(target)
            let interruptGate: UInt64 = 0x8e  // present, type 14
            store(
                address & 0xffff | UInt64(SELECTOR_KERNEL_CODE) << 16 | UInt64(stack) << 32
                    | (interruptGate | ring << 5) << 40 | (address >> 16 & 0xffff) << 48,
                at: AREA_IDT + vector * 16, word)
            store(address >> 32, at: AREA_IDT + vector * 16 + 8, word)
        }
        for vector in 0..<EXCEPTION_VECTORS {
            set(
                vector, NUCLEUS_EXCEPTION_STUBS + vector * EXCEPTION_STUB_BYTES,
                stack: IST_EXCEPTION)
        }
        set(2, NUCLEUS_NMI, stack: IST_NMI)
        set(3, NUCLEUS_EXCEPTION_STUBS + 3 * EXCEPTION_STUB_BYTES, stack: IST_EXCEPTION, ring: 3)
        set(GATE_VECTOR, NUCLEUS_GATE, stack: 0, ring: 3)
        set(
            8, NUCLEUS_EXCEPTION_STUBS + 8 * EXCEPTION_STUB_BYTES, stack: IST_DOUBLE_FAULT)
        set(
            18, NUCLEUS_EXCEPTION_STUBS + 18 * EXCEPTION_STUB_BYTES, stack: IST_MACHINE_CHECK)
        for number in 0..<DEVICE_VECTORS {
            set(
                FIRST_DEVICE_VECTOR + number,
                NUCLEUS_INTERRUPT_STUBS + number * INTERRUPT_STUB_BYTES, stack: 0)
        }
        set(SPURIOUS_VECTOR, NUCLEUS_SPURIOUS, stack: 0)
    }

    /// AREA_TABLES: the GDT, accessed and busy bits set, then a return frame for each exception.
    package func writeTables(_ word: Store) {
        func segment(_ selector: Int32, _ descriptor: UInt64) {
            store(descriptor, at: AREA_TABLES + TABLES_GDT + selector & ~7, word)
        }
        segment(SELECTOR_KERNEL_CODE, 0x00af_9b00_0000_ffff)
        segment(SELECTOR_KERNEL_DATA, 0x00cf_9300_0000_ffff)
        segment(0x20, 0x00cf_fb00_0000_ffff)
        segment(SELECTOR_USER_DATA, 0x00cf_f300_0000_ffff)
        segment(SELECTOR_USER_CODE, 0x00af_fb00_0000_ffff)
        let task = supervisorView + UInt64(AREA_TSS)
        let busyTask: UInt64 = 0x8b
        segment(
            SELECTOR_TSS,
            UInt64(TSS_LIMIT) & 0xffff | (task & 0xff_ffff) << 16 | busyTask << 40
                | (task >> 24 & 0xff) << 56)
        segment(SELECTOR_TSS + 8, task >> 32)
        for vector in 0..<EXCEPTION_VECTORS {
            let frame = AREA_TABLES + TABLES_RETURN_FRAMES + vector * RETURN_FRAME_BYTES
            let entry = AREA_ENTRY + ENTRY_EXCEPTIONS + vector * ENTRY_EXCEPTION_BYTES
            store(userView + UInt64(entry), at: frame, word)
            store(UInt64(SELECTOR_USER_CODE), at: frame + 8, word)
            store(UInt64(0x202), at: frame + 16, word)  // interrupts on
            store(userView + UInt64(AREA_SCRATCH) + 0x2000, at: frame + 24, word)
            store(UInt64(SELECTOR_USER_DATA), at: frame + 32, word)
        }
    }

    /// AREA_TSS: stacks, and the bitmap of the ports that ring 3 may use, all below 0x400.
    ///
    /// Precondition: the pages are zero up to the bitmap, and the bitmap's bytes (TSS_IO_MAP_OFFSET
    /// to TSS_LIMIT) are ones: bit n is port n, and a byte of ones ends it.
    package func writeTaskState(ports: [ClosedRange<UInt16>], _ word: Store) {
        func top(_ offset: Int32) -> UInt64 { supervisorView + UInt64(offset) + 0x1000 }
        store(top(AREA_GATE_STACK), at: AREA_TSS + 0x04, word)  // RSP0 (SDM 3A, figure 8-11)
        store(top(AREA_EXCEPTION_STACK), at: AREA_TSS + 0x24 + (IST_EXCEPTION - 1) * 8, word)
        store(top(AREA_NMI_STACK), at: AREA_TSS + 0x24 + (IST_NMI - 1) * 8, word)
        store(top(AREA_DOUBLE_FAULT_STACK), at: AREA_TSS + 0x24 + (IST_DOUBLE_FAULT - 1) * 8, word)
        store(
            top(AREA_MACHINE_CHECK_STACK), at: AREA_TSS + 0x24 + (IST_MACHINE_CHECK - 1) * 8, word)
        word(AREA_TSS + 0x64, UInt32(TSS_IO_MAP_OFFSET) << 16)
        for first in stride(from: UInt16(0), to: 0x400, by: 32) {
            var bits = UInt32.max
            for range in ports where range.overlaps(first...first + 31) {
                for port in range.clamped(to: first...first + 31) {
                    bits &= ~(1 << UInt32(port & 31))
                }
            }
            if bits != .max { word(AREA_TSS + TSS_IO_MAP_OFFSET + Int32(first / 8), bits) }
        }
    }
}
