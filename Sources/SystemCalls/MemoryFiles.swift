internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes

// Files in memory without a path, and seals on them.
extension SystemCalls {
    private enum MemoryFileFlags {
        /// MFD_CLOEXEC
        static let closeOnExec: UInt32 = 0x01
        /// MFD_ALLOW_SEALING
        static let allowSealing: UInt32 = 0x02
        /// MFD_NOEXEC_SEAL
        static let sealExecute: UInt32 = 0x08
        /// MFD_EXEC
        static let execute: UInt32 = 0x10
        static let known = closeOnExec | allowSealing | sealExecute | execute
    }

    /// memfd_create(2): Makes a file in memory without a path. There are no huge pages: EINVAL for
    /// MFD_HUGETLB. Errors: EFAULT, EINVAL, EMFILE, ENOMEM.
    static func memfdCreate(
        _ caller: Caller, name: VirtualAddress, flags: UInt32
    ) throws(Errno) -> Int {
        guard flags & ~MemoryFileFlags.known == 0,
            flags & MemoryFileFlags.sealExecute == 0 || flags & MemoryFileFlags.execute == 0
        else { throw .invalidArgument }
        var seals: FileSeals = .seal
        var mode: UInt32 = 0o777
        if flags & MemoryFileFlags.allowSealing != 0 { seals = [] }
        if flags & MemoryFileFlags.sealExecute != 0 {
            seals = .execute
            mode = 0o666
        }
        // MFD_NAME_MAX_LEN and the NUL.
        var storage = InlineArray<250, UInt8>(repeating: 0)
        let file: OpenFile
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            guard let length = try ProgramMemory.copyInString(from: name, into: &bytes) else {
                throw .invalidArgument
            }
            file = try caller.files.openMemoryFile(
                named: bytes.bytes.extracting(first: length), seals: seals,
                mode: FileMode(rawValue: mode))
        }
        return try caller.install(
            file, flags & MemoryFileFlags.closeOnExec != 0 ? .closeOnExec : [])
    }

    /// F_ADD_SEALS
    static func addSeals(
        _ caller: Caller, _ file: OpenFile, _ argument: UInt64
    ) throws(Errno) {
        guard file.flags.allowsWriting else { throw .operationNotPermitted }
        let seals = FileSeals(rawValue: UInt32(truncatingIfNeeded: argument))
        guard argument >> 32 == 0, seals.isSubset(of: .known),
            let node = file.node as? RegularNode
        else { throw .invalidArgument }
        if !node.seals.contains(.seal), seals.contains(.write),
            node.pages.isMappedForWriting
        {
            throw .busy
        }
        try node.addSeals(seals)
    }
    /// F_GET_SEALS
    static func seals(of file: OpenFile) throws(Errno) -> Int {
        guard let node = file.node as? RegularNode else { throw .invalidArgument }
        return Int(node.seals.rawValue)
    }
}
