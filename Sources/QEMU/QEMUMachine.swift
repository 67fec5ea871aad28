internal import Base
internal import KVM
package import LinuxHost
internal import LinuxABI
package import VirtualMachine
internal import Wire

/// A machine on QEMU: the same kernel, entered by PVH, in QEMU's process, whose channels this one
/// relays.
package enum QEMUMachine {
    /// Runs the machine to its end and all its output out.
    package static func run(
        _ configuration: MachineConfiguration, _ platform: Platform,
        signals: consuming ForwardedSignals, terminal: HostTerminal?, _ reporting: Machine.Reporting
    ) throws(MachineFailure) -> Ending {
        let emulator = platform.board.emulator
        guard let program = Host.executable(named: emulator.command) else {
            throw .host(emulator.missing)
        }
        try configuration.checkCommandLine()
        try checkFiles(configuration)
        let kernel: Descriptor
        switch emulator {
        case .x86_64:
            kernel = configuration.kernel
            try checkMemory(configuration, KernelImage(reading: kernel).byteCount)
        case .arm64:
            let image = try LinuxImage(reading: configuration.kernel)
            kernel = image.file
            try checkMemory(configuration, image)
        }
        let files = try archive(configuration)
        let arguments = Arguments(
            platform: platform, memoryByteCount: configuration.memoryByteCount,
            processorCount: configuration.processorCount,
            commandLine: configuration.commandLine, clock: configuration.clock,
            hasFiles: files != nil)
        var own: [Descriptor] = []
        var peers: [Descriptor] = []
        for channel in Channel.allCases {
            let (first, second) = try socketPair(channel)
            own.append(first)
            peers.append(second)
        }
        let child: ChildProcess
        let words: Descriptor
        do throws(Errno) {
            let pipe = try Host.pipe()
            words = pipe.reading
            child = try ChildProcess(
                program, arguments: arguments.words,
                descriptors: peers + [kernel] + [files].compactMap { $0 },
                output: pipe.writing)
            for peer in peers + [pipe.writing] { Host.close(peer) }
        } catch {
            throw .host("QEMU can't be started", error)
        }
        var relay = Relay(
            emulator, configuration.clock, sockets: own, words: words, signals: signals,
            terminal: terminal, reporting)
        defer { terminal?.leave() }
        return relay.run(child)
    }

    /// Bytes of standard input that may be on their way to a program that has not asked for them.
    private static let inputByteCount: Int32 = 4096

    private static func socketPair(
        _ channel: Channel
    ) throws(MachineFailure) -> (Descriptor, Descriptor) {
        do throws(Errno) {
            let pair = try SocketPair(sendByteCount: channel == .input ? inputByteCount : 0)
            return pair.leak()
        } catch { throw .host("the host gives no socket", error) }
    }

    /// The archive, and the root file system's image behind it, as one file of their own, as QEMU takes whole
    /// files and no more than one beside the kernel.
    private static func archive(
        _ configuration: MachineConfiguration
    ) throws(MachineFailure) -> Descriptor? {
        guard let range = configuration.files else { return nil }
        do throws(Errno) {
            let status = try range.file.status()
            if configuration.image == nil, range.offset == 0,
                range.byteCount == UInt64(max(status.byteCount, 0))
            {
                return range.file
            }
            let copy = try OwnedDescriptor.memoryFile(named: "martlet-files")
            try append(range, to: copy.borrowed)
            if let image = configuration.image {
                let start = (Int(range.byteCount) + Page.size - 1) / Page.size * Page.size
                try copy.borrowed.write(
                    all: [UInt8](repeating: 0, count: start - Int(range.byteCount)))
                try append(image, to: copy.borrowed)
                let footer = RootImageFooter(
                    archiveByteCount: start, imageByteCount: Int(image.byteCount))
                try copy.borrowed.write(all: footer.bytes)
            }
            return copy.leak()
        } catch { throw .host("the program's files can't be handed to QEMU", error) }
    }
    private static func append(
        _ range: MachineConfiguration.FileRange, to copy: Descriptor
    ) throws(Errno) {
        let byteCount = Int64(range.byteCount)
        guard try copy.append(from: range.file, at: range.offset, byteCount: byteCount) == byteCount
        else { throw .inputOutput }
    }

    private static func checkFiles(
        _ configuration: MachineConfiguration
    ) throws(MachineFailure) {
        for range in [configuration.files, configuration.image].compactMap({ $0 }) {
            let size: UInt64
            do throws(Errno) { size = UInt64(max(try range.file.status().byteCount, 0)) } catch {
                throw .host("the program's files can't be read", error)
            }
            guard range.offset >= 0, UInt64(range.offset) <= size,
                range.byteCount <= size - UInt64(range.offset)
            else { throw .refused("the program's archive is truncated") }
        }
    }
    /// What is loaded beside the kernel.
    private static func filesByteCount(_ configuration: MachineConfiguration) -> UInt64 {
        let image = configuration.image.map { $0.byteCount + 2 * UInt64(Page.size) } ?? 0
        return (configuration.files?.byteCount ?? 0) + image
    }
    private static func checkMemory(
        _ configuration: MachineConfiguration, _ kernelByteCount: UInt64
    ) throws(MachineFailure) {
        let needed =
            kernelBase + kernelByteCount + filesByteCount(configuration) + workingMemory
        try require(needed, configuration)
    }
    /// Where loaders put the kernel, from the start of RAM (PVH_KERNEL; the same for arm64).
    private static let kernelBase: UInt64 = 2 << 20
    /// What the kernel needs to come up, and QEMU for its tables at the end of RAM.
    private static let workingMemory: UInt64 = 2 << 20

    /// The same where QEMU puts the archive into the second half of RAM, and its device tree behind
    /// that, each on a boundary of 2 MiB (QEMU: hw/arm/boot.c, arm_setup_direct_kernel_boot).
    private static func checkMemory(
        _ configuration: MachineConfiguration, _ image: LinuxImage
    ) throws(MachineFailure) {
        let boundary: UInt64 = 2 << 20
        let kernelEnd = kernelBase + image.memoryByteCount
        let filesAndTree =
            (filesByteCount(configuration) + boundary - 1) / boundary * boundary
            + deviceTreeMemory
        let needed = max(
            kernelEnd + workingMemory + filesAndTree,
            min(2 * filesAndTree, farthestArchive + filesAndTree))
        try require((needed + boundary - 1) / boundary * boundary, configuration)
    }
    /// A device tree of QEMU's, with room to grow.
    private static let deviceTreeMemory: UInt64 = 2 << 20
    private static let farthestArchive: UInt64 = 128 << 20

    private static func require(
        _ byteCount: UInt64, _ configuration: MachineConfiguration
    ) throws(MachineFailure) {
        let mebibyte: UInt64 = 1 << 20
        let least = (byteCount + mebibyte - 1) / mebibyte
        guard configuration.memoryByteCount >= least * mebibyte else {
            throw .refused(
                "\(configuration.memoryByteCount >> 20) MiB of memory is too small for this image:"
                    + " it needs at least \(least) MiB (--memory)")
        }
    }
}
