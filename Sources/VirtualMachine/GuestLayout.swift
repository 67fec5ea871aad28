package import Base
internal import NucleusInterface
internal import NucleusLayout
internal import NucleusLayoutX86_64

/// Where everything that exists at entry lies in guest memory: packed from 64 KiB up.
package struct GuestLayout: Equatable, Sendable {
    package struct Area: Equatable, Sendable {
        package let base: UInt64
        package let byteCount: UInt64
        package var end: UInt64 { base + byteCount }
    }

    package let kernel: Area
    package let processorArea: Area
    package let bootStack: Area
    /// Rings of the devices, which are started before the guest runs.
    package let rings: Area
    /// Boot record, then the command line.
    package let record: Area
    package let pageTables: Area
    package let files: Area
    /// The root file system's image, mapped from its file.
    package let image: Area
    /// First byte that nothing uses, a page boundary.
    package let end: UInt64

    /// Below it nothing is loaded; page 0 is never given out, so that no address is null.
    package static let loadBase: UInt64 = 0x10000
    /// Size of the library stack that CPU 0 begins on; the page below stays unmapped.
    package static let bootStackSize: UInt64 = 64 << 10
    package static let bootStackBottom = UInt64(LIBRARY_STACK_BASE) + UInt64(Page.size)
    package static let bootStackTop = bootStackBottom + bootStackSize
    package static let recordSize: UInt64 = 4096
    /// Longer than what Linux gives a kernel, shorter than what would fill small machines.
    package static let maximumCommandLine = 60 << 10
    /// What a kernel needs beyond what is loaded, to come up and to say what is missing.
    package static let workingMemory: UInt64 = 1 << 20

    /// Packs the areas; `pageTablePages` tells how many tables are needed at most.
    package init(
        kernelByteCount: UInt64, commandLineByteCount: Int, pageTablePages: Int,
        filesByteCount: UInt64, imageByteCount: UInt64 = 0
    ) {
        var next = Self.loadBase
        func place(_ byteCount: UInt64) -> Area {
            let area = Area(base: next, byteCount: byteCount)
            next = (area.end + Page.offsetMask) & ~Page.offsetMask
            return area
        }
        kernel = place(kernelByteCount)
        processorArea = place(UInt64(AREA_CRASH_STACK_TOP))
        bootStack = place(Self.bootStackSize)
        rings = place(MachineDevices.ringByteCount)
        record = place(Self.recordSize + UInt64(commandLineByteCount))
        pageTables = place(UInt64(pageTablePages * Page.size))
        files = place(filesByteCount)
        image = place(imageByteCount)
        end = next
    }

    /// The least RAM with which this layout makes a machine, in whole MiB.
    package var leastMemory: UInt64 {
        let mebibyte: UInt64 = 1 << 20
        return (end + Self.workingMemory + mebibyte - 1) / mebibyte * mebibyte
    }

    /// Where the kernel's byte at a virtual address lies.
    package func physical(ofKernel address: UInt64) -> PhysicalAddress {
        PhysicalAddress(rawValue: kernel.base + (address - KernelImage.base))
    }
}
