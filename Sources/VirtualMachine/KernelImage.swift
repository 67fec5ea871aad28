internal import Base
package import LinuxHost
internal import NucleusInterface
internal import NucleusLayout
package import Wire

/// The kernel as its ELF file describes it, checked: segments that fit their places, and the note.
package struct KernelImage: Sendable {
    /// Part of the file that is loaded, with the rights of its pages.
    package struct Segment: Equatable, Sendable {
        package let address: UInt64
        package let memoryByteCount: UInt64
        package let fileOffset: Int64
        package let fileByteCount: UInt64
        package let isWritable: Bool
        package let isExecutable: Bool
        package var range: Range<UInt64> { address..<address + memoryByteCount }
    }
    /// What the kernel's note says (NucleusInterface.Note).
    private struct Note {
        let nucleusTemplate: UInt64
        let entryTemplate: UInt64
        let end: UInt64
    }

    package let entry: UInt64
    package let segments: [Segment]
    /// Addresses of the two pages that each CPU area gets a copy of.
    package let nucleusTemplate: UInt64
    package let entryTemplate: UInt64
    /// End of the image, a page boundary.
    package let end: UInt64

    /// An image as it is, for tests of what is built from one.
    init(
        entry: UInt64, segments: [Segment], nucleusTemplate: UInt64, entryTemplate: UInt64,
        end: UInt64
    ) {
        self.entry = entry
        self.segments = segments
        self.nucleusTemplate = nucleusTemplate
        self.entryTemplate = entryTemplate
        self.end = end
    }

    package static let base = UInt64(LIBRARY_BASE)
    /// A kernel is a few hundred KiB; more than this is not one.
    private static let maximumByteCount: UInt64 = 64 << 20
    private static let maximumNoteByteCount: UInt64 = 4096
    /// Header, table and note lie in the first pages of the file.
    private static let prefix = 1 << 16

    /// Reads and checks the headers, of a kernel for any CPU where `machine` is `nil`. Throws a line for a person when this is not our kernel.
    package init(
        reading file: Descriptor, for machine: ELFMachine? = .x86_64
    ) throws(MachineFailure) {
        let head = try Self.bytes(of: file, from: 0, atMost: Self.prefix)
        let fileByteCount = try Self.byteCount(of: file)
        let headers = try Self.onImage { () throws(ELFFailure) in
            try Self.readHeaders(head, machine, fileByteCount: fileByteCount)
        }
        let note = try Self.readNote(headers.notes, of: file)
        entry = headers.entry
        segments = try headers.loads.map { (load) throws(MachineFailure) in try Self.segment(load) }
        (nucleusTemplate, entryTemplate, end) = (note.nucleusTemplate, note.entryTemplate, note.end)
        try checkPlaces(machine)
    }

    /// Bytes of physical memory from the kernel's base to its end.
    package var byteCount: UInt64 { end - Self.base }

    // MARK: Steps

    private struct Headers {
        var entry: UInt64
        var loads: [ELFSegment] = []
        var notes: [ELFSegment] = []
    }

    private static func readHeaders(
        _ head: [UInt8], _ machine: ELFMachine?, fileByteCount: UInt64
    ) throws(ELFFailure) -> Headers {
        let bytes = head.span.raw
        let header = try ELFHeader(checking: bytes)
        if let machine { try header.require(machine) }
        guard header.segmentTableOffset <= UInt64(bytes.byteCount) else { throw .badSegmentTable }
        let segments = try ELFSegments(
            checking: bytes.extracting(droppingFirst: Int(header.segmentTableOffset)), of: header,
            fileByteCount: fileByteCount)
        var headers = Headers(entry: header.entry.rawValue)
        for index in 0..<segments.count {
            let segment = segments[index]
            if segment.kind == .load, segment.memoryByteCount > 0 { headers.loads.append(segment) }
            if segment.kind == .note { headers.notes.append(segment) }
        }
        return headers
    }

    private static func segment(_ load: ELFSegment) throws(MachineFailure) -> Segment {
        let address = load.address.rawValue
        guard let offset = Int64(exactly: load.fileOffset), address >= base,
            address - base <= maximumByteCount, load.memoryByteCount <= maximumByteCount,
            load.address.isPageAligned
        else { throw refusal("has a segment outside the kernel's place") }
        guard !load.flags.isSuperset(of: [.write, .execute]) else {
            throw refusal("has a segment that is both writable and executable")
        }
        return Segment(
            address: address, memoryByteCount: load.memoryByteCount, fileOffset: offset,
            fileByteCount: load.fileByteCount, isWritable: load.flags.contains(.write),
            isExecutable: load.flags.contains(.execute))
    }

    private static func readNote(
        _ segments: [ELFSegment], of file: Descriptor
    ) throws(MachineFailure) -> Note {
        for segment in segments {
            guard let offset = Int64(exactly: segment.fileOffset),
                segment.fileByteCount <= maximumNoteByteCount
            else { continue }
            let content = try bytes(of: file, from: offset, atMost: Int(segment.fileByteCount))
            var notes = ELFNotes(content.span.raw)
            while let note = try? notes.next() {
                guard note.type == NucleusInterface.Note.kernel,
                    note.isOwned(by: NucleusInterface.Note.owner)
                else { continue }
                return try readDescriptor(note.descriptor)
            }
        }
        throw refusal("has no Martlet note: it is no Martlet kernel")
    }

    private static func readDescriptor(_ descriptor: RawSpan) throws(MachineFailure) -> Note {
        let version =
            descriptor.byteCount >= 4 ? descriptor.littleEndian(UInt32.self, at: 0) : 0
        guard version == NucleusInterface.version,
            descriptor.byteCount >= NucleusInterface.Note.kernelDescriptorSize
        else {
            throw refusal(
                "is of version \(version), and this VMM needs version \(NucleusInterface.version):"
                    + " build the image again")
        }
        return Note(
            nucleusTemplate: descriptor.littleEndian(UInt64.self, at: 8),
            entryTemplate: descriptor.littleEndian(UInt64.self, at: 16),
            end: descriptor.littleEndian(UInt64.self, at: 24))
    }

    /// Checks that segments are in order and apart, and that the note's addresses lie in them.
    private func checkPlaces(_ machine: ELFMachine?) throws(MachineFailure) {
        guard !segments.isEmpty else { throw Self.refusal("has nothing to load") }
        var previousEnd = Self.base
        for segment in segments {
            guard segment.address >= previousEnd else {
                throw Self.refusal("has overlapping segments")
            }
            previousEnd = (segment.range.upperBound + Page.offsetMask) & ~Page.offsetMask
        }
        guard end & Page.offsetMask == 0, end >= previousEnd,
            end - Self.base <= Self.maximumByteCount
        else { throw Self.refusal("has a damaged Martlet note") }
        for template in [nucleusTemplate, entryTemplate] {
            guard template & Page.offsetMask == 0, template < end,
                segments.contains(where: { $0.range.contains(template) })
            else { throw Self.refusal("has a damaged Martlet note") }
        }
        // Only our VMM goes by the header's entry, which may be a physical address elsewhere.
        guard
            machine != .x86_64
                || segments.contains(where: { $0.isExecutable && $0.range.contains(entry) })
        else {
            throw Self.refusal("has its entry point outside its code")
        }
    }

    // MARK: Files and errors

    private static func refusal(_ what: String) -> MachineFailure {
        .refused("the kernel image \(what)")
    }
    private static func onImage<Value>(
        _ step: () throws(ELFFailure) -> Value
    ) throws(MachineFailure) -> Value {
        do { return try step() } catch {
            if case .otherMachine(let machine) = error {
                throw refusal("\(error.reason)\(machine.name)")
            }
            throw refusal(error.reason.description)
        }
    }
    private static func bytes(
        of file: Descriptor, from offset: Int64, atMost byteCount: Int
    ) throws(MachineFailure) -> [UInt8] {
        do {
            return try file.contents(from: offset, atMost: byteCount)
        } catch {
            throw refusal("can't be read: \(Host.description(of: error))")
        }
    }
    private static func byteCount(of file: Descriptor) throws(MachineFailure) -> UInt64 {
        do {
            return UInt64(max(try file.status().byteCount, 0))
        } catch {
            throw refusal("can't be read: \(Host.description(of: error))")
        }
    }
}
