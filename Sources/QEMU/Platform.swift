/// What QEMU is asked to be: the machine, and who runs its instructions.
package struct Platform: Equatable, Sendable {
    package enum Board: String, CaseIterable, Sendable {
        /// Virtio over MMIO, no PCI, a firmware of a few milliseconds.
        case microvm
        /// An ordinary PC: the channels are its four serial ports.
        case q35
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
    /// Reads `BOARD:ACCELERATOR`.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let board = Board(rawValue: String(parts[0])),
            let accelerator = Accelerator(rawValue: String(parts[1]))
        else { return nil }
        self.init(board: board, accelerator: accelerator)
    }
}

/// QEMU as the host has it.
package enum Installation {
    package static let command = "qemu-system-x86_64"
    /// Says in one line how to get it.
    package static let missing =
        "\(command) is not installed (apt-get install qemu-system-x86)"
}
