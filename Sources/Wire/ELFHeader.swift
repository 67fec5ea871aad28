package import Base

/// The header of an ELF64 file (System V ABI, "ELF Header"), checked.
package struct ELFHeader: Equatable, Sendable {
    package static let byteCount = 64
    /// "\u{7f}ELF" as a big-endian integer.
    package static let magic: UInt32 = 0x7f45_4c46

    package let kind: Kind
    package let machine: ELFMachine
    /// Where execution begins, before a static PIE's base is added.
    package let entry: VirtualAddress
    /// Offset of the program headers in the file, in bytes.
    package let segmentTableOffset: UInt64
    package let segmentCount: Int

    /// e_type, of files that can be run.
    package enum Kind: UInt16, Sendable {
        /// ET_EXEC: linked to its addresses.
        case fixed = 2
        /// ET_DYN: position-independent.
        case positionIndependent = 3
    }

    /// Byte offsets of the fields.
    fileprivate enum Offset {
        static let fileClass = 4
        static let dataEncoding = 5
        static let kind = 16
        static let machine = 18
        static let entry = 24
        static let segmentTable = 32
        static let segmentEntrySize = 54
        static let segmentCount = 56
    }

    /// Reads the header at the start of a file's bytes; checks all but the machine.
    package init(checking bytes: RawSpan) throws(ELFFailure) {
        guard bytes.byteCount >= 4, bytes.bigEndian(UInt32.self, at: 0) == Self.magic else {
            throw .notELF
        }
        guard bytes.byteCount >= Self.byteCount else { throw .truncated }
        guard bytes.byte(at: Offset.dataEncoding) == 1 else { throw .bigEndian }
        guard bytes.byte(at: Offset.fileClass) == 2 else { throw .not64Bit }
        let rawKind = bytes.littleEndian(UInt16.self, at: Offset.kind)
        guard let kind = Kind(rawValue: rawKind) else { throw .notExecutable }
        self.kind = kind
        machine = ELFMachine(rawValue: bytes.littleEndian(UInt16.self, at: Offset.machine))
        entry = VirtualAddress(rawValue: bytes.littleEndian(UInt64.self, at: Offset.entry))
        segmentTableOffset = bytes.littleEndian(UInt64.self, at: Offset.segmentTable)
        segmentCount = Int(bytes.littleEndian(UInt16.self, at: Offset.segmentCount))
        guard segmentCount > 0 else { throw .noLoadableSegments }
        // Linux refuses tables above 64 KiB too (fs/binfmt_elf.c, load_elf_phdrs).
        let entrySize = Int(bytes.littleEndian(UInt16.self, at: Offset.segmentEntrySize))
        guard entrySize == ELFSegment.byteCount, segmentTableByteCount <= 1 << 16 else {
            throw .badSegmentTable
        }
    }

    package var segmentTableByteCount: Int { segmentCount * ELFSegment.byteCount }

    /// Says so where the file is for another CPU.
    package func require(_ machine: ELFMachine) throws(ELFFailure) {
        guard self.machine == machine else { throw .otherMachine(self.machine) }
    }
}

/// e_machine: the CPU that a file is for.
package struct ELFMachine: Equatable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package static let x86_64 = Self(rawValue: 62)
    package static let arm64 = Self(rawValue: 183)

    /// What the start of an ELF file says, of whatever width and order its words are; `nil` where it
    /// is too short.
    package init?(ofHeader bytes: RawSpan) {
        guard bytes.byteCount >= ELFHeader.byteCount else { return nil }
        let isBigEndian = bytes.byte(at: ELFHeader.Offset.dataEncoding) == 2
        let field = ELFHeader.Offset.machine
        rawValue =
            isBigEndian
            ? bytes.bigEndian(UInt16.self, at: field) : bytes.littleEndian(UInt16.self, at: field)
    }

    /// The CPU's usual name.
    package var name: StaticString {
        switch rawValue {
        case 2: "SPARC"
        case 3: "32-bit x86"
        case 4: "Motorola 68000"
        case 8: "MIPS"
        case 20: "PowerPC"
        case 21: "64-bit PowerPC"
        case 22: "IBM Z"
        case 40: "32-bit Arm"
        case 43: "64-bit SPARC"
        case 50: "Itanium"
        case 62: "x86-64"
        case 183: "arm64"
        case 243: "RISC-V"
        case 247: "BPF"
        case 258: "LoongArch"
        default: "an unknown CPU"
        }
    }
}

/// Why a file is not a program that can be loaded.
package enum ELFFailure: Error, Equatable, Sendable {
    case notELF
    case truncated
    case not64Bit
    case bigEndian
    case otherMachine(ELFMachine)
    case notExecutable
    case badSegmentTable
    case noLoadableSegments
    case badSegmentSize
    case badAlignment
    case segmentsOutOfOrder
    case overlappingSegments
    case hugeSegment
    case badInterpreter
    case entryOutsideText
    case badNotes

    /// What to say of the file, to follow its name; a machine's name is to be appended.
    package var reason: StaticString {
        switch self {
        case .notELF: "is not an ELF file"
        case .truncated: "is truncated"
        case .not64Bit: "is a 32-bit program; only 64-bit ones run"
        case .bigEndian: "is a big-endian program"
        case .otherMachine: "is for another CPU: "
        case .notExecutable: "is an object file or a core dump, not a program"
        case .badSegmentTable: "has a damaged table of program headers"
        case .noLoadableSegments: "has no loadable segments"
        case .badSegmentSize: "has a segment that is larger in the file than in memory"
        case .badAlignment: "has a segment whose address and file offset do not match"
        case .segmentsOutOfOrder: "has segments that are not in order of their addresses"
        case .overlappingSegments: "has overlapping segments"
        case .hugeSegment: "has a segment that does not fit the address space"
        case .badInterpreter: "has no proper name for its dynamic linker"
        case .entryOutsideText: "has an entry point outside its code"
        case .badNotes: "has damaged notes"
        }
    }
}
