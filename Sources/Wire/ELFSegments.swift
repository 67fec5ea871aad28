package import Base

/// A program header (System V ABI, "Program Header").
package struct ELFSegment: Equatable, Sendable {
    package static let byteCount = 56

    package let kind: Kind
    package let flags: Flags
    package let fileOffset: UInt64
    package let address: VirtualAddress
    package let physicalAddress: PhysicalAddress
    package let fileByteCount: UInt64
    package let memoryByteCount: UInt64
    package let alignment: UInt64

    /// p_type.
    package struct Kind: Equatable, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let load = Self(rawValue: 1)
        package static let dynamic = Self(rawValue: 2)
        package static let interpreter = Self(rawValue: 3)
        package static let note = Self(rawValue: 4)
        package static let segmentTable = Self(rawValue: 6)
        package static let threadLocal = Self(rawValue: 7)
        /// PT_GNU_STACK: its flags say whether the stack is executable.
        package static let stack = Self(rawValue: 0x6474_e551)
    }
    /// p_flags.
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let execute = Self(rawValue: 1)
        package static let write = Self(rawValue: 2)
        package static let read = Self(rawValue: 4)
    }

    /// Reads the program header at the start of `bytes`. Precondition: 56 bytes are there.
    package init(_ bytes: RawSpan) {
        let bytes = bytes.extracting(first: Self.byteCount)
        kind = Kind(rawValue: bytes.littleEndian(UInt32.self, at: 0))
        flags = Flags(rawValue: bytes.littleEndian(UInt32.self, at: 4))
        fileOffset = bytes.littleEndian(UInt64.self, at: 8)
        address = VirtualAddress(rawValue: bytes.littleEndian(UInt64.self, at: 16))
        physicalAddress = PhysicalAddress(rawValue: bytes.littleEndian(UInt64.self, at: 24))
        fileByteCount = bytes.littleEndian(UInt64.self, at: 32)
        memoryByteCount = bytes.littleEndian(UInt64.self, at: 40)
        alignment = bytes.littleEndian(UInt64.self, at: 48)
    }
}

