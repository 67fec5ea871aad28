import ArgumentParser
import LinuxABI
import LinuxHost

/// What the machine runs on, as `--vmm` names it.
enum VMMChoice: String, ExpressibleByArgument, CaseIterable {
    /// Our own VMM.
    case martlet
    /// QEMU, on its smallest machine.
    case qemu
    /// QEMU as an ordinary PC.
    case qemuQ35 = "qemu:q35"

    var board: String { self == .qemuQ35 ? "q35" : "microvm" }
}

/// Who runs the instructions of a machine on QEMU.
enum AcceleratorChoice: String, ExpressibleByArgument, CaseIterable {
    case kvm
    case tcg
}

extension Launch {
    /// What the machine runs on after all; its failure is the line to end with.
    enum Platform: Equatable {
        case martlet
        /// On QEMU, as martlet-vmm takes it, and a line to say before it.
        case qemu(String, notice: String?)
        case none(String)
    }

    /// Chooses: our own VMM where KVM can be used, else QEMU, which needs no KVM.
    static func platform(
        _ choice: VMMChoice?, _ accelerator: AcceleratorChoice?, problem: String?,
        hasQEMU: Bool
    ) -> Platform {
        let install = "apt-get install qemu-system-x86"
        let board = (choice ?? .qemu).board
        switch choice {
        case .martlet:
            guard let problem else { return .martlet }
            return .none(problem)
        case nil where problem == nil && accelerator == nil: return .martlet
        case nil, .qemu, .qemuQ35:
            guard hasQEMU else {
                let what = "\(QEMUCommand.name) is not installed (\(install))"
                guard choice == nil, let problem else { return .none(what) }
                return .none("\(problem); and \(what)")
            }
        }
        switch accelerator {
        case .tcg: return .qemu("\(board):tcg", notice: nil)
        case .kvm:
            guard let problem else { return .qemu("\(board):kvm", notice: nil) }
            return .none(problem)
        case nil:
            guard let problem else { return .qemu("\(board):kvm", notice: nil) }
            return .qemu(
                "\(board):tcg", notice: choice == nil ? "\(problem); using QEMU without it" : nil)
        }
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

/// QEMU as the host has it.
enum QEMUCommand {
    static let name = "qemu-system-x86_64"
    static var isInstalled: Bool { Host.executable(named: name) != nil }
}
