internal import Base
internal import NucleusLayout

/// The first pages of a CPU's area: data, descriptor tables and task state, as bytes to store.
package enum ProcessorArea {
    /// The supervisor view of CPU `index`.
    package static func supervisorView(_ index: Int) -> UInt64 {
        UInt64(CPU_AREA_BASE) + UInt64(index) * UInt64(CPU_AREA_STRIDE)
    }
    package static func userView(_ index: Int) -> UInt64 {
        supervisorView(index) + UInt64(CPU_AREA_USER_VIEW)
    }

    /// AREA_DATA: the library OS runs (masked once), nothing is pending.
    package static func data(index: Int, stack: Range<UInt64>) -> [UInt8] {
        var page = BytePage()
        page.store(UInt32(1), at: DATA_MASKED)
        page.store(stack.upperBound, at: DATA_LIBRARY_STACK_TOP)
        page.store(stack.lowerBound, at: DATA_LIBRARY_STACK_LIMIT)
        page.store(UInt16(VMM_POWER_OFF_PORT), at: DATA_POWER_OFF_PORT)
        page.store(UInt32(VMM_POWER_OFF_VALUE), at: DATA_POWER_OFF_VALUE)
        page.store(UInt32(index), at: DATA_CPU_INDEX)
        return page.bytes
    }

    /// AREA_IDT: exceptions, the gate, device vectors, spurious (SDM 3A, 6.14.1).
    package static func interruptTable(index: Int) -> [UInt8] {
        let nucleus = supervisorView(index) + UInt64(AREA_NUCLEUS)
        var page = BytePage()
        func set(_ vector: Int32, _ target: Int32, stack: Int32, ring: UInt64 = 0) {
            let address = nucleus + UInt64(target)
            let interruptGate: UInt64 = 0x8e  // present, type 14
            page.store(
                address & 0xffff | UInt64(SELECTOR_KERNEL_CODE) << 16 | UInt64(stack) << 32
                    | (interruptGate | ring << 5) << 40 | (address >> 16 & 0xffff) << 48,
                at: vector * 16)
            page.store(address >> 32, at: vector * 16 + 8)
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
        return page.bytes
    }

    /// AREA_TABLES: the GDT, accessed and busy bits set, then a return frame for each exception.
    package static func tables(index: Int) -> [UInt8] {
        var page = BytePage()
        page.store(UInt64(0x00af_9b00_0000_ffff), at: TABLES_GDT + SELECTOR_KERNEL_CODE)
        page.store(UInt64(0x00cf_9300_0000_ffff), at: TABLES_GDT + SELECTOR_KERNEL_DATA)
        page.store(UInt64(0x00cf_fb00_0000_ffff), at: TABLES_GDT + 0x20)
        page.store(UInt64(0x00cf_f300_0000_ffff), at: TABLES_GDT + (SELECTOR_USER_DATA & ~7))
        page.store(UInt64(0x00af_fb00_0000_ffff), at: TABLES_GDT + (SELECTOR_USER_CODE & ~7))
        let task = supervisorView(index) + UInt64(AREA_TSS)
        let busyTask: UInt64 = 0x8b
        page.store(
            UInt64(TSS_LIMIT) & 0xffff | (task & 0xff_ffff) << 16 | busyTask << 40
                | (task >> 24 & 0xff) << 56, at: TABLES_GDT + SELECTOR_TSS)
        page.store(task >> 32, at: TABLES_GDT + SELECTOR_TSS + 8)
        for vector in 0..<EXCEPTION_VECTORS {
            let frame = TABLES_RETURN_FRAMES + vector * RETURN_FRAME_BYTES
            let entry = AREA_ENTRY + ENTRY_EXCEPTIONS + vector * ENTRY_EXCEPTION_BYTES
            page.store(userView(index) + UInt64(entry), at: frame)
            page.store(UInt64(SELECTOR_USER_CODE), at: frame + 8)
            page.store(UInt64(0x202), at: frame + 16)  // interrupts on
            page.store(userView(index) + UInt64(AREA_SCRATCH) + 0x2000, at: frame + 24)
            page.store(UInt64(SELECTOR_USER_DATA), at: frame + 32)
        }
        return page.bytes
    }

    /// AREA_TSS: stacks, and the port bitmap that lets ring 3 write the early console alone.
    package static func taskState(index: Int) -> [UInt8] {
        var pages = BytePage(count: 3)
        let area = supervisorView(index)
        func top(_ offset: Int32) -> UInt64 { area + UInt64(offset) + UInt64(Page.size) }
        pages.store(top(AREA_GATE_STACK), at: 0x04)  // RSP0 (SDM 3A, figure 8-11)
        for (number, stack) in [
            (IST_EXCEPTION, AREA_EXCEPTION_STACK), (IST_NMI, AREA_NMI_STACK),
            (IST_DOUBLE_FAULT, AREA_DOUBLE_FAULT_STACK),
            (IST_MACHINE_CHECK, AREA_MACHINE_CHECK_STACK),
        ] {
            pages.store(top(stack), at: 0x24 + (number - 1) * 8)
        }
        pages.store(UInt16(TSS_IO_MAP_OFFSET), at: 0x66)
        pages.fill(TSS_IO_MAP_OFFSET...TSS_LIMIT, with: 0xff)
        let port = VMM_EARLY_CONSOLE_PORT
        pages.store(UInt8(0xff) & ~(1 << UInt8(port & 7)), at: TSS_IO_MAP_OFFSET + port / 8)
        return pages.bytes
    }
}

/// Zeroed pages that are filled by offset.
struct BytePage {
    private(set) var bytes: [UInt8]
    init(count: Int = 1) { bytes = [UInt8](repeating: 0, count: count * Page.size) }

    mutating func store<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value, at offset: Int32
    ) {
        var span = bytes.mutableSpan
        var view = span.mutableRaw
        view.storeLittleEndian(value, at: Int(offset))
    }
    mutating func fill(_ range: ClosedRange<Int32>, with byte: UInt8) {
        for offset in range { bytes[Int(offset)] = byte }
    }
}
