internal import Base

/// /etc/ld.so.cache in the format of glibc 2.2 and later (glibc: sysdeps/generic/dl-cache.h): names of
/// libraries, and where they are.
package struct LinkerCache {
    private var places: [[UInt8]: [[UInt8]]] = [:]

    private static let magic = Array("glibc-ld.so.cache1.1".utf8)
    private static let headerByteCount = 48
    private static let entryByteCount = 24
    /// Flags: an ELF library of libc6, and whose CPU's.
    private static let x86_64: Int32 = 0x0303
    private static let arm64: Int32 = 0x0a03

    package init() {}
    /// Reads a file's bytes; of a damaged one, what can be read.
    package init(_ bytes: [UInt8], for architecture: Architecture) {
        let wanted =
            switch architecture {
            case .x86_64: Self.x86_64
            case .arm64: Self.arm64
            }
        guard bytes.count >= Self.headerByteCount, bytes.starts(with: Self.magic) else { return }
        let count = Int(bytes.span.raw.littleEndian(UInt32.self, at: 20))
        for index in 0..<min(count, (bytes.count - Self.headerByteCount) / Self.entryByteCount) {
            let offset = Self.headerByteCount + index * Self.entryByteCount
            let entry = bytes.span.raw
            guard entry.littleEndian(Int32.self, at: offset) == wanted,
                let name = Self.string(bytes, entry.littleEndian(UInt32.self, at: offset + 4)),
                let place = Self.string(bytes, entry.littleEndian(UInt32.self, at: offset + 8))
            else { continue }
            places[name, default: []].append(place)
        }
    }
    private static func string(_ bytes: [UInt8], _ offset: UInt32) -> [UInt8]? {
        guard Int(offset) < bytes.count else { return nil }
        return Array(bytes[Int(offset)...].prefix { $0 != 0 })
    }

    /// Where libraries of a name are, the best for newer CPUs first.
    package func places(of name: [UInt8]) -> [[UInt8]] { places[name] ?? [] }
}
