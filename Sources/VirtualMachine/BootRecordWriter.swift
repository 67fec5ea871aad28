internal import Base
package import DeviceModels
package import KVM
internal import NucleusInterface
internal import NucleusLayoutX86_64

/// What the boot record says beyond the layout.
package struct BootFacts: Sendable {
    /// A device: index of its window, and its interrupt vectors.
    package struct Device: Equatable, Sendable {
        package let queueVector: UInt8
        package let configurationVector: UInt8
        /// How the device was started in the driver's place.
        package var prepared: PreparedDevice?
    }

    package var timeStampFrequency: UInt64 = 0
    /// Guest's counter less the host's; times in the record are the guest's.
    package var timeStampOffset: UInt64 = 0
    package var wallClock: UInt64 = 0
    package var wallClockTimeStamp: UInt64 = 0
    package var startTimeStamp: UInt64 = 0
    package var seed: [UInt8] = []
    package var devices: [Device] = []
    package var processorCount = 1
    /// KVM's local APIC timers count nanoseconds.
    package static let timerFrequency: UInt64 = 1_000_000_000

    package init() {}
}

/// Writes the boot record (NucleusInterface/BootRecord.swift is its definition).
package enum BootRecordWriter {
    package static func record(
        _ layout: GuestLayout, regions: [GuestMemory.Region], commandLineByteCount: Int,
        _ facts: BootFacts
    ) -> [UInt8] {
        var page = BytePage()
        page.set(BootRecord.magicField, BootRecord.magic)
        page.set(BootRecord.version, NucleusInterface.version)
        page.set(BootRecord.entryProtocol, BootRecord.EntryProtocol.martlet.rawValue)
        var flags: BootRecord.Flags = [.memoryIsZero, .earlyConsole]
        if facts.seed.count == BootRecord.seedSize { flags.insert(.seeded) }
        page.set(BootRecord.flags, flags.rawValue)
        page.set(BootRecord.processorCount, UInt32(facts.processorCount))
        page.set(BootRecord.pageTableRoot, layout.pageTables.base)
        page.set(BootRecord.directMapSize, regions.last?.end ?? 0)
        page.set(BootRecord.kernelBase, layout.kernel.base)
        page.set(BootRecord.kernelSize, layout.kernel.byteCount)
        page.set(BootRecord.commandLine, layout.record.base + GuestLayout.recordSize)
        page.set(BootRecord.commandLineSize, UInt64(commandLineByteCount))
        page.set(BootRecord.tscFrequency, facts.timeStampFrequency)
        page.set(BootRecord.wallClock, facts.wallClock)
        page.set(BootRecord.wallClockTSC, facts.wallClockTimeStamp &+ facts.timeStampOffset)
        page.set(BootRecord.timerFrequency, BootFacts.timerFrequency)
        page.set(BootRecord.startTSC, facts.startTimeStamp &+ facts.timeStampOffset)
        for (index, byte) in facts.seed.prefix(BootRecord.seedSize).enumerated() {
            page.store(byte, at: Int32(BootRecord.seed + index))
        }
        writeTables(&page, layout, regions, facts)
        return page.bytes
    }

    private static func writeTables(
        _ page: inout BytePage, _ layout: GuestLayout, _ regions: [GuestMemory.Region],
        _ facts: BootFacts
    ) {
        var next = BootRecord.headerSize
        func append(_ table: BootRecord.Table, _ entries: [(UInt64, UInt64, UInt64, UInt64)]) {
            page.store(UInt64(next), at: Int32(table.offset))
            page.store(UInt64(entries.count), at: Int32(table.offset + 8))
            for entry in entries {
                page.store(entry.0, at: Int32(next))
                page.store(entry.1, at: Int32(next + 8))
                page.store(entry.2, at: Int32(next + 16))
                if table.entrySize > 24 { page.store(entry.3, at: Int32(next + 24)) }
                next += table.entrySize
            }
        }
        append(BootRecord.memoryMap, memoryMap(layout, regions).map { ($0.0, $0.1, $0.2, 0) })
        append(
            BootRecord.modules,
            [
                (layout.files, BootRecord.ModuleKind.files),
                (layout.image, BootRecord.ModuleKind.rootImage),
            ].filter { $0.0.byteCount > 0 }.map {
                ($0.0.base, $0.0.byteCount, UInt64($0.1.rawValue), UInt64(0))
            })
        append(
            BootRecord.devices,
            facts.devices.enumerated().map { index, device in
                (
                    UInt64(BootRecord.DeviceKind.virtioMMIO.rawValue)
                        | UInt64(device.queueVector) << 32
                        | UInt64(device.configurationVector) << 40
                        | UInt64(device.prepared?.identifier ?? 0) << 48,
                    UInt64(VMM_VIRTIO_BASE) + UInt64(index * Page.size), UInt64(Page.size),
                    device.prepared?.features ?? 0
                )
            })
        append(
            BootRecord.queues,
            facts.devices.enumerated().flatMap { device, facts in
                (facts.prepared?.queues ?? []).map { queue in
                    (
                        UInt64(device) | UInt64(queue.index) << 32, UInt64(queue.size), queue.base,
                        0
                    )
                }
            })
        page.set(BootRecord.size, UInt32(next))
    }

    /// Ranges in order of address; what nothing describes is usable.
    package static func memoryMap(
        _ layout: GuestLayout, _ regions: [GuestMemory.Region]
    ) -> [(UInt64, UInt64, UInt64)] {
        func range(
            _ base: UInt64, _ end: UInt64, _ kind: BootRecord.MemoryKind
        ) -> (UInt64, UInt64, UInt64)? {
            base < end ? (base, end - base, UInt64(kind.rawValue)) : nil
        }
        let low = regions.first?.end ?? 0
        var ranges = [
            range(0, UInt64(Page.size), .reserved),
            range(UInt64(Page.size), layout.kernel.base, .usable),
            range(layout.kernel.base, layout.record.base, .kernel),
            range(layout.record.base, layout.pageTables.base, .bootOnly),
            range(layout.pageTables.base, layout.files.base, .kernel),
            range(layout.files.base, layout.end, .module),
            range(layout.end, low, .usable),
        ]
        for region in regions.dropFirst() {
            ranges.append(range(region.base, region.end, .usable))
        }
        return ranges.compactMap { $0 }
    }
}

extension BytePage {
    mutating func set<Value>(_ field: BootRecord.Field<Value>, _ value: Value) {
        store(value, at: Int32(field.offset))
    }
}
