internal import LinuxHost
internal import VirtualMachine

/// QEMU's command line.
struct Arguments {
    let platform: Platform
    let memoryByteCount: UInt64
    let processorCount: Int
    let commandLine: [UInt8]
    let clock: MachineClock
    /// Whether the archive is there, behind the kernel.
    let hasFiles: Bool

    /// Descriptors of files behind those of the channels: the kernel, then the archive.
    static let kernelNumber = Channel.early.number + 1
    static let filesNumber = kernelNumber + 1

    var words: [[UInt8]] {
        var words: [String] = [
            platform.board.emulator.command, "-nodefaults", "-no-user-config", "-no-reboot",
            "-display", "none", "-name", "martlet", "-m", "\(memoryByteCount)B",
        ]
        if processorCount > 1 { words += ["-smp", "\(processorCount)"] }
        words += machine
        if let date = clock.differentDate { words += ["-rtc", "base=\(date)"] }
        words += ["-kernel", "/dev/fd/\(Self.kernelNumber)"]
        if hasFiles { words += ["-initrd", "/dev/fd/\(Self.filesNumber)"] }
        for channel in channels {
            words += ["-chardev", "socket,id=\(channel.name),fd=\(channel.number)"]
        }
        words += devices
        words += Self.further
        return words.map { Array($0.utf8) } + [Array("-append".utf8), commandLine]
    }

    /// Options for who debugs or measures, for instance `-s -S`.
    private static var further: [String] {
        (Host.environment("MARTLET_QEMU_OPTIONS") ?? "").split(separator: " ").map { String($0) }
    }

    private var channels: [Channel] {
        platform.board == .q35 ? Channel.allCases.filter { $0 != .early } : Channel.allCases
    }

    private var machine: [String] {
        let board =
            switch platform.board {
            // Nothing but what is used; the kernel finds the devices by itself.
            case .microvm: "microvm,auto-kernel-cmdline=off,ioapic2=off,rtc=on,usb=off,pcie=off"
            case .q35: "q35,vmport=off,sata=off,smbus=off,hpet=off,usb=off"
            // The device tree says the rest; MARTLET_QEMU_OPTIONS may name another controller.
            case .virt: "virt,gic-version=3"
            }
        switch platform.accelerator {
        case .tcg: return ["-machine", board, "-accel", "tcg", "-cpu", "max"]
        // A nested KVM may offer the MSR and then refuse it.
        case .kvm:
            return ["-machine", board, "-accel", "kvm", "-cpu", "host,-arch-capabilities"]
        }
    }

    private var devices: [String] {
        switch platform.board {
        case .microvm, .virt:
            // Port 0 can only be a console port; the others wait for their readers.
            return [
                "-global", "virtio-mmio.force-legacy=off", "-serial", "chardev:early",
                "-device", "virtio-serial-device,max_ports=4",
                "-device", "virtconsole,nr=0,chardev=input",
                "-device", "virtserialport,nr=1,chardev=output",
                "-device", "virtserialport,nr=2,chardev=error",
                "-device", "virtserialport,nr=3,chardev=control",
                "-device", "virtio-rng-device",
            ]
        case .q35:
            return [Channel.input, .output, .error, .control].flatMap {
                ["-serial", "chardev:\($0.name)"]
            } + ["-vga", "none"]
        }
    }
}
