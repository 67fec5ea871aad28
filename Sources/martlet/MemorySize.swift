import ArgumentParser

/// An amount of memory as people write it: bytes, or a number with K, M or G (powers of 1024).
struct MemorySize: ExpressibleByArgument, CustomStringConvertible, Equatable {
    let byteCount: UInt64

    static let standard = MemorySize(byteCount: 128 << 20)

    init(byteCount: UInt64) { self.byteCount = byteCount }

    init?(argument: String) {
        var digits = Substring(argument)
        var shift: UInt64 = 0
        switch digits.last {
        case "K", "k": shift = 10
        case "M", "m": shift = 20
        case "G", "g": shift = 30
        default: break
        }
        if shift > 0 { digits.removeLast() }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let number = UInt64(digits), number <= UInt64(Int64.max) >> shift
        else { return nil }
        byteCount = number << shift
    }

    var description: String {
        for (shift, unit) in [(UInt64(30), "G"), (20, "M"), (10, "K")]
        where byteCount > 0 && byteCount & ((1 << shift) - 1) == 0 {
            return "\(byteCount >> shift)\(unit)"
        }
        return "\(byteCount)"
    }
    var defaultValueDescription: String { description }
}
