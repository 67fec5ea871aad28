internal import Base
internal import KVM
internal import LinuxHost
internal import NucleusInterface
internal import NucleusLayoutX86_64

/// The steps that put things into guest memory.
enum Loader {
    /// Reserves the RAM; only what lies beyond the packed range gets huge pages.
    static func makeMemory(
        _ configuration: MachineConfiguration, _ layout: GuestLayout
    ) throws(MachineFailure) -> GuestMemory {
        let size = configuration.memoryByteCount & ~Page.offsetMask
        guard size >= layout.leastMemory else {
            throw .refused(
                "\(configuration.memoryByteCount >> 20) MiB of memory is too small for this image:"
                    + " it needs at least \(layout.leastMemory >> 20) MiB (--memory)")
        }
        guard size <= maximumMemory else {
            throw .refused("a machine has at most \(maximumMemory >> 40) TiB of memory")
        }
        do {
            let memory = try GuestMemory(byteCount: size)
            if size >= hugePageThreshold {
                let huge = PageTables.largePageSize
                memory.preferHugePages(
                    from: PhysicalAddress(rawValue: (layout.end + huge - 1) / huge * huge))
            }
            return memory
        } catch {
            throw .host("the host gives no \(size >> 20) MiB of memory", error)
        }
    }
    /// What frame numbers of 32 bits reach, less the hole.
    static let maximumMemory: UInt64 = 1 << 40
    /// Small machines are for many of them: their memory is touched page by page.
    static let hugePageThreshold: UInt64 = 64 << 20

    static func load(
        _ kernel: KernelImage, from file: Descriptor, to memory: GuestMemory, _ layout: GuestLayout
    ) throws(MachineFailure) {
        for segment in kernel.segments {
            try load(
                MachineConfiguration.FileRange(
                    file: file, offset: segment.fileOffset, byteCount: segment.fileByteCount),
                at: layout.physical(ofKernel: segment.address), in: memory, "the kernel image")
        }
    }

    static func load(
        _ files: MachineConfiguration.FileRange?, to memory: GuestMemory, _ layout: GuestLayout
    ) throws(MachineFailure) {
        guard let files else { return }
        try load(
            files, at: PhysicalAddress(rawValue: layout.files.base), in: memory,
            "the program's archive")
    }

    /// Maps the root file system's image into the guest.
    static func map(
        _ image: MachineConfiguration.FileRange?, to memory: GuestMemory, _ layout: GuestLayout
    ) throws(MachineFailure) {
        guard let image, image.byteCount > 0 else { return }
        do throws(GuestLoadError) {
            try memory.map(
                image.file, from: image.offset, byteCount: Int(image.byteCount),
                at: PhysicalAddress(rawValue: layout.image.base))
        } catch {
            switch error {
            case .host(let error):
                throw .host("the root file system's image can't be mapped", error)
            case .memory(let error): throw MachineFailure(error)
            }
        }
    }

    private static func load(
        _ range: MachineConfiguration.FileRange, at address: PhysicalAddress,
        in memory: GuestMemory,
        _ what: String
    ) throws(MachineFailure) {
        guard let byteCount = Int(exactly: range.byteCount) else {
            throw .refused("\(what) is too large")
        }
        let loaded: Int
        do {
            loaded = try memory.load(
                range.file, offset: range.offset, byteCount: byteCount, at: address)
        } catch {
            switch error {
            case .host(let error): throw .host("\(what) can't be read", error)
            case .memory(let error): throw MachineFailure(error)
            }
        }
        guard loaded == byteCount else { throw .refused("\(what) is truncated") }
    }

    /// Fills CPU 0's area: templates from the image, tables from here.
    static func prepareProcessorArea(
        _ kernel: KernelImage, in memory: GuestMemory, _ layout: GuestLayout
    ) throws(MachineFailure) {
        func place(_ offset: Int32) -> PhysicalAddress {
            PhysicalAddress(rawValue: layout.processorArea.base + UInt64(offset))
        }
        try inGuest { () throws(GuestMemoryError) in
            for (template, target) in [
                (kernel.nucleusTemplate, AREA_NUCLEUS), (kernel.entryTemplate, AREA_ENTRY),
            ] {
                let bytes = try memory.bytes(
                    at: layout.physical(ofKernel: template), byteCount: Page.size)
                try memory.store(bytes, at: place(target))
            }
            let stack = GuestLayout.bootStackBottom..<GuestLayout.bootStackTop
            try memory.store(ProcessorArea.data(index: 0, stack: stack), at: place(AREA_DATA))
            try memory.store(ProcessorArea.interruptTable(index: 0), at: place(AREA_IDT))
            try memory.store(ProcessorArea.tables(index: 0), at: place(AREA_TABLES))
            try memory.store(ProcessorArea.taskState(index: 0), at: place(AREA_TSS))
        }
    }

    static func store(
        _ tables: PageTables, in memory: GuestMemory
    ) throws(MachineFailure) {
        try inGuest { () throws(GuestMemoryError) in
            var address = tables.base.rawValue
            for table in tables.tables {
                var page = BytePage()
                for (index, entry) in table.enumerated() where entry != 0 {
                    page.store(entry, at: Int32(index * 8))
                }
                try memory.store(page.bytes, at: PhysicalAddress(rawValue: address))
                address += UInt64(Page.size)
            }
        }
    }

    static func storeRecord(
        _ facts: BootFacts, _ commandLine: [UInt8], in memory: GuestMemory, _ layout: GuestLayout
    ) throws(MachineFailure) {
        let record = BootRecordWriter.record(
            layout, regions: memory.regions, commandLineByteCount: commandLine.count, facts)
        let base = layout.record.base
        try inGuest { () throws(GuestMemoryError) in
            try memory.store(record, at: PhysicalAddress(rawValue: base))
            try memory.store(
                commandLine, at: PhysicalAddress(rawValue: base + GuestLayout.recordSize))
        }
    }
}

extension MachineConfiguration {
    /// Refuses a command line that no platform takes.
    package func checkCommandLine() throws(MachineFailure) {
        let limit = GuestLayout.maximumCommandLine
        guard commandLine.count <= limit else {
            throw .refused("the command line is longer than \(limit >> 10) KiB")
        }
    }
}

extension GuestLayout {
    /// Lays out what a configuration asks for.
    init(_ kernel: KernelImage, _ configuration: MachineConfiguration) throws(MachineFailure) {
        try configuration.checkCommandLine()
        let files = configuration.files?.byteCount ?? 0
        // Below the hole that devices use; a larger archive needs a file system of its own.
        let image = configuration.image?.byteCount ?? 0
        let limit = GuestMemory.lowLimit - (256 << 20)
        guard files <= limit, image <= limit - files else {
            throw .refused("the program's files are larger than 2.75 GiB")
        }
        let pages = AddressSpaceBuilder.maximumPages(
            kernelByteCount: kernel.byteCount,
            memoryEnd: GuestMemory.end(byteCount: configuration.memoryByteCount))
        self.init(
            kernelByteCount: kernel.byteCount,
            commandLineByteCount: configuration.commandLine.count,
            pageTablePages: pages, filesByteCount: files, imageByteCount: image)
    }
}
