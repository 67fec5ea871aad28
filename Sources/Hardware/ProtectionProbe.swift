package import Base
internal import CPUAssembly
internal import NucleusLayout

/// An access that the machine's own memory rights must refuse, tried through the fault table.
package struct ProtectionProbe: Sendable {
    /// What was not refused, as a sentence.
    package let name: StaticString
    private let address: UInt64
    private let access: Access

    private enum Access { case read, write }

    /// Whether the access faulted.
    package var isRefused: Bool {
        var byte: UInt8 = 0
        guard let target = unsafe UnsafeMutableRawPointer(bitPattern: UInt(address)) else {
            return false
        }
        // SAFETY: the copy goes through the fault table; a write that is not refused writes back
        // the byte that is there.
        return unsafe withUnsafeMutableBytes(of: &byte) { buffer -> Bool in
            guard let own = buffer.baseAddress else { return false }
            if unsafe cpu_program_copy(own, target, 1) != 0 { return true }
            guard access == .write else { return false }
            return unsafe cpu_program_copy(target, own, 1) != 0
        }
    }

    /// One probe for each right that boot sets up: text, constants, their direct-map alias, stack
    /// guard, the nucleus's pages, entry code.
    package static func all(kernelBase: PhysicalAddress) -> [7 of ProtectionProbe] {
        let area = CPU.area
        let text = UInt64(LIBRARY_BASE)
        let alias = UInt64(DIRECT_MAP_BASE) + kernelBase.rawValue
        return [
            .init(name: "kernel text can be written", address: text, access: .write),
            .init(
                name: "constants can be written", address: FaultTable.start.rawValue, access: .write
            ),
            .init(name: "text's direct-map alias can be written", address: alias, access: .write),
            .init(
                name: "the stack's guard page can be read", address: area.libraryStackLimit - 8,
                access: .read),
            .init(
                name: "the nucleus can be read by the library OS", address: area.nucleusCode,
                access: .read),
            .init(
                name: "the nucleus's data can be read by the library OS", address: area.nucleusData,
                access: .read),
            .init(name: "entry code can be written", address: area.entryCode, access: .write),
        ]
    }
}
