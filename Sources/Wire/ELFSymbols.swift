internal import Base

/// The function symbols of an ELF64 file (System V ABI, "Sections" and "Symbol Table"), checked.
///
/// For naming code addresses in a crash report. A file without a symbol table has no symbols.
package struct ELFSymbols: ~Escapable {
    private let symbols: RawSpan
    private let names: RawSpan
    private let sections: RawSpan

    private static let symbolByteCount = 24
    private static let sectionByteCount = 64
    /// sh_type of a symbol table; st_info's low half for functions and untyped labels.
    private static let symbolTableKind: UInt32 = 2
    private static let function: UInt8 = 2
    private static let untyped: UInt8 = 0
    /// How far a label without a size names what follows it.
    private static let labelReach: UInt64 = 1 << 16

    /// Finds the symbol table of a file; `nil` where there is none or it lies outside the file.
    @_lifetime(copy file)
    package init?(checking file: RawSpan) {
        guard file.byteCount >= ELFHeader.byteCount,
            file.bigEndian(UInt32.self, at: 0) == ELFHeader.magic
        else { return nil }
        let table = file.littleEndian(UInt64.self, at: 40)
        let count = Int(file.littleEndian(UInt16.self, at: 60))
        guard file.littleEndian(UInt16.self, at: 58) == UInt16(Self.sectionByteCount),
            let sections = Self.range(file, table, UInt64(count * Self.sectionByteCount))
        else { return nil }
        for index in 0..<count {
            let section = index * Self.sectionByteCount
            guard sections.littleEndian(UInt32.self, at: section + 4) == Self.symbolTableKind
            else { continue }
            let link = Int(sections.littleEndian(UInt32.self, at: section + 40))
            guard link < count,
                let symbols = Self.contents(file, sections, section),
                let names = Self.contents(file, sections, link * Self.sectionByteCount)
            else { return nil }
            self.symbols = symbols
            self.names = names
            self.sections = sections
            return
        }
        return nil
    }

    @_lifetime(copy file)
    private static func range(_ file: RawSpan, _ start: UInt64, _ byteCount: UInt64) -> RawSpan? {
        let size = UInt64(file.byteCount)
        guard start <= size, byteCount <= size - start else { return nil }
        return file.extracting(Int(start)..<Int(start + byteCount))
    }
    @_lifetime(copy file)
    private static func contents(
        _ file: RawSpan, _ sections: RawSpan, _ section: Int
    ) -> RawSpan? {
        range(
            file, sections.littleEndian(UInt64.self, at: section + 24),
            sections.littleEndian(UInt64.self, at: section + 32))
    }

    // MARK: One by one

    package var count: Int { symbols.byteCount / Self.symbolByteCount }

    /// A symbol with a size: where it lies, and what kind of section holds it.
    package struct Symbol: Equatable, Sendable {
        package let address: UInt64
        package let byteCount: UInt64
        package let isCode: Bool
    }
    /// SHF_ALLOC and SHF_EXECINSTR
    private static let loadedSection: UInt64 = 2
    private static let executableSection: UInt64 = 4

    /// Symbol `index`; `nil` where it has no size or is in no section that is loaded.
    package func symbol(_ index: Int) -> Symbol? {
        let symbol = index * Self.symbolByteCount
        let section = Int(symbols.littleEndian(UInt16.self, at: symbol + 6))
        let byteCount = symbols.littleEndian(UInt64.self, at: symbol + 16)
        guard byteCount > 0, section > 0, section < sections.byteCount / Self.sectionByteCount
        else { return nil }
        let flags = sections.littleEndian(
            UInt64.self, at: section * Self.sectionByteCount + 8)
        guard flags & Self.loadedSection != 0 else { return nil }
        return Symbol(
            address: symbols.littleEndian(UInt64.self, at: symbol + 8), byteCount: byteCount,
            isCode: flags & Self.executableSection != 0)
    }
    /// The name of symbol `index`, as it stands in the file; empty where it has none.
    @_lifetime(copy self)
    package func name(_ index: Int) -> RawSpan {
        let start = Int(symbols.littleEndian(UInt32.self, at: index * Self.symbolByteCount))
        guard start < names.byteCount else { return names.extracting(0..<0) }
        var end = start
        while end < names.byteCount, names.byte(at: end) != 0 { end += 1 }
        return names.extracting(start..<end)
    }

    /// A function and how far into it an address is.
    package struct Match: ~Escapable {
        /// The symbol's name, as it stands in the file (mangled).
        package let name: RawSpan
        package let offset: UInt64

        @_lifetime(copy name)
        fileprivate init(name: RawSpan, offset: UInt64) {
            self.name = name
            self.offset = offset
        }
    }

    /// Returns the function that holds `address` (as linked), or the nearest label below it.
    @_lifetime(copy self)
    package func function(at address: UInt64) -> Match? {
        var best: (start: UInt64, name: Int)?
        for index in 0..<symbols.byteCount / Self.symbolByteCount {
            let symbol = index * Self.symbolByteCount
            let kind = symbols.byte(at: symbol + 4) & 0xf
            let start = symbols.littleEndian(UInt64.self, at: symbol + 8)
            let size = symbols.littleEndian(UInt64.self, at: symbol + 16)
            guard kind == Self.function || kind == Self.untyped, start <= address,
                address - start < (size == 0 ? Self.labelReach : size),
                symbols.littleEndian(UInt16.self, at: symbol + 6) != 0
            else { continue }
            if let best, best.start > start { continue }
            best = (start, Int(symbols.littleEndian(UInt32.self, at: symbol)))
        }
        guard let best, best.name < names.byteCount else { return nil }
        var end = best.name
        while end < names.byteCount, names.byte(at: end) != 0 { end += 1 }
        guard end > best.name else { return nil }
        return Match(name: names.extracting(best.name..<end), offset: address - best.start)
    }
}
