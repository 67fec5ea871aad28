package import Base
internal import PageTables

/// What arch_prctl(2) has of this CPU: the bases of FS and GS.
package enum ArchitectureControl {
    private enum Request {
        static let setGS: Int32 = 0x1001
        static let setFS: Int32 = 0x1002
        static let getFS: Int32 = 0x1003
        static let getGS: Int32 = 0x1004
        static let getIdentification: Int32 = 0x1011
        static let setIdentification: Int32 = 0x1012
    }
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

    package static func answer(_ request: Int32, address: VirtualAddress) -> Answer {
        switch request {
        case Request.setFS, Request.setGS:
            guard address < ProgramSpace.end else { return .notPermitted }
            if request == Request.setFS {
                CPU.threadPointer = address.rawValue
            } else {
                CPU.secondaryBase = address.rawValue
            }
            return .done(0)
        case Request.getFS: return .store(CPU.threadPointer)
        case Request.getGS: return .store(CPU.secondaryBase)
        // CPUID works, and can't be made to fault.
        case Request.getIdentification: return .done(1)
        case Request.setIdentification: return .noDevice
        default: return .invalidRequest
        }
    }
}
