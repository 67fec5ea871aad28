internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Wire

/// A program's file, read and checked, on its way into an address space.
struct ProgramImage: ~Copyable {
    let file: RegularNode
    let header: ELFHeader
    let layout: ELFProgramLayout
    private let table: FixedBuffer<UInt8>

    /// Reads and checks the headers of a file.
    init(checking file: RegularNode) throws(StartFailure) {
        do throws(Errno) { try file.loadContents() } catch { throw .memory(error) }
        file.pages.isProgram = true
        let header = try Self.readHeader(file)
        let table = try Self.readTable(file, header)
        let layout = try Self.check(table, of: header, file)
        self.file = file
        self.header = header
        self.table = table
        self.layout = layout
    }
    /// Whose programs this machine runs.
    private static var machine: ELFMachine {
        switch ABI.current {
        case .x86_64: .x86_64
        case .arm64: .arm64
        }
    }
    private static func readHeader(_ file: RegularNode) throws(StartFailure) -> ELFHeader {
        var storage = InlineArray<64, UInt8>(repeating: 0)
        let count: Int
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            count = file.pages.read(at: 0, into: &bytes)
        }
        let bytes = storage.span.raw.extracting(first: count)
        do throws(ELFFailure) {
            let header = try ELFHeader(checking: bytes)
            try header.require(machine)
            return header
        } catch {
            throw .file(error)
        }
    }
    /// The bytes of the program headers.
    private static func readTable(
        _ file: RegularNode, _ header: ELFHeader
    ) throws(StartFailure) -> FixedBuffer<UInt8> {
        guard header.segmentTableOffset <= UInt64(file.byteCount),
            header.segmentTableByteCount <= Int(file.byteCount) - Int(header.segmentTableOffset)
        else { throw .file(.truncated) }
        guard var table = FixedBuffer<UInt8>(count: header.segmentTableByteCount, repeating: 0)
        else { throw .memory(.outOfMemory) }
        do {
            var bytes = table.mutableBytes
            _ = file.pages.read(at: Int64(header.segmentTableOffset), into: &bytes)
        }
        return table
    }
    private static func check(
        _ table: borrowing FixedBuffer<UInt8>, of header: ELFHeader, _ file: RegularNode
    ) throws(StartFailure) -> ELFProgramLayout {
        do throws(ELFFailure) {
            let segments = try ELFSegments(
                checking: table.bytes, of: header, fileByteCount: UInt64(file.byteCount))
            return try segments.checkProgram(of: header)
        } catch {
            throw .file(error)
        }
    }
    /// The path of its dynamic linker, without the NUL, as it is at `range` of the file.
    func interpreterPath(at range: Range<UInt64>) throws(StartFailure) -> FixedBuffer<UInt8> {
        guard var path = FixedBuffer<UInt8>(count: range.count - 1, repeating: 0) else {
            throw .memory(.outOfMemory)
        }
        do {
            var bytes = path.mutableBytes
            guard file.pages.read(at: Int64(range.lowerBound), into: &bytes) == range.count - 1
            else { throw .file(.badInterpreter) }
        }
        var index = 0
        while index < path.count {
            guard path[index] != 0 else { throw .file(.badInterpreter) }
            index += 1
        }
        return path
    }

    /// Maps the program's segments and gives the addresses that follow; the heap begins behind them.
    ///
    /// ENOMEM and EPERM as mmap(2); what was mapped before an error stays.
    func map(into space: AddressSpace) throws(Errno) -> LoadedProgram {
        let bias: UInt64
        switch header.kind {
        case .fixed: bias = 0
        case .positionIndependent:
            let base = space.layout.executableBase.rawValue & ~(layout.alignment - 1)
            bias = base &- layout.start.pageDown.rawValue
        }
        try mapSegments(bias: bias, into: space)
        let end = VirtualAddress(rawValue: layout.end.rawValue &+ bias)
        guard let heap = end.pageUp?.advanced(by: space.layout.breakOffset) else {
            throw .outOfMemory
        }
        space.initializeBreak(at: heap)
        return LoadedProgram(
            entry: VirtualAddress(rawValue: header.entry.rawValue &+ bias),
            segmentTable: VirtualAddress(
                rawValue: layout.segmentTable.map { $0.rawValue &+ bias } ?? 0),
            segmentCount: header.segmentCount)
    }
    /// Maps a dynamic linker where there is room, and returns where it begins and its base.
    func mapInterpreter(
        into space: AddressSpace, for owner: RegionOwner
    ) throws(Errno) -> (entry: VirtualAddress, base: VirtualAddress) {
        let start = layout.start.pageDown
        var bias: UInt64 = 0
        if header.kind == .positionIndependent {
            let spare = layout.alignment - UInt64(Page.size)
            let byteCount = layout.end.rawValue - start.rawValue + spare
            let room = try space.map(
                at: nil, placement: .hint, byteCount: byteCount, protection: [])
            // The segments go there; no more than them stays.
            try space.unmap(room, byteCount: byteCount)
            bias = (room.rawValue + spare) & ~(layout.alignment - 1) &- start.rawValue
        }
        try mapSegments(bias: bias, into: space, for: owner)
        return (
            VirtualAddress(rawValue: header.entry.rawValue &+ bias), VirtualAddress(rawValue: bias)
        )
    }
    private func mapSegments(
        bias: UInt64, into space: AddressSpace, for owner: RegionOwner? = nil
    ) throws(Errno) {
        var index = 0
        while index < header.segmentCount {
            let segment = ELFSegment(
                table.bytes.extracting(droppingFirst: index * ELFSegment.byteCount))
            index += 1
            if segment.kind == .load, segment.memoryByteCount > 0 {
                try map(segment, bias: bias, into: space, for: owner)
            }
        }
    }

    private func map(
        _ segment: ELFSegment, bias: UInt64, into space: AddressSpace, for owner: RegionOwner?
    ) throws(Errno) {
        let start = VirtualAddress(rawValue: segment.address.rawValue &+ bias)
        let fileEnd = VirtualAddress(rawValue: start.rawValue &+ segment.fileByteCount)
        let memoryEnd = VirtualAddress(rawValue: start.rawValue &+ segment.memoryByteCount)
        var protection: AddressSpace.Protection = []
        if segment.flags.contains(.read) { protection.insert(.read) }
        if segment.flags.contains(.write) { protection.insert(.write) }
        if segment.flags.contains(.execute) { protection.insert(.execute) }

        var zeroStart = start.pageDown
        if segment.fileByteCount > 0 {
            let before = UInt64(start.pageOffset)
            _ = try space.map(
                at: start.pageDown, placement: .fixed,
                byteCount: segment.fileByteCount + before, protection: protection,
                backing: .file(file.pages, offset: Int64(segment.fileOffset - before)),
                owner: owner)
            guard let fileTop = fileEnd.pageUp else { throw .outOfMemory }
            zeroStart = fileTop
            space.prepare(start.pageDown, fileTop, protection)
        }
        guard let top = memoryEnd.pageUp else { throw .outOfMemory }
        if top > zeroStart {
            _ = try space.map(
                at: zeroStart, placement: .fixed,
                byteCount: top.rawValue - zeroStart.rawValue, protection: protection)
        }
        // The rest of the last page of the file's part is zero too, all of it: dynamic linkers use what is
        // behind their own data (fs/binfmt_elf.c, padzero).
        if segment.fileByteCount > 0, segment.memoryByteCount > segment.fileByteCount,
            segment.flags.contains(.write), fileEnd.pageOffset != 0
        {
            try space.frame(at: fileEnd.pageDown, for: .write)
                .zero(from: fileEnd.pageOffset, to: Page.size)
        }
    }
}

/// Where a program is in its address space.
struct LoadedProgram {
    let entry: VirtualAddress
    /// AT_PHDR; 0 where the program headers are in no segment.
    let segmentTable: VirtualAddress
    let segmentCount: Int
    /// AT_BASE: where its dynamic linker is; 0 in a static program.
    var interpreterBase = VirtualAddress(rawValue: 0)
}
