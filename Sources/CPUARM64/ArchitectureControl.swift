package import Base

/// What arch_prctl(2) has of this CPU: the call is x86's alone.
package enum ArchitectureControl {
    package enum Answer: Equatable, Sendable {
        case done(Int)
        /// To be stored at the request's address.
        case store(UInt64)
        case invalidRequest
        case notPermitted
        case noDevice
        /// The CPU has no such call.
        case absent
    }

    package static func answer(_ request: Int32, address: VirtualAddress) -> Answer { .absent }
}
