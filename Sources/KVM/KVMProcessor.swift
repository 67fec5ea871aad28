internal import CKVM
package import Base
internal import LinuxABI
internal import LinuxHost

/// A virtual CPU; used by the thread that runs it.
@safe package struct KVMProcessor: ~Copyable, @unchecked Sendable {
    let descriptor: OwnedDescriptor
    private let shared: Mapping
    private let run: UnsafeMutablePointer<kvm_run>
    private let hasDeferredStores: Bool
    private let deferredOffset: Int

    init(
        descriptor: consuming OwnedDescriptor, runSize: Int, deferredPage: Int
    ) throws(KVMError) {
        do {
            shared = try Mapping.shared(descriptor.borrowed, byteCount: runSize)
        } catch {
            throw KVMError(request: "mmap of the CPU", errno: error)
        }
        // SAFETY: KVM_GET_VCPU_MMAP_SIZE covers the structure, and the mapping is page-aligned.
        unsafe run = shared.address.assumingMemoryBound(to: kvm_run.self)
        self.descriptor = descriptor
        let offset = deferredPage * Page.size
        hasDeferredStores = deferredPage > 0 && offset <= runSize - Page.size
        deferredOffset = hasDeferredStores ? offset : 0
    }

    /// A store that did not leave the guest when it was made.
    package struct DeferredStore: Equatable, Sendable {
        package let address: PhysicalAddress
        package let byteCount: Int
        package let value: UInt64
    }
    /// Takes the oldest deferred store; all are to be taken before an exit is handled.
    package func nextDeferredStore() -> DeferredStore? {
        guard hasDeferredStores else { return nil }
        var access = ckvm_mmio_access()
        // SAFETY: the initialiser checked that the page lies within the mapping.
        guard unsafe ckvm_next_deferred(shared.address + deferredOffset, &access) == 1 else {
            return nil
        }
        return DeferredStore(
            address: PhysicalAddress(rawValue: access.address), byteCount: Int(access.byte_count),
            value: access.value)
    }

    /// Why the guest stopped running.
    package enum Exit: Equatable, Sendable {
        /// Bytes written to a port, `byteCount` at a time.
        case portWrite(port: UInt16, width: Int, bytes: [UInt8])
        case portRead(port: UInt16, width: Int)
        case memoryWrite(PhysicalAddress, byteCount: Int, value: UInt64)
        /// To be answered by `answer(_:)` before the next run.
        case memoryRead(PhysicalAddress, byteCount: Int)
        case halted
        /// Triple fault, or a shutdown that the guest asked for.
        case shutdown
        case internalError(UInt32)
        case entryFailure(UInt64)
        case systemEvent(UInt32)
        /// A signal arrived, or the kernel wants to be asked again.
        case interrupted
        case other(UInt32)
    }

    /// Runs the guest until it needs the VMM.
    package func runUntilExit() throws(KVMError) -> Exit {
        if ckvm_run(descriptor.rawValue) < 0 {
            let error = Errno.last
            if error == .interrupted || error == .tryAgain { return .interrupted }
            throw KVMError(request: "KVM_RUN", errno: error)
        }
        switch Int32(bitPattern: unsafe ckvm_exit_reason(run)) {
        case KVM_EXIT_IO: return portExit()
        case KVM_EXIT_MMIO:
            let access = unsafe ckvm_exit_mmio(run)
            let address = PhysicalAddress(rawValue: access.address)
            let byteCount = Int(access.byte_count)
            return access.is_write != 0
                ? .memoryWrite(address, byteCount: byteCount, value: access.value)
                : .memoryRead(address, byteCount: byteCount)
        case KVM_EXIT_HLT: return .halted
        case KVM_EXIT_SHUTDOWN: return .shutdown
        case KVM_EXIT_INTERNAL_ERROR: return .internalError(unsafe ckvm_internal_suberror(run))
        case KVM_EXIT_FAIL_ENTRY: return .entryFailure(unsafe ckvm_entry_failure(run))
        case KVM_EXIT_SYSTEM_EVENT: return .systemEvent(unsafe ckvm_system_event(run))
        case KVM_EXIT_INTR: return .interrupted
        case let reason: return .other(UInt32(bitPattern: reason))
        }
    }

    /// One port access of up to a page of bytes; the place of the data is checked, though KVM is
    /// trusted, as the count came from the guest.
    private func portExit() -> Exit {
        let access = unsafe ckvm_exit_port(run)
        guard access.is_write != 0 else {
            return .portRead(port: access.port, width: Int(access.size))
        }
        let byteCount = Int(access.size) * Int(access.count)
        guard let offset = Int(exactly: access.data_offset), offset <= shared.byteCount,
            byteCount <= shared.byteCount - offset
        else { return .internalError(0) }
        // SAFETY: the bytes lie within the shared mapping, and the guest is not running.
        let bytes = unsafe UnsafeRawBufferPointer(start: shared.address + offset, count: byteCount)
        return unsafe .portWrite(
            port: access.port, width: Int(access.size), bytes: Array(bytes))
    }

    /// Answers a `memoryRead`.
    package func answer(_ value: UInt64) { unsafe ckvm_answer_mmio(run, value) }

    /// Answers a `portRead` with ones, as an absent device does.
    package func answerAbsentPort() {
        let access = unsafe ckvm_exit_port(run)
        let byteCount = Int(access.size) * Int(access.count)
        guard let offset = Int(exactly: access.data_offset), offset <= shared.byteCount,
            byteCount <= shared.byteCount - offset
        else { return }
        // SAFETY: the bytes lie within the shared mapping, and the guest is not running.
        unsafe (shared.address + offset).initializeMemory(
            as: UInt8.self, repeating: 0xff, count: byteCount)
    }

    /// Ticks of the guest's time-stamp counter per second; 0 where KVM does not know.
    package var timeStampFrequency: UInt64 {
        UInt64(max(ckvm_get_tsc_khz(descriptor.rawValue), 0)) * 1000
    }
    /// What to add to the host's time-stamp counter for the guest's (a new CPU's may begin at 0).
    package var timeStampOffset: UInt64 {
        let timeStampCounter: UInt32 = 0x10  // IA32_TIME_STAMP_COUNTER
        var guest: UInt64 = 0
        guard unsafe ckvm_get_msr(descriptor.rawValue, timeStampCounter, &guest) == 1 else {
            return 0
        }
        return guest &- HostClock.timeStamp
    }
}
