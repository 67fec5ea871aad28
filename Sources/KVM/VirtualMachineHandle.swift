internal import CKVM
package import Base
package import LinuxABI
package import LinuxHost

/// A request that KVM refused: which one, and its errno.
package struct KVMError: Error, Equatable, Sendable {
    package let request: String
    package let errno: Errno

    static func check(_ result: Int32, _ request: String) throws(KVMError) -> Int32 {
        guard result >= 0 else { throw KVMError(request: request, errno: .last) }
        return result
    }
}

/// The device /dev/kvm, opened.
package struct KVMDevice: ~Copyable, Sendable {
    package static let path = "/dev/kvm"
    /// The only version of the interface there ever was (Documentation/virt/kvm/api.rst, 4.1).
    private static let apiVersion: Int32 = 12
    let descriptor: OwnedDescriptor

    package init() throws(KVMError) {
        let opened: OwnedDescriptor
        do {
            opened = try OwnedDescriptor.readingAndWriting(path: Self.path)
        } catch {
            throw KVMError(request: "open \(Self.path)", errno: error)
        }
        guard ckvm_get_api_version(opened.rawValue) == Self.apiVersion else {
            throw KVMError(request: "KVM_GET_API_VERSION", errno: .last)
        }
        descriptor = opened
    }

    package func makeMachine() throws(KVMError) -> KVMachine {
        try KVMachine(
            descriptor: OwnedDescriptor(
                owning: KVMError.check(ckvm_create_vm(descriptor.rawValue), "KVM_CREATE_VM")),
            runSize: Int(
                KVMError.check(
                    ckvm_get_vcpu_mmap_size(descriptor.rawValue), "KVM_GET_VCPU_MMAP_SIZE")),
            deferredPage: Int(ckvm_deferred_page(descriptor.rawValue)))
    }
}

/// A virtual machine as the kernel has it: memory, interrupt routes, virtual CPUs.
package struct KVMachine: ~Copyable, Sendable {
    let descriptor: OwnedDescriptor
    private let runSize: Int
    /// Page of a CPU's mapping that holds deferred stores; 0 where the host has none.
    private let deferredPage: Int

    fileprivate init(descriptor: consuming OwnedDescriptor, runSize: Int, deferredPage: Int) {
        self.descriptor = descriptor
        self.runSize = runSize
        self.deferredPage = deferredPage
    }

    /// Keeps only the local APICs in the kernel: interrupts arrive as messages.
    package func enableSplitInterruptController() throws(KVMError) {
        _ = try KVMError.check(
            ckvm_enable_split_irqchip(descriptor.rawValue), "KVM_CAP_SPLIT_IRQCHIP")
    }

    /// Shows the guest its RAM. The memory lives as long as the process does.
    package func attach(_ memory: GuestMemory) throws(KVMError) {
        for (index, region) in memory.regions.enumerated() {
            _ = try KVMError.check(
                unsafe ckvm_set_memory(
                    descriptor.rawValue, UInt32(index), 0, region.base, region.byteCount,
                    memory.hostAddress(of: index)), "KVM_SET_USER_MEMORY_REGION")
        }
    }

    /// Shows the guest register pages from `base` on: it loads from them as from memory, and its stores
    /// leave the guest. Without them loads leave it too.
    package func attach(_ registers: RegisterPages, at base: PhysicalAddress) {
        _ = unsafe ckvm_set_memory(
            descriptor.rawValue, Self.registerSlot, UInt32(KVM_MEM_READONLY), base.rawValue,
            UInt64(registers.byteCount), registers.hostAddress)
    }
    /// Beyond the slots of RAM.
    private static let registerSlot: UInt32 = 8

    /// Keeps the guest's stores to a range for the next exit. Without it they leave the guest.
    package func deferStores(to range: Range<UInt64>) {
        _ = ckvm_defer_stores(
            descriptor.rawValue, range.lowerBound, UInt32(range.upperBound - range.lowerBound))
    }

    package func makeProcessor(index: Int) throws(KVMError) -> KVMProcessor {
        let processor = try OwnedDescriptor(
            owning: KVMError.check(
                ckvm_create_vcpu(descriptor.rawValue, UInt(index)), "KVM_CREATE_VCPU"))
        return try KVMProcessor(
            descriptor: processor, runSize: runSize, deferredPage: deferredPage)
    }

    /// Routes interrupt n to CPU 0 with `vectors[n]` (at most 32 of them).
    package func routeMessages(vectors: [UInt8]) throws(KVMError) {
        let data = vectors.map(UInt32.init)
        _ = try KVMError.check(
            unsafe ckvm_set_msi_routes(
                descriptor.rawValue, Self.messageAddress, data, UInt32(data.count)),
            "KVM_SET_GSI_ROUTING")
    }
    /// Address of a message to the CPU with APIC identity 0 (SDM 3A, 11.11.1).
    private static let messageAddress: UInt32 = 0xfee0_0000

    /// Raises the interrupt of route `route` whenever the counter is signalled.
    package func connect(
        _ event: borrowing EventCounter, toRoute route: Int
    ) throws(KVMError) {
        _ = try KVMError.check(
            ckvm_irqfd(descriptor.rawValue, event.descriptor.rawValue, UInt32(route)), "KVM_IRQFD")
    }

    /// Signals the counter whenever the guest writes to `address`.
    package func connect(
        doorbell address: PhysicalAddress, to event: borrowing EventCounter
    ) throws(KVMError) {
        _ = try KVMError.check(
            ckvm_ioeventfd(
                descriptor.rawValue, event.descriptor.rawValue, address.rawValue), "KVM_IOEVENTFD")
    }
}
