package import Base

/// What a PVH loader hands over (xen/include/public/arch-x86/hvm/start_info.h): a structure in low
/// memory that points to a command line, modules, a memory map and the ACPI root pointer.
package struct PVHStartInfo: Sendable {
    package static let byteCount = 56
    private static let magic: UInt32 = 0x336e_c578
    /// More of these than a machine can have; the list behind them is not read further.
    private static let maximumCount: UInt32 = 128

    private let moduleList: UInt64
    package let moduleCount: Int
    /// NUL-terminated; `nil` where there is none.
    package let commandLine: PhysicalAddress?
    /// RSDP; `nil` where there are no ACPI tables.
    package let rootPointer: PhysicalAddress?
    private let memoryMap: UInt64
    package let memoryRangeCount: Int

    package enum Failure: Error, Equatable, Sendable {
        case truncated
        case badMagic
        /// Without a memory map (version 0) nothing is known of the machine's memory.
        case oldVersion
        case tooMany
    }

    /// Reads the structure's bytes.
    package init(checking bytes: RawSpan) throws(Failure) {
        guard bytes.byteCount >= Self.byteCount else { throw .truncated }
        guard bytes.littleEndian(UInt32.self, at: 0) == Self.magic else { throw .badMagic }
        guard bytes.littleEndian(UInt32.self, at: 4) >= 1 else { throw .oldVersion }
        let modules = bytes.littleEndian(UInt32.self, at: 12)
        let ranges = bytes.littleEndian(UInt32.self, at: 48)
        guard modules <= Self.maximumCount, ranges <= Self.maximumCount else { throw .tooMany }
        moduleCount = Int(modules)
        memoryRangeCount = Int(ranges)
        moduleList = bytes.littleEndian(UInt64.self, at: 16)
        memoryMap = bytes.littleEndian(UInt64.self, at: 40)
        func address(_ offset: Int) -> PhysicalAddress? {
            let value = bytes.littleEndian(UInt64.self, at: offset)
            return value == 0 ? nil : PhysicalAddress(rawValue: value)
        }
        commandLine = address(24)
        rootPointer = address(32)
    }

    /// Where entry `index` of a list lies, and how long it is.
    package static let rangeByteCount = 24
    package static let moduleByteCount = 32
    package func memoryRange(_ index: Int) -> PhysicalAddress {
        PhysicalAddress(rawValue: memoryMap &+ UInt64(index * Self.rangeByteCount))
    }
    package func module(_ index: Int) -> PhysicalAddress {
        PhysicalAddress(rawValue: moduleList &+ UInt64(index * Self.moduleByteCount))
    }

    /// A range of the memory map, or a module: where it begins and how many bytes it has.
    package struct Extent: Equatable, Sendable {
        package let base: UInt64
        package let byteCount: UInt64
        /// Whether it is RAM that is free to use; of modules `true`.
        package let isMemory: Bool

        /// An entry of the memory map; type 1 is RAM, as in E820. `nil` where it wraps around.
        package init?(range bytes: RawSpan) {
            guard bytes.byteCount >= PVHStartInfo.rangeByteCount else { return nil }
            self.init(bytes, isMemory: bytes.littleEndian(UInt32.self, at: 16) == 1)
        }
        /// An entry of the module list.
        package init?(module bytes: RawSpan) {
            guard bytes.byteCount >= PVHStartInfo.moduleByteCount else { return nil }
            self.init(bytes, isMemory: true)
        }
        private init?(_ bytes: RawSpan, isMemory: Bool) {
            base = bytes.littleEndian(UInt64.self, at: 0)
            byteCount = bytes.littleEndian(UInt64.self, at: 8)
            self.isMemory = isMemory
            guard !base.addingReportingOverflow(byteCount).overflow else { return nil }
        }
        package var end: UInt64 { base + byteCount }
    }
}
