internal import Base
package import KVM
package import Virtio

/// A guest that broke a rule: the machine ends with this line and status 70.
package struct GuestFault: Error, Equatable, Sendable {
    package let line: String
    package init(_ line: String) { self.line = line }

    /// A ring of `device` that the guest filled wrongly.
    package init(_ device: String, queue: Int, _ error: RingError) {
        self.init("the kernel broke the rules of the \(device), queue \(queue): \(error.reason)")
    }
}

extension RingError {
    /// What the driver did, to follow a colon.
    package var reason: String {
        switch self {
        case .badQueueSize(let size): "a ring of \(size) entries"
        case .badRingAddress(let address):
            "a ring at 0x\(String(address, radix: 16)), which is not aligned or wraps around"
        case .badAddress(let address, let byteCount):
            "\(byteCount) bytes at 0x\(String(address, radix: 16)), outside its memory"
        case .indexJumped(let old, let new): "an index that jumps from \(old) to \(new)"
        case .badDescriptor(let number): "descriptor \(number), which the ring does not have"
        case .chainTooLong: "a chain of descriptors that loops"
        case .chainTooLarge: "a chain of more bytes than the device takes"
        case .readableAfterWritable: "a readable descriptor behind a writable one"
        case .badIndirect: "a malformed indirect descriptor"
        case .unknownChain(let head): "chain \(head), which was not given"
        case .writtenTooMuch(let byteCount):
            "\(byteCount) bytes written, more than there is room for"
        }
    }
}

/// Runs a step on a ring; an error becomes the guest's fault.
func onRing<Value>(
    _ device: String, _ queue: Int, _ step: () throws(RingError) -> Value
) throws(GuestFault) -> Value {
    do { return try step() } catch { throw GuestFault(device, queue: queue, error) }
}

extension GuestFault {
    /// An address in a checked chain that is no RAM: the ring's check and the memory disagree.
    package init(_ error: GuestMemoryError) {
        self.init(
            "the kernel named \(error.byteCount) bytes at"
                + " 0x\(String(error.address.rawValue, radix: 16)), outside its memory")
    }
}
