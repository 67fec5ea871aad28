internal import Base
internal import LinuxABI
internal import LinuxHost
internal import VirtualMachine
internal import Wire

/// An arm64 kernel as QEMU takes it: a Linux `Image` in a file of its own.
///
/// QEMU hands a device tree, an archive and a command line to a Linux `Image` only, and passes nothing
/// to an ELF file (QEMU: hw/arm/boot.c). The kernel's ELF file begins, as it lies in memory, with the
/// header of one.
struct LinuxImage {
    let file: Descriptor
    /// Bytes of memory from the kernel's first byte to its end.
    let memoryByteCount: UInt64

    /// Flattens a kernel's ELF file, or takes the kernel out of an image that is a Linux `Image`.
    init(reading kernel: Descriptor) throws(MachineFailure) {
        let (bytes, extent) = try Self.flat(kernel)
        guard let header = LinuxImageHeader(checking: bytes.span.raw) else {
            throw .refused("the kernel image does not begin as a Linux Image")
        }
        memoryByteCount = max(UInt64(extent), header.imageByteCount)
        guard memoryByteCount <= Self.maximumByteCount else {
            throw .refused("the kernel image is too large")
        }
        do {
            let copy = try OwnedDescriptor.memoryFile(named: "martlet-kernel")
            try copy.borrowed.write(all: bytes)
            file = copy.leak()
        } catch { throw .host("the kernel can't be handed to QEMU", error) }
    }
    /// The kernel's bytes as they lie in memory, and how much of it they take at least.
    private static func flat(_ kernel: Descriptor) throws(MachineFailure) -> ([UInt8], Int) {
        let head = try read(kernel, 0..<LinuxImageHeader.byteCount)
        if let header = LinuxImageHeader(checking: head.span.raw) {
            guard header.kernelByteCount >= UInt64(LinuxImageHeader.byteCount),
                header.kernelByteCount <= maximumByteCount
            else { throw .refused("the kernel image holds no program") }
            // The header speaks of the whole file, and the kernel alone is what is booted here.
            var bytes = try read(kernel, 0..<Int(header.kernelByteCount))
            func set(_ offset: Int, _ value: UInt64) {
                for byte in 0..<8 {
                    bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))
                }
            }
            set(LinuxImageHeader.Offset.imageByteCount, header.kernelByteCount)
            set(LinuxImageHeader.Offset.noteOffset, 0)
            set(LinuxImageHeader.Offset.kernelByteCount, 0)
            return (bytes, bytes.count)
        }
        // Who made it is said in its note, with the interface's version.
        _ = try KernelImage(reading: kernel, for: .arm64)
        let layout = try layout(of: kernel)
        let bytes = try layout.bytes { (range) throws(MachineFailure) in try read(kernel, range) }
        return (bytes, layout.memoryByteCount)
    }
    private static let maximumByteCount: UInt64 = 64 << 20

    private static func layout(of kernel: Descriptor) throws(MachineFailure) -> FlatLayout {
        let byteCount: Int64
        do { byteCount = try kernel.status().byteCount } catch {
            throw .host("the kernel image can't be read", error)
        }
        let head = try read(kernel, 0..<Int(min(byteCount, 1 << 16)))
        do throws(ELFFailure) {
            let bytes = head.span.raw
            let header = try ELFHeader(checking: bytes)
            guard header.segmentTableOffset <= UInt64(head.count) else { throw .badSegmentTable }
            let segments = try ELFSegments(
                checking: bytes.extracting(droppingFirst: Int(header.segmentTableOffset)),
                of: header, fileByteCount: UInt64(byteCount))
            return try FlatLayout(segments)
        } catch {
            throw .refused("the kernel image \(error.reason)")
        }
    }
    private static func read(
        _ file: Descriptor, _ range: Range<Int>
    ) throws(MachineFailure) -> [UInt8] {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try file.contents(from: Int64(range.lowerBound), atMost: range.count)
        } catch { throw .host("the kernel image can't be read", error) }
        guard bytes.count == range.count else { throw .refused("the kernel image is truncated") }
        return bytes
    }
}
