package import Wire

/// A CPU that Martlet has a kernel for.
package enum Architecture: String, CaseIterable, Sendable {
    case x86_64
    case arm64

    /// Reads a name as people write it.
    package init?(named name: String) {
        switch name {
        case "x86_64", "x86-64", "amd64": self = .x86_64
        case "arm64", "aarch64": self = .arm64
        default: return nil
        }
    }
    package init?(_ machine: ELFMachine) {
        switch machine {
        case .x86_64: self = .x86_64
        case .arm64: self = .arm64
        default: return nil
        }
    }
    package var machine: ELFMachine {
        switch self {
        case .x86_64: .x86_64
        case .arm64: .arm64
        }
    }
    /// The name for people.
    package var title: String { machine.name.description }
    /// The file of its kernel, beside the tool.
    package var kernelName: String { "martlet-kernel-\(rawValue)" }
}
