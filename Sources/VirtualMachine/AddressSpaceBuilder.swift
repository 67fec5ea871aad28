internal import Base
package import KVM
internal import NucleusLayout
internal import NucleusLayoutX86_64

/// The library OS's address space at entry: as Documentation/Architecture.md has it, with W^X and guard pages.
package enum AddressSpaceBuilder {
    /// Builds the tables. `devices` is the number of virtio windows.
    package static func build(
        _ layout: GuestLayout, _ kernel: KernelImage, regions: [GuestMemory.Region], devices: Int
    ) -> PageTables {
        var tables = PageTables(base: PhysicalAddress(rawValue: layout.pageTables.base))
        mapKernel(&tables, layout, kernel)
        mapProcessorArea(&tables, layout)
        mapDirectly(&tables, layout, kernel, regions)
        mapDevices(&tables, count: devices)
        tables.map(
            GuestLayout.bootStackBottom, to: layout.bootStack.base,
            byteCount: layout.bootStack.byteCount, [.user, .global, .writable, .noExecute])
        return tables
    }

    /// How many tables `build` makes at most, known before the layout is.
    package static func maximumPages(
        kernelByteCount: UInt64, memoryEnd: UInt64
    ) -> Int {
        // The root; two levels above each of five areas, and their last tables.
        let fixed = 1 + 5 * 2 + 4 + Int(kernelByteCount / PageTables.largePageSize) + 1
        // A table of 2 MiB pages a GiB; small pages for the loaded range and ragged ends.
        let gibibytes = Int(memoryEnd >> 30) + 1
        let small = Int((kernelByteCount + (1 << 20)) / PageTables.largePageSize) + 2
        return fixed + gibibytes + small + 2
    }

    private static func mapKernel(
        _ tables: inout PageTables, _ layout: GuestLayout, _ kernel: KernelImage
    ) {
        for segment in kernel.segments {
            var rights: PageTables.Rights = [.user, .global]
            if segment.isWritable { rights.insert(.writable) }
            if !segment.isExecutable { rights.insert(.noExecute) }
            tables.map(
                segment.address, to: layout.physical(ofKernel: segment.address).rawValue,
                byteCount: segment.memoryByteCount, rights)
        }
    }

    /// The pages of CPU 0's area, in both views, with the rights of NucleusLayout.h.
    private static func mapProcessorArea(_ tables: inout PageTables, _ layout: GuestLayout) {
        func map(
            _ offset: Int32, pages: Int32 = 1, supervisor: PageTables.Rights?,
            user: PageTables.Rights?
        ) {
            let physical = layout.processorArea.base + UInt64(offset)
            let byteCount = UInt64(pages) * UInt64(Page.size)
            let address = UInt64(CPU_AREA_BASE) + UInt64(offset)
            if let supervisor {
                tables.map(address, to: physical, byteCount: byteCount, supervisor.union(.global))
            }
            if let user {
                tables.map(
                    address + UInt64(CPU_AREA_USER_VIEW), to: physical, byteCount: byteCount,
                    user.union([.user, .global]))
            }
        }
        let readOnly: PageTables.Rights = .noExecute
        let writable: PageTables.Rights = [.writable, .noExecute]
        let executable: PageTables.Rights = []
        map(AREA_DATA, supervisor: writable, user: writable)
        map(AREA_NUCLEUS, supervisor: executable, user: nil)
        map(AREA_IDT, supervisor: readOnly, user: nil)
        map(AREA_TABLES, supervisor: readOnly, user: nil)
        map(AREA_TSS, pages: 3, supervisor: readOnly, user: nil)
        map(AREA_EXCEPTION_STACK, supervisor: writable, user: readOnly)
        map(AREA_GATE_STACK, supervisor: writable, user: nil)
        map(AREA_NMI_STACK, supervisor: writable, user: readOnly)
        map(AREA_DOUBLE_FAULT_STACK, supervisor: writable, user: readOnly)
        map(AREA_MACHINE_CHECK_STACK, supervisor: writable, user: readOnly)
        map(AREA_ENTRY, supervisor: nil, user: executable)
        map(AREA_SCRATCH, pages: 2, supervisor: nil, user: writable)
        map(AREA_CRASH_STACK, pages: 4, supervisor: nil, user: writable)
    }

    /// All RAM by its physical address: 2 MiB pages, small ones where a part is read-only or where
    /// RAM begins or ends.
    private static func mapDirectly(
        _ tables: inout PageTables, _ layout: GuestLayout, _ kernel: KernelImage,
        _ regions: [GuestMemory.Region]
    ) {
        let protected = readOnlyRanges(layout, kernel)
        let rights: PageTables.Rights = [.user, .global, .noExecute]
        for region in regions {
            var address = region.base
            while address < region.end {
                let next = address + PageTables.largePageSize
                let window = address..<next
                if next <= region.end, !protected.contains(where: { $0.overlaps(window) }) {
                    tables.map(
                        largePage: UInt64(DIRECT_MAP_BASE) + address, to: address,
                        rights.union(.writable))
                } else {
                    for page in stride(
                        from: address, to: min(next, region.end), by: Page.size)
                    {
                        let isProtected = protected.contains { $0.contains(page) }
                        tables.map(
                            page: UInt64(DIRECT_MAP_BASE) + page, to: page,
                            isProtected ? rights : rights.union(.writable))
                    }
                }
                address = next
            }
        }
    }

    /// Code and constants of the kernel, and what ring 0 runs and reads: no writable alias.
    private static func readOnlyRanges(
        _ layout: GuestLayout, _ kernel: KernelImage
    ) -> [Range<UInt64>] {
        var ranges = kernel.segments.filter { !$0.isWritable }.map { segment in
            let base = layout.physical(ofKernel: segment.address).rawValue
            return base..<(base + segment.memoryByteCount + Page.offsetMask) & ~Page.offsetMask
        }
        let area = layout.processorArea.base
        ranges.append(area + UInt64(AREA_NUCLEUS)..<area + UInt64(AREA_EXCEPTION_STACK))
        ranges.append(area + UInt64(AREA_ENTRY)..<area + UInt64(AREA_SCRATCH))
        return ranges
    }

    private static func mapDevices(_ tables: inout PageTables, count: Int) {
        let rights: PageTables.Rights = [.user, .global, .writable, .noExecute, .uncached]
        tables.map(
            page: UInt64(DEVICE_WINDOW_BASE), to: UInt64(LOCAL_APIC_PHYSICAL), rights)
        for index in 0..<count {
            tables.map(
                page: UInt64(DEVICE_WINDOW_BASE) + UInt64((1 + index) * Page.size),
                to: UInt64(VMM_VIRTIO_BASE) + UInt64(index * Page.size), rights)
        }
    }
}
