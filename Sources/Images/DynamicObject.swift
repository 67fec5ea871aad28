internal import Base
internal import LinuxABI
internal import LinuxHost
internal import Wire

/// What a dynamically linked file says of the libraries that it needs (System V ABI, "Dynamic Section").
struct DynamicObject {
    let path: [UInt8]
    let machine: ELFMachine
    /// PT_INTERP: its dynamic linker; `nil` in a library, and in a static program.
    private(set) var interpreter: [UInt8]?
    /// DT_NEEDED, in order.
    private(set) var needed: [[UInt8]] = []
    /// DT_SONAME
    private(set) var name: [UInt8]?
    /// DT_RPATH and DT_RUNPATH: folders, with `$ORIGIN` and such in them.
    private(set) var searchPath: [[UInt8]] = []
    private(set) var runPath: [[UInt8]]?

    private enum Tag {
        static let end: UInt64 = 0
        static let needed: UInt64 = 1
        static let stringTable: UInt64 = 5
        static let stringTableSize: UInt64 = 10
        static let name: UInt64 = 14
        static let searchPath: UInt64 = 15
        static let runPath: UInt64 = 29
    }
    /// More than any file has that a linker made.
    private static let maximumByteCount: UInt64 = 64 << 20

    /// Reads a file's headers and its dynamic section; damaged ones are an error.
    init(_ executable: borrowing Executable) throws(ImageFailure) {
        path = executable.path
        machine = executable.machine
        let segments = executable.segments
        let file = executable.descriptor.borrowed
        let path = path
        func read(_ offset: UInt64, _ count: UInt64) throws(ImageFailure) -> [UInt8] {
            guard count <= Self.maximumByteCount, offset <= UInt64(Int64.max) - count else {
                throw ImageFailure(path, "has a damaged dynamic section")
            }
            let bytes = try attempt(path, "cannot be read") { () throws(Errno) in
                try file.contents(from: Int64(offset), atMost: Int(count))
            }
            guard bytes.count == Int(count) else {
                throw ImageFailure(path, "has a damaged dynamic section")
            }
            return bytes
        }
        if let segment = segments.first(where: { $0.kind == .interpreter }) {
            let bytes = try read(segment.fileOffset, min(segment.fileByteCount, 4096))
            interpreter = Array(bytes.prefix { $0 != 0 })
        }
        guard let segment = segments.first(where: { $0.kind == .dynamic }) else { return }
        let table = try read(segment.fileOffset, segment.fileByteCount)
        var entries: [(tag: UInt64, value: UInt64)] = []
        for offset in stride(from: 0, to: table.count - 15, by: 16) {
            let tag = table.span.raw.littleEndian(UInt64.self, at: offset)
            guard tag != Tag.end else { break }
            entries.append((tag, table.span.raw.littleEndian(UInt64.self, at: offset + 8)))
        }
        func value(_ tag: UInt64) -> UInt64? { entries.first { $0.tag == tag }?.value }
        guard let address = value(Tag.stringTable), let size = value(Tag.stringTableSize) else {
            return
        }
        // An address, which a loadable segment has at some offset of the file.
        let holder = segments.first {
            $0.kind == .load && address >= $0.address.rawValue
                && address - $0.address.rawValue < $0.fileByteCount
        }
        guard let holder else { throw ImageFailure(path, "has a damaged dynamic section") }
        let strings = try read(holder.fileOffset &+ (address - holder.address.rawValue), size)
        func string(_ offset: UInt64) throws(ImageFailure) -> [UInt8] {
            guard offset < UInt64(strings.count) else {
                throw ImageFailure(path, "has a damaged dynamic section")
            }
            return Array(strings[Int(offset)...].prefix { $0 != 0 })
        }
        for entry in entries where entry.tag == Tag.needed {
            needed.append(try string(entry.value))
        }
        if let offset = value(Tag.name) { name = try string(offset) }
        if let offset = value(Tag.searchPath) { searchPath = Self.folders(try string(offset)) }
        if let offset = value(Tag.runPath) { runPath = Self.folders(try string(offset)) }
    }

    /// The folders of a path with colons; an empty one is the working directory, where no library of an
    /// image is.
    static func folders(_ path: [UInt8]) -> [[UInt8]] {
        path.split(separator: UInt8(ascii: ":")).map { Array($0) }
    }
}
