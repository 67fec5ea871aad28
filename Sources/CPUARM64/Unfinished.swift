// Until arm64 has them: faults by kind, signal frames, vector state, call sites as branches.
package import Base
internal import PageTables

package struct FaultRecord: Sendable { package init() {} }
extension ProgramFrame {
    package func fault(at address: VirtualAddress) -> ProgramFault? {
        guard cause == .exception else { return nil }
        switch self[.syndrome] >> 26 & 63 {
        case 0x20, 0x24: return .access(access, at: address)
        case 0x3c: return .breakpoint(at: nil)
        default: return .illegalInstruction(.operand)
        }
    }
    package var access: MemoryAccess {
        let s = self[.syndrome]
        if s >> 26 & 63 < 0x22 { return .execute }
        return s >> 6 & 1 != 0 ? .write : .read
    }
    package func faultRecord(at address: VirtualAddress, after last: FaultRecord) -> FaultRecord {
        last
    }
    package func emulateInstruction(_ load: (VirtualAddress) -> UInt32?) -> Bool { false }
    package var libraryFault: LibraryFault {
        switch self[.syndrome] >> 26 & 63 {
        case 0x20, 0x21, 0x24, 0x25: return .access(access, .notMapped)
        default: return .numbered(self[.syndrome])
        }
    }
    package func shownRegister(_ index: Int) -> (name: StaticString, value: UInt64)? {
        switch index {
        case 0: ("pc ", self[.pc])
        case 1: ("sp ", self[.sp])
        case 2: ("psr", self[.pstate])
        case 3: ("lr ", self[.x30])
        case 4: ("x0 ", self[.x0])
        case 5: ("x1 ", self[.x1])
        case 6: ("x8 ", self[.x8])
        case 7: ("esr", self[.syndrome])
        default: nil
        }
    }
    package var framePointer: UInt64 { self[.x29] }
    package var isInSystemCall: Bool { cause == .systemCall && self[.number] != .max }
    package func forgetSystemCall() { self[.number] = .max }
    package func restartSystemCall(number: UInt64) {
        self[.x0] = self[.originalX0]; self[.pc] &-= 4
    }
}
package enum ArchitectureControl {
    package enum Answer: Equatable, Sendable {
        case done(Int)
        case store(UInt64)
        case invalidRequest
        case notPermitted
        case noDevice
        case absent
    }
    package static func answer(_ request: Int32, address: VirtualAddress) -> Answer { .absent }
}
package enum ExtendedState {
    package static func reset() {}
}
package struct CallSite {
    package enum Plan: Equatable, Sendable, BitwiseCopyable {
        case none
        package func isWithinPage(of site: VirtualAddress) -> Bool { false }
        @_lifetime(bytes: copy bytes)
        package func writeStub(
            to bytes: inout MutableRawSpan, at stub: VirtualAddress, site: VirtualAddress,
            entry: VirtualAddress
        ) -> Bool { false }
        @_lifetime(page: copy page)
        package func apply(
            to page: inout MutableRawSpan, site: VirtualAddress, stub: VirtualAddress
        ) -> Bool { false }
        @_lifetime(page: copy page)
        package func undo(in page: inout MutableRawSpan, site: VirtualAddress) {}
        package func leadsOver(_ address: VirtualAddress, from site: VirtualAddress) -> Bool {
            false
        }
    }
    package enum Found: Sendable { case entry; case springboard }
    package static let reach: UInt64 = 1 << 27
    package static let callsComeFromStubs = true
    package static let bytesBefore = 0
    package static let bytesBehind = 4
    package static let stubByteCount = 48
    package static let systemCallByteCount = 4
    package static func plan(
        _ bytes: RawSpan, at: VirtualAddress, site: Int, number: UInt32, _ f: (Int) -> Bool
    ) -> Plan { .none }
}
extension ProgramFrame {
    package func leaveStub(at offset: Int?, of plan: CallSite.Plan, site: VirtualAddress)
        -> CallSite.Found
    { .entry }
    package func returnToSite() {}
    package func enterSystemCall() {}
    @_lifetime(bytes: copy bytes)
    package func writeContext(
        to bytes: inout MutableRawSpan, of place: SignalFrame, fault: FaultRecord,
        blockedSignals: UInt64, returnAddress: VirtualAddress
    ) {}
    package func readContext(from bytes: RawSpan) -> Bool { false }
    package func enterHandler(
        _ handler: VirtualAddress, signal: Int32, _ arguments: SignalFrame.Arguments,
        in place: SignalFrame, returnAddress: VirtualAddress
    ) {}
}
package struct SignalFrame {
    package let start: VirtualAddress
    package init(below stack: UInt64) { start = VirtualAddress(rawValue: stack) }
    package static func start(returning frame: ProgramFrame) -> VirtualAddress? { nil }
    package typealias Bytes = InlineArray<440, UInt8>
    package static let redZone: UInt64 = 0
    package static let information = 0
    package static let alternateStack = 0
    package static let alternateStackFlags = 0
    package static let alternateStackSize = 0
    package static let blockedSignals = 0
    package static let minimumStackByteCount: UInt64 = 5120
    package static var maximumByteCount: Int { 4720 }
    package enum Arguments: Sendable { case number; case all }
    package func saveState<Memory: ProgramAccess>(
        of frame: ProgramFrame, fault: FaultRecord, through memory: Memory
    ) throws(BadFrame) {}
    package static func restoreState<Memory: ProgramAccess>(
        of bytes: RawSpan, at start: VirtualAddress, through memory: Memory
    ) throws(BadFrame) {}
}
