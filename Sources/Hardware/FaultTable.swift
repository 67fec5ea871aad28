internal import CPUAssembly
package import Base

/// The instructions that may touch a program's page and fault, each with where it then continues.
package enum FaultTable {
    /// Where the table begins, among the kernel's constants.
    package static var start: VirtualAddress { VirtualAddress(rawValue: cpu_fault_table.0) }
    /// Where code continues after a fault at `instruction`, `nil` where it must not fault.
    package static func continuation(of instruction: VirtualAddress) -> VirtualAddress? {
        // SAFETY: the linker script delimits the table; every entry is two addresses.
        guard var entry = unsafe UnsafePointer<UInt64>(bitPattern: UInt(cpu_fault_table.0)) else {
            return nil
        }
        while UInt(bitPattern: entry) < UInt(cpu_fault_table.1) {
            if unsafe entry[0] == instruction.rawValue {
                return VirtualAddress(rawValue: unsafe entry[1])
            }
            unsafe entry += 2
        }
        return nil
    }
}
