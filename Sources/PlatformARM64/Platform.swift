internal import Base
internal import Hardware
package import NucleusInterface

/// What the platform knows beyond the boot record.
package enum Platform {
    /// Finds the machine's further CPUs; the entry did, by the device tree. To be called when there is a
    /// heap.
    package static func findProcessors(_ record: borrowing BootRecordView) {
        CPU.setFirstRoot(PhysicalAddress(rawValue: record[BootRecord.pageTableRoot]))
    }
}
