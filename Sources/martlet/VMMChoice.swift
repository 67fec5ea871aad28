import ArgumentParser
import Images
import LinuxABI
import LinuxHost
import QEMU

/// What the machine runs on, as `--vmm` names it.
enum VMMChoice: String, ExpressibleByArgument, CaseIterable {
    /// Our own VMM.
    case martlet
    /// QEMU, on its smallest machine of the program's CPU.
    case qemu
    /// QEMU as an ordinary PC.
    case qemuQ35 = "qemu:q35"
    /// QEMU's machine for arm64.
    case qemuVirt = "qemu:virt"

    /// What QEMU is to be; `nil` where that is no machine of the CPU, or not QEMU's.
    func board(for architecture: Architecture) -> Platform.Board? {
        switch (self, architecture) {
        case (.qemu, .x86_64): .microvm
        case (.qemuQ35, .x86_64): .q35
        case (.qemu, .arm64), (.qemuVirt, .arm64): .virt
        case (.martlet, _), (.qemuQ35, .arm64), (.qemuVirt, .x86_64): nil
        }
    }
}

/// Who runs the instructions of a machine on QEMU.
enum AcceleratorChoice: String, ExpressibleByArgument, CaseIterable {
    case kvm
    case tcg
}

extension Launch {
    /// What the machine runs on after all.
    enum Choice: Equatable {
        case martlet
        /// On QEMU, and a line to say before it.
        case qemu(Platform, notice: String?)
        /// The host lacks something: the line to end with.
        case none(String)
        /// What was asked for is no machine for the program: the line to end with.
        case unfit(String)
    }

    /// Chooses: our own VMM where KVM can be used, else QEMU, which needs no KVM.
    static func platform(
        _ choice: VMMChoice?, _ accelerator: AcceleratorChoice?,
        _ architecture: Architecture = .x86_64, problem: String?, hasQEMU: Bool
    ) -> Choice {
        if architecture == .arm64 { return emulated(choice, accelerator, hasQEMU: hasQEMU) }
        let wanted = choice ?? .qemu
        if choice == .martlet || choice == nil && problem == nil && accelerator == nil {
            return problem.map { .none($0) } ?? .martlet
        }
        guard let board = wanted.board(for: architecture) else {
            return unfit(wanted, architecture)
        }
        guard hasQEMU else {
            guard choice == nil, let problem else { return .none(Emulator.x86_64.missing) }
            return .none("\(problem); and \(Emulator.x86_64.missing)")
        }
        switch accelerator {
        case .tcg: return .qemu(Platform(board: board, accelerator: .tcg), notice: nil)
        case .kvm:
            guard let problem else {
                return .qemu(Platform(board: board, accelerator: .kvm), notice: nil)
            }
            return .none(problem)
        case nil:
            guard let problem else {
                return .qemu(Platform(board: board, accelerator: .kvm), notice: nil)
            }
            return .qemu(
                Platform(board: board, accelerator: .tcg),
                notice: choice == nil ? "\(problem); using QEMU without it" : nil)
        }
    }

    /// The same for an arm64 program: this host is none, and our VMM has not learned it.
    private static func emulated(
        _ choice: VMMChoice?, _ accelerator: AcceleratorChoice?, hasQEMU: Bool
    ) -> Choice {
        guard let board = (choice ?? .qemu).board(for: .arm64) else {
            return unfit(choice ?? .qemu, .arm64)
        }
        guard accelerator != .kvm else {
            return .unfit(
                "KVM on an x86-64 host runs no arm64 program; leave '--accelerator' out, or say tcg"
            )
        }
        guard hasQEMU else {
            return .none("an arm64 program needs QEMU here, and \(Emulator.arm64.missing)")
        }
        return .qemu(
            Platform(board: board, accelerator: .tcg),
            notice: choice == nil && accelerator == nil
                ? "the program is for arm64; using QEMU, which emulates that CPU" : nil)
    }
    private static func unfit(_ choice: VMMChoice, _ architecture: Architecture) -> Choice {
        .unfit(
            choice == .martlet
                ? "the program is for \(architecture.title), and martlet's own VMM runs x86-64"
                    + " only; leave '--vmm' out, or say '--vmm qemu'"
                : "the program is for \(architecture.title), and '\(choice.rawValue)' is a machine"
                    + " of another CPU; say '--vmm qemu'")
    }

    /// Why /dev/kvm can't be used, in a line that says what to do; `nil` where it can.
    static var virtualizationProblem: String? {
        do throws(Errno) {
            _ = try OwnedDescriptor.readingAndWriting(path: "/dev/kvm")
            return nil
        } catch .noSuchFile {
            return "/dev/kvm: not there; this host has no virtualization, or its module is not"
                + " loaded (modprobe kvm_intel, or kvm_amd)"
        } catch .permissionDenied {
            return
                "/dev/kvm: permission denied; join its group (usermod -aG kvm NAME) and log in again"
        } catch {
            let reason = Host.description(of: error)
            return
                "/dev/kvm: cannot be opened: \(reason.prefix(1).lowercased())\(reason.dropFirst())"
        }
    }
}

extension Emulator {
    /// The QEMU that emulates a CPU.
    init(_ architecture: Architecture) {
        switch architecture {
        case .x86_64: self = .x86_64
        case .arm64: self = .arm64
        }
    }
    var isInstalled: Bool { Host.executable(named: command) != nil }
}
