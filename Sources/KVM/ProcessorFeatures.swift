internal import CKVM
internal import LinuxABI
internal import LinuxHost

/// What CPUID answers in the guest: always a part of what KVM supports on this host.
package struct ProcessorFeatures: Equatable, Sendable {
    /// One answer (struct kvm_cpuid_entry2).
    package struct Entry: Equatable, Sendable {
        package var function: UInt32
        package var index: UInt32
        package var flags: UInt32
        package var eax: UInt32
        package var ebx: UInt32
        package var ecx: UInt32
        package var edx: UInt32

        package init(
            function: UInt32, index: UInt32, flags: UInt32, eax: UInt32, ebx: UInt32, ecx: UInt32,
            edx: UInt32
        ) {
            self.function = function
            self.index = index
            self.flags = flags
            (self.eax, self.ebx, self.ecx, self.edx) = (eax, ebx, ecx, edx)
        }
    }
    package var entries: [Entry]

    package init(entries: [Entry]) { self.entries = entries }

    /// Extended state the guest may use: x87, SSE, AVX, and AVX-512 where the CPU has it.
    private static let extendedState: UInt64 = 0b1110_0111

    /// The value for XCR0 (SDM 1, 13.3): what the host has of `extendedState`.
    package var extendedControl: UInt64 {
        for entry in entries where entry.function == 0xd && entry.index == 0 {
            return (UInt64(entry.edx) << 32 | UInt64(entry.eax)) & Self.extendedState | 1
        }
        return 1
    }

    /// Cuts the table to what a Martlet guest is given, for the CPU with this index.
    package mutating func restrict(toProcessor index: UInt32) {
        for number in entries.indices {
            switch (entries[number].function, entries[number].index) {
            case (1, _):
                // x2APIC, TSC deadline, hypervisor: bits 21, 24, 31.
                entries[number].ecx |= 1 << 21 | 1 << 24 | 1 << 31
                entries[number].ebx = entries[number].ebx & 0x00ff_ffff | index << 24
            case (7, 0):
                // Protection keys and tile registers need state that XCR0 leaves out.
                entries[number].ecx &= ~(1 << 3 | 1 << 4)
                entries[number].edx &= ~(1 << 22 | 1 << 24 | 1 << 25)
            case (0xb, _), (0x1f, _):
                entries[number].edx = index
            case (0xd, 0):
                entries[number].eax &= UInt32(truncatingIfNeeded: Self.extendedState)
                entries[number].edx = 0
            default:
                break
            }
        }
    }
}

// MARK: To and from KVM

extension ProcessorFeatures {
    /// Asks KVM what it supports; costs a third of a millisecond on nested hosts.
    package init(supportedBy device: borrowing KVMDevice) throws(KVMError) {
        let table = unsafe Self.makeTable()
        defer { unsafe table.deallocate() }
        unsafe table.pointee.nent = UInt32(CKVM_CPUID_CAPACITY)
        _ = try KVMError.check(
            unsafe ckvm_get_supported_cpuid(device.descriptor.rawValue, table),
            "KVM_GET_SUPPORTED_CPUID")
        let count = Int(min(unsafe table.pointee.nent, UInt32(CKVM_CPUID_CAPACITY)))
        // SAFETY: KVM filled `count` entries, and the table has room for the capacity.
        let raw = unsafe UnsafeBufferPointer(start: ckvm_cpuid_entries(table), count: count)
        entries = unsafe raw.map { entry in
            Entry(
                function: entry.function, index: entry.index, flags: entry.flags, eax: entry.eax,
                ebx: entry.ebx, ecx: entry.ecx, edx: entry.edx)
        }
    }

    /// A zeroed table with room for `CKVM_CPUID_CAPACITY` entries.
    private static func makeTable() -> UnsafeMutablePointer<kvm_cpuid2> {
        let bytes = UnsafeMutableRawPointer.allocate(
            byteCount: Int(CKVM_CPUID_BYTES), alignment: 8)
        unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0, count: Int(CKVM_CPUID_BYTES))
        // SAFETY: the size covers the header, and every bit pattern is a table.
        return unsafe bytes.assumingMemoryBound(to: kvm_cpuid2.self)
    }

    fileprivate func withTable<Result>(
        _ body: (UnsafePointer<kvm_cpuid2>) -> Result
    ) -> Result {
        let table = unsafe Self.makeTable()
        defer { unsafe table.deallocate() }
        let used = entries.prefix(Int(CKVM_CPUID_CAPACITY))
        unsafe table.pointee.nent = UInt32(used.count)
        for (number, entry) in used.enumerated() {
            var raw = kvm_cpuid_entry2()
            raw.function = entry.function
            raw.index = entry.index
            raw.flags = entry.flags
            (raw.eax, raw.ebx, raw.ecx, raw.edx) = (entry.eax, entry.ebx, entry.ecx, entry.edx)
            // SAFETY: `number` is below the capacity.
            unsafe ckvm_cpuid_entries(table)[number] = raw
        }
        return unsafe body(table)
    }
}

extension KVMProcessor {
    /// Sets what CPUID answers on this CPU.
    package func load(_ features: ProcessorFeatures) throws(KVMError) {
        let result = unsafe features.withTable { table in
            unsafe ckvm_set_cpuid(descriptor.rawValue, table)
        }
        _ = try KVMError.check(result, "KVM_SET_CPUID2")
    }
}
