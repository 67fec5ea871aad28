package import Base

/// The instructions that may touch a program's page and fault, each with where it then continues.
package enum FaultTable {
    // Bounds from the linker script, told at boot; empty in a host build.
    private nonisolated(unsafe) static var start: UnsafePointer<UInt64>?
    private nonisolated(unsafe) static var count = 0

    /// Declares the table: pairs of (instruction, continuation) addresses.
    @unsafe package static func initialize(start first: UnsafePointer<UInt64>, end: UnsafeRawPointer) {
        unsafe start = first
        let bytes = UInt(bitPattern: end) - UInt(bitPattern: first)
        unsafe count = Int(bytes) / (2 * MemoryLayout<UInt64>.size)
    }
    /// Where code continues after a fault at `instruction`, `nil` where it must not fault.
    package static func continuation(of instruction: VirtualAddress) -> VirtualAddress? {
        guard let table = unsafe start else { return nil }
        for index in 0..<(unsafe count) {
            // SAFETY: index is below the count that the linker's bounds give.
            if unsafe table[2 * index] == instruction.rawValue {
                return VirtualAddress(rawValue: unsafe table[2 * index + 1])
            }
        }
        return nil
    }
}
