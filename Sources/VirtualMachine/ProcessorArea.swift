internal import Base
internal import NucleusInterface
internal import NucleusLayoutX86_64

/// The pages of a CPU's area as bytes to store.
extension ProcessorArea {
    /// AREA_DATA.
    package static func data(index: Int, stack: Range<UInt64>) -> [UInt8] {
        pages(AREA_DATA) { ProcessorArea(index: index).writeData(stack: stack, $0) }
    }
    /// AREA_IDT.
    package static func interruptTable(index: Int) -> [UInt8] {
        pages(AREA_IDT) { ProcessorArea(index: index).writeInterruptTable($0) }
    }
    /// AREA_TABLES.
    package static func tables(index: Int) -> [UInt8] {
        pages(AREA_TABLES) { ProcessorArea(index: index).writeTables($0) }
    }
    /// AREA_TSS: ring 3 writes the early console and starts CPUs.
    package static func taskState(index: Int) -> [UInt8] {
        let console = UInt16(VMM_EARLY_CONSOLE_PORT)
        let start = UInt16(VMM_PROCESSOR_PORT)
        return pages(AREA_TSS, count: 3, ones: TSS_IO_MAP_OFFSET...TSS_LIMIT) {
            ProcessorArea(index: index).writeTaskState(
                ports: [console...console, start...start + 3], $0)
        }
    }

    private static func pages(
        _ first: Int32, count: Int = 1, ones: ClosedRange<Int32>? = nil, _ write: (Store) -> Void
    ) -> [UInt8] {
        var page = BytePage(count: count)
        if let ones { page.fill(ones, with: 0xff) }
        write { offset, word in page.store(word, at: offset - first) }
        return page.bytes
    }
}

/// Zeroed pages that are filled by offset.
struct BytePage {
    private(set) var bytes: [UInt8]
    init(count: Int = 1) { bytes = [UInt8](repeating: 0, count: count * Page.size) }

    mutating func store<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value, at offset: Int32
    ) {
        var span = bytes.mutableSpan
        var view = span.mutableRaw
        view.storeLittleEndian(value, at: Int(offset))
    }
    mutating func fill(_ range: ClosedRange<Int32>, with byte: UInt8) {
        for offset in range { bytes[Int(offset)] = byte }
    }
}
