internal import Base

/// The one structure that every boot path hands to `boot(record)`, written by the VMM or a boot stub.
///
/// A header of `BootRecord.headerSize` bytes, then tables that the header points to by byte offset
/// from its own start. All integers are little-endian. Addresses are physical unless said.
package enum BootRecord {
    /// "MARTBOOT", read as a little-endian integer.
    package static let magic: UInt64 = 0x544f_4f42_5452_414d
    package static let headerSize = 0x180
    /// The VMM writes no longer record; the library OS reads no longer one.
    package static let maximumSize = 1 << 16

    /// Where one header field lies.
    package struct Field<Value: FixedWidthInteger & BitwiseCopyable>: Sendable {
        package let offset: Int
    }
    /// A table in the record: a `Field` for its byte offset, the next 8 bytes for its entry count.
    package struct Table: Sendable {
        package let offset: Int
        package let entrySize: Int
    }

    package static let magicField = Field<UInt64>(offset: 0x00)
    package static let version = Field<UInt32>(offset: 0x08)
    /// Size of the whole record, tables included, in bytes.
    package static let size = Field<UInt32>(offset: 0x0c)
    package static let entryProtocol = Field<UInt32>(offset: 0x10)
    package static let flags = Field<UInt32>(offset: 0x14)
    package static let processorCount = Field<UInt32>(offset: 0x18)
    /// Root of the page tables that are loaded at entry.
    package static let pageTableRoot = Field<UInt64>(offset: 0x20)
    /// Bytes of physical address space that the direct map covers, from address 0.
    package static let directMapSize = Field<UInt64>(offset: 0x28)
    package static let kernelBase = Field<UInt64>(offset: 0x30)
    package static let kernelSize = Field<UInt64>(offset: 0x38)
    /// The command line's bytes (not terminated): parameters, `--`, the program's arguments.
    package static let commandLine = Field<UInt64>(offset: 0x40)
    package static let commandLineSize = Field<UInt64>(offset: 0x48)
    /// Ticks of the TSC per second; 0 where unknown.
    package static let tscFrequency = Field<UInt64>(offset: 0x50)
    /// CLOCK_REALTIME in nanoseconds since 1970, at TSC value `wallClockTSC`.
    package static let wallClock = Field<UInt64>(offset: 0x58)
    package static let wallClockTSC = Field<UInt64>(offset: 0x60)
    /// Ticks of the local APIC timer per second (divide configuration 1).
    package static let timerFrequency = Field<UInt64>(offset: 0x68)
    /// TSC when the VMM's process began, when it was about to enter the guest.
    package static let startTSC = Field<UInt64>(offset: 0x70)
    package static let enterTSC = Field<UInt64>(offset: 0x78)
    package static let rootPointer = Field<UInt64>(offset: 0x80)
    package static let deviceTree = Field<UInt64>(offset: 0x88)
    package static let memoryMap = Table(offset: 0x90, entrySize: 24)
    package static let modules = Table(offset: 0xa0, entrySize: 24)
    package static let devices = Table(offset: 0xb0, entrySize: 32)
    /// 32 bytes from the host's random generator; zero where `Flags.seeded` is not set.
    package static let seed = 0xc0
    package static let seedSize = 32
    /// Rings of devices that were prepared (see `DeviceKind`).
    package static let queues = Table(offset: 0xe0, entrySize: 24)

    /// What was found at entry (`entryProtocol`).
    package enum EntryProtocol: UInt32, Sendable {
        /// Our own VMM: ring 3, tables, CPU area and stack in place.
        case martlet = 1
        case pvh = 2
        case multiboot1 = 3
        case multiboot2 = 4
        case linux64 = 5
        case efi = 6
        /// Linux's arm64 protocol, or an ELF beside a device tree.
        case deviceTree = 7
    }

    /// Bits of `flags`.
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        /// RAM that no entry of the memory map reserves reads as zero.
        package static let memoryIsZero = Self(rawValue: 1 << 0)
        package static let seeded = Self(rawValue: 1 << 1)
        /// The early console port exists.
        package static let earlyConsole = Self(rawValue: 1 << 2)
    }

    /// A range of physical memory: base, byte count, kind (u32), zero (u32). Ranges do not overlap;
    /// `usable` is what nothing below describes.
    package enum MemoryKind: UInt32, Sendable {
        case usable = 1
        /// Kernel image, page tables, CPU areas, boot stack: for ever.
        case kernel = 2
        /// A module's pages.
        case module = 3
        /// This record and the command line: free once read.
        case bootOnly = 4
        case reserved = 5
    }

    /// A module: base, byte count, kind (u32), zero (u32).
    package enum ModuleKind: UInt32, Sendable {
        /// cpio (newc) of the program and its files, page-aligned, data page-aligned within.
        case files = 1
        /// EROFS image of the root file system, page-aligned; files lie over it.
        case rootImage = 2
    }

    /// A device: kind (u32), queue vector (u8), configuration vector (u8), virtio device number
    /// (u16), base of its registers (u64), size of its registers (u64), accepted features (u64).
    ///
    /// Where features are not zero the device was prepared: whoever wrote the record took the steps
    /// of virtio 1.2, section 3.1.1 in the driver's place, and the driver takes over rings that are
    /// empty. (Each register access costs 30 µs on some hosts, a device needs a hundred.)
    ///
    /// Such a device's rings are in the table of queues: device index (u32), queue index (u32), size
    /// (u32), zero (u32), base (u64) of a ring whose parts lie one after the other.
    package enum DeviceKind: UInt32, Sendable {
        /// Interrupts are messages with vectors of their own.
        case virtioMMIO = 1
        /// The same with one interrupt line (both vectors are its), which the driver acknowledges.
        case virtioMMIOWithLine = 2
        /// Four ISA serial ports (16550A): standard input, output, error, and control. The queue
        /// vector is that of the first and the third, the configuration vector of the others.
        case serialPorts = 3
        /// The clock with an alarm that the CPU's module knows; the queue vector is the alarm's.
        case clock = 4
    }
}
