package import Base

/// Functions at fixed addresses: x86-64 alone has a page of them.
package enum FixedCall {
    /// What a fault is to such a page.
    package enum Fault: Equatable, Sendable {
        case elsewhere
        case noFunction
        case call(UInt64)
    }
    package static func fault(of frame: ProgramFrame, at address: VirtualAddress) -> Fault {
        .elsewhere
    }
    package static func enter(_ number: UInt64, _ frame: ProgramFrame) {}
    package static func leave(_ frame: ProgramFrame, returnAddress: UInt64) {}
    package static func cancel(_ frame: ProgramFrame) {}
}
