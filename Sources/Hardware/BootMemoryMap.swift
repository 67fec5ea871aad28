internal import Base
package import NucleusInterface

/// What of RAM is taken when the kernel starts, and so what of it is free: kernel, loader's data,
/// archive, what firmware reserves.
package struct BootMemoryMap {
    private struct Taken: Sendable {
        var base: UInt64
        var end: UInt64
        var kind: BootRecord.MemoryKind
    }
    // Taken ranges in whole pages, by their base.
    private var taken = InlineArray<32, Taken>(repeating: Taken(base: 0, end: 0, kind: .reserved))
    private var count = 0
    package init() {}

    /// Takes the pages that bytes lie in; what is beyond the table's room stays free. Where ranges
    /// overlap the one with the lower base has the pages.
    package mutating func take(_ base: UInt64, _ end: UInt64, _ kind: BootRecord.MemoryKind) {
        let (rounded, overflow) = end.addingReportingOverflow(Page.offsetMask)
        guard count < taken.count, base < end else { return }
        var index = count
        while index > 0, taken[index - 1].base > base {
            taken[index] = taken[index - 1]
            index -= 1
        }
        taken[index] = Taken(
            base: base & ~Page.offsetMask, end: (overflow ? .max : rounded) & ~Page.offsetMask,
            kind: kind)
        count += 1
    }

    /// Calls `body` with the parts of a range of RAM in their order, each in whole pages.
    package func forEachPart(
        of base: UInt64, _ end: UInt64,
        _ body: (_ base: UInt64, _ end: UInt64, BootRecord.MemoryKind) -> Void
    ) {
        let (rounded, overflow) = base.addingReportingOverflow(Page.offsetMask)
        guard !overflow else { return }
        var next = rounded & ~Page.offsetMask
        let end = end & ~Page.offsetMask
        func add(_ base: UInt64, _ end: UInt64, _ kind: BootRecord.MemoryKind) {
            if base < end { body(base, end, kind) }
        }
        for index in 0..<count where taken[index].end > next && taken[index].base < end {
            let part = taken[index]
            add(next, part.base, .usable)
            add(max(next, part.base), min(part.end, end), part.kind)
            next = max(next, part.end)
        }
        add(next, end, .usable)
    }
}

extension BootRecordBuilder {
    /// Appends a range of memory.
    package mutating func append(_ base: UInt64, _ end: UInt64, _ kind: BootRecord.MemoryKind) {
        append(BootRecord.memoryMap, base, end - base, UInt64(kind.rawValue))
    }
    /// Appends a range of RAM by its parts.
    package mutating func append(_ base: UInt64, _ end: UInt64, _ map: borrowing BootMemoryMap) {
        map.forEachPart(of: base, end) { append($0, $1, $2) }
    }
    /// Appends the archive of files that a loader brought, which begins at a page.
    /// Precondition: it lies in RAM.
    package mutating func appendArchive(at base: UInt64, byteCount: UInt64) {
        guard byteCount > 0, base & Page.offsetMask == 0 else { return }
        append(
            BootRecord.modules, base, byteCount, UInt64(BootRecord.ModuleKind.files.rawValue))
    }
}
