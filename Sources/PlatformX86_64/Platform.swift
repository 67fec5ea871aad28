internal import Base
internal import Hardware
package import NucleusInterface

/// What the platform knows beyond the boot record.
package enum Platform {
    /// Finds the machine's further CPUs. To be called when there is a heap.
    package static func findProcessors(_ record: borrowing BootRecordView) {
        let root = PhysicalAddress(rawValue: record[BootRecord.pageTableRoot])
        CPU.setFirstRoot(root)
        guard record[BootRecord.entryProtocol] == BootRecord.EntryProtocol.martlet.rawValue else {
            let pointer = record[BootRecord.rootPointer]
            guard pointer != 0 else { return }
            Processors.starter = FirmwareStarter(
                rootPointer: PhysicalAddress(rawValue: pointer), root: root)
            return
        }
        let count = Int(record[BootRecord.processorCount])
        if count > 1 { Processors.starter = MonitorStarter(count: count - 1, root: root) }
    }
}
