/// What QEMU is asked to be: the machine, and who runs its instructions.
package struct Platform: Equatable, Sendable {
    package enum Board: String, CaseIterable, Sendable {
        /// Virtio over MMIO, no PCI, a firmware of a few milliseconds.
        case microvm
        /// An ordinary PC: the channels are its four serial ports.
        case q35
        /// The machine for arm64: virtio over MMIO, described by a device tree.
        case virt

        package var emulator: Emulator {
            switch self {
            case .microvm, .q35: .x86_64
            case .virt: .arm64
            }
        }
    }
    package enum Accelerator: String, CaseIterable, Sendable {
        case tcg
        case kvm
    }
    package var board: Board
    package var accelerator: Accelerator

    package init(board: Board, accelerator: Accelerator) {
        self.board = board
        self.accelerator = accelerator
    }
    /// As martlet-vmm takes it.
    package var text: String { "\(board.rawValue):\(accelerator.rawValue)" }

    /// Reads `BOARD:ACCELERATOR`.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let board = Board(rawValue: String(parts[0])),
            let accelerator = Accelerator(rawValue: String(parts[1]))
        else { return nil }
        self.init(board: board, accelerator: accelerator)
    }
}

/// QEMU as the host has it: a program for each CPU.
package enum Emulator: CaseIterable, Sendable {
    case x86_64
    case arm64

    package var command: String {
        switch self {
        case .x86_64: "qemu-system-x86_64"
        case .arm64: "qemu-system-aarch64"
        }
    }
    /// Gets it, on Debian.
    package var installation: String {
        switch self {
        case .x86_64: "apt-get install qemu-system-x86"
        case .arm64: "apt-get install qemu-system-arm"
        }
    }
    /// Says in one line how to get it.
    package var missing: String { "\(command) is not installed (\(installation))" }
}
