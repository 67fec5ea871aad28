internal import Base
package import KVM
package import LinuxABI
internal import LinuxHost

/// Why a machine could not be built or had to end: one line for a person, and whose fault it is.
package enum MachineFailure: Error, Equatable, Sendable {
    /// What was asked for can't be: status 1.
    case refused(String)
    /// The guest broke a rule or fell over: status 70.
    case guest(String)
    /// The host or the VMM failed: status 71.
    case host(String)

    package var exitStatus: Int32 {
        switch self {
        case .refused: 1
        case .guest: 70
        case .host: 71
        }
    }
    package var line: String {
        switch self {
        case .refused(let line), .guest(let line), .host(let line): line
        }
    }

    /// A host call that failed, in words: what was tried, then what errno says.
    package static func host(_ attempt: String, _ error: Errno) -> Self {
        .host("\(attempt): \(Host.description(of: error))")
    }
    package init(_ error: KVMError) {
        self = .host("the host's KVM refused \(error.request)", error.errno)
    }
    /// An address that the builder itself chose lies outside RAM: the layout is wrong.
    package init(_ error: GuestMemoryError) {
        self = .host(
            "the machine's layout leaves its RAM at \(hexadecimal(error.address.rawValue))")
    }
}

/// Runs a step of the KVM layer; its errors become failures of the host.
package func onHost<Value: ~Copyable>(
    _ step: () throws(KVMError) -> Value
) throws(MachineFailure) -> Value {
    do { return try step() } catch { throw MachineFailure(error) }
}

/// Runs a step that stores to guest memory at places of the layout.
package func inGuest<Value>(
    _ step: () throws(GuestMemoryError) -> Value
) throws(MachineFailure) -> Value {
    do { return try step() } catch { throw MachineFailure(error) }
}

/// A number as `0x1f`.
package func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