/// The program headers of a file; each one's sizes were checked, so that its ends do not overflow.
package struct ELFSegments: ~Escapable {
    private let bytes: RawSpan
    package let count: Int

    /// The first address that no program has on any of our machines (2^47 less a page).
    private static let addressEnd: UInt64 = 0x7fff_ffff_f000

    /// Checks a table of `header.segmentTableByteCount` bytes from a file of `fileByteCount`.
    @_lifetime(copy bytes)
    package init(
        checking bytes: RawSpan, of header: ELFHeader, fileByteCount: UInt64
    ) throws(ELFFailure) {
        guard bytes.byteCount >= header.segmentTableByteCount else { throw .truncated }
        self.bytes = bytes.extracting(first: header.segmentTableByteCount)
        count = header.segmentCount
        var index = 0
        while index < count {
            let segment = self[index]
            index += 1
            guard segment.kind == .load || segment.kind == .note || segment.kind == .interpreter
            else { continue }
            guard segment.fileOffset <= fileByteCount,
                segment.fileByteCount <= fileByteCount - segment.fileOffset
            else { throw .truncated }
            guard segment.kind == .load else { continue }
            guard segment.fileByteCount <= segment.memoryByteCount else { throw .badSegmentSize }
            guard segment.address.rawValue <= Self.addressEnd,
                segment.memoryByteCount <= Self.addressEnd - segment.address.rawValue
            else { throw .hugeSegment }
        }
    }

    /// Takes header and table out of a whole file's bytes.
    @_lifetime(copy file)
    package init(checkingFile file: RawSpan, header: ELFHeader) throws(ELFFailure) {
        guard header.segmentTableOffset <= UInt64(file.byteCount),
            header.segmentTableByteCount <= file.byteCount - Int(header.segmentTableOffset)
        else { throw .truncated }
        let table = file.extracting(droppingFirst: Int(header.segmentTableOffset))
        try self.init(checking: table, of: header, fileByteCount: UInt64(file.byteCount))
    }

    /// Program header `index`. Precondition: below `count`.
    package subscript(index: Int) -> ELFSegment {
        @inline(never) get {
            precondition(index >= 0 && index < count)
            return ELFSegment(bytes.extracting(droppingFirst: index * ELFSegment.byteCount))
        }
    }
    /// The first program header of a kind.
    @inline(never)
    package func first(_ kind: ELFSegment.Kind) -> ELFSegment? {
        var index = 0
        while index < count {
            let segment = self[index]
            if segment.kind == kind { return segment }
            index += 1
        }
        return nil
    }

    /// Checks what a program, or its dynamic linker, must be: loadable segments in ascending order that
    /// do not overlap, page offsets that match, the entry in code.
    package func checkProgram(of header: ELFHeader) throws(ELFFailure) -> ELFProgramLayout {
        var lowest: VirtualAddress?
        var end = VirtualAddress(rawValue: 0)
        var alignment = UInt64(Page.size)
        var entryIsCode = false
        var index = 0
        while index < count {
            let segment = self[index]
            index += 1
            guard segment.kind == .load, segment.memoryByteCount > 0 else { continue }
            if lowest != nil {
                guard segment.address >= end else {
                    // Out of order says more than overlapping where the segment lies below all.
                    throw overlaps(before: index - 1) ? .overlappingSegments : .segmentsOutOfOrder
                }
            }
            let start = segment.address.rawValue
            if segment.fileByteCount > 0,
                (start ^ segment.fileOffset) & Page.offsetMask != 0
            {
                throw .badAlignment
            }
            guard segment.alignment & (segment.alignment &- 1) == 0 else { throw .badAlignment }
            alignment = max(alignment, segment.alignment)
            lowest = lowest ?? segment.address
            end = VirtualAddress(rawValue: start + segment.memoryByteCount)
            if segment.flags.contains(.execute), header.entry >= segment.address,
                header.entry.rawValue < start + segment.fileByteCount
            {
                entryIsCode = true
            }
        }
        guard let lowest else { throw .noLoadableSegments }
        guard entryIsCode else { throw .entryOutsideText }
        return ELFProgramLayout(
            start: lowest, end: end, alignment: alignment,
            segmentTable: segmentTableAddress(header), interpreter: try interpreter(),
            hasExecutableStack: first(.stack)?.flags.contains(.execute) ?? false)
    }

    /// Where the file names its dynamic linker: a path and a NUL (PT_INTERP); `nil` in a static program.
    private func interpreter() throws(ELFFailure) -> Range<UInt64>? {
        guard let segment = first(.interpreter) else { return nil }
        // fs/binfmt_elf.c, load_elf_binary.
        guard (2...Self.longestPath).contains(segment.fileByteCount) else { throw .badInterpreter }
        return segment.fileOffset..<segment.fileOffset + segment.fileByteCount
    }
    private static let longestPath: UInt64 = 4096

    private func overlaps(before last: Int) -> Bool {
        let segment = self[last]
        let end = segment.address.rawValue + segment.memoryByteCount
        var index = 0
        while index < last {
            let other = self[index]
            index += 1
            guard other.kind == .load, other.memoryByteCount > 0 else { continue }
            let otherEnd = other.address.rawValue + other.memoryByteCount
            if segment.address.rawValue < otherEnd && other.address.rawValue < end { return true }
        }
        return false
    }

    /// Where the loaded program sees its program headers (AT_PHDR), before the base is added.
    private func segmentTableAddress(_ header: ELFHeader) -> VirtualAddress? {
        let table = header.segmentTableOffset
        var index = 0
        while index < count {
            let segment = self[index]
            index += 1
            guard segment.kind == .load, segment.fileOffset <= table,
                table - segment.fileOffset < segment.fileByteCount
            else { continue }
            return segment.address.advanced(by: table - segment.fileOffset)
        }
        return nil
    }
}

/// Where a program's segments lie, before a static PIE's base is added.
package struct ELFProgramLayout: Equatable, Sendable {
    package let start: VirtualAddress
    package let end: VirtualAddress
    /// The largest alignment that a segment asks for, at least a page.
    package let alignment: UInt64
    package let segmentTable: VirtualAddress?
    /// Where in the file the path of its dynamic linker is, with the NUL behind it.
    package let interpreter: Range<UInt64>?
    /// PT_GNU_STACK asks for it; a file without one does not get it either, on x86-64.
    package let hasExecutableStack: Bool
}
