internal import Base
internal import Wire

/// How many bytes of a linked kernel each module is, by the kernel's symbols.
package struct ModuleSizes: Equatable, Sendable {
    package struct Module: Equatable, Sendable {
        package let name: String
        package var codeByteCount: Int
        package var dataByteCount: Int
        package var byteCount: Int { codeByteCount + dataByteCount }
    }
    /// The largest first.
    package private(set) var modules: [Module]

    /// What has no Swift name: assembly, C.
    static let nameless = "C-and-assembly"
    /// The type of the note that holds them in an image (owner "Martlet").
    static let noteType: UInt32 = 3

    /// Counts the symbols of a kernel's file; `nil` where it has none.
    package init?(symbolsOf file: [UInt8]) {
        guard let symbols = ELFSymbols(checking: file.span.raw) else { return nil }
        var found: [(symbol: ELFSymbols.Symbol, module: String)] = []
        for index in 0..<symbols.count {
            guard let symbol = symbols.symbol(index) else { continue }
            found.append((symbol, Self.module(of: symbols.name(index))))
        }
        // Several names for one place count once, the first by name of what is there.
        found.sort { ($0.symbol.address, $0.module) < ($1.symbol.address, $1.module) }
        var byName: [String: Module] = [:]
        var end: UInt64 = 0
        for (symbol, name) in found {
            let (symbolEnd, overflows) = symbol.address.addingReportingOverflow(symbol.byteCount)
            guard !overflows, symbolEnd > end else { continue }
            let count = Int(clamping: symbolEnd - max(symbol.address, end))
            end = symbolEnd
            var module =
                byName[name] ?? Module(name: name, codeByteCount: 0, dataByteCount: 0)
            if symbol.isCode {
                module.codeByteCount += count
            } else {
                module.dataByteCount += count
            }
            byName[name] = module
        }
        modules = byName.values.sorted { ($1.byteCount, $0.name) < ($0.byteCount, $1.name) }
    }

    /// The module in a mangled name (Swift's ABI, "Mangling"): behind `$s` or `$e`, a length and a
    /// name, or `s` for the standard library.
    static func module(of symbol: RawSpan) -> String {
        var at = 2
        let isSwift =
            symbol.byteCount > 3 && symbol.byte(at: 0) == UInt8(ascii: "$")
            && (symbol.byte(at: 1) == UInt8(ascii: "s") || symbol.byte(at: 1) == UInt8(ascii: "e"))
        guard isSwift else {
            return hasPrefix(symbol, "swift_") || hasPrefix(symbol, "_swift_") ? "Swift" : nameless
        }
        if symbol.byte(at: at) == UInt8(ascii: "s") { return "Swift" }
        var length = 0
        while at < symbol.byteCount, (0x30...0x39).contains(symbol.byte(at: at)), length < 1000 {
            length = length * 10 + Int(symbol.byte(at: at) - 0x30)
            at += 1
        }
        guard length > 0, length <= symbol.byteCount - at else { return "Swift" }
        return String(
            decoding: (at..<at + length).map { symbol.byte(at: $0) }, as: UTF8.self)
    }
    private static func hasPrefix(_ symbol: RawSpan, _ prefix: StaticString) -> Bool {
        guard symbol.byteCount >= prefix.utf8CodeUnitCount else { return false }
        for index in 0..<prefix.utf8CodeUnitCount
        where symbol.byte(at: index) != prefix.byte(at: index) { return false }
        return true
    }

    // MARK: In an image's note: a line a module, name, bytes of code, bytes of data

    var text: [UInt8] {
        Array(
            modules.map { "\($0.name) \($0.codeByteCount) \($0.dataByteCount)\n" }.joined().utf8)
    }
    /// Reads a note's text; lines that are none are left out.
    init(text: [UInt8]) {
        modules = String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 3, let code = Int(words[1]), let data = Int(words[2]), code >= 0,
                data >= 0
            else { return nil }
            return Module(
                name: ImageFailure.text(Array(words[0].utf8)), codeByteCount: code,
                dataByteCount: data)
        }
    }
}
