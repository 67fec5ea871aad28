internal import Base
internal import CKVM
internal import LinuxABI
internal import LinuxHost

/// How often a virtual CPU left its guest, for KVM itself or for the VMM, as KVM counts it
/// (Documentation/virt/kvm/api.rst, KVM_GET_STATS_FD, "exits").
package final class ExitCounter: Sendable {
    private let descriptor: OwnedDescriptor
    private let offset: Int64

    /// `nil` where the host's KVM does not count.
    package init?(of processor: borrowing KVMProcessor) {
        guard
            let descriptor = try? OwnedDescriptor(
                checking: ckvm_get_statistics(processor.descriptor.rawValue)),
            let offset = Self.offset(of: "exits", in: descriptor.borrowed)
        else { return nil }
        self.descriptor = descriptor
        self.offset = offset
    }
    package var count: UInt64? {
        let bytes = try? descriptor.borrowed.contents(from: offset, atMost: 8)
        guard let bytes, bytes.count == 8 else { return nil }
        return unsafe bytes.span.bytes.littleEndian(UInt64.self, at: 0)
    }

    /// Where the descriptor has the value of a name: struct kvm_stats_header (flags, size of names, count,
    /// then where identifier, descriptions and values are), and of struct kvm_stats_desc (16 bytes: flags,
    /// exponent, size, offset, bucket size) with the name behind each.
    private static func offset(of name: String, in descriptor: Descriptor) -> Int64? {
        guard let header = try? descriptor.contents(from: 0, atMost: 24), header.count == 24 else {
            return nil
        }
        func word(_ bytes: [UInt8], _ offset: Int) -> Int {
            unsafe Int(bytes.span.bytes.littleEndian(UInt32.self, at: offset))
        }
        let size = 16 + word(header, 4)
        for index in 0..<min(word(header, 8), 1024) {
            let start = word(header, 16) + index * size
            guard let description = try? descriptor.contents(from: Int64(start), atMost: size),
                description.count == size
            else { return nil }
            guard
                description[16...].prefix(while: { $0 != 0 }).elementsEqual(name.utf8)
            else {
                continue
            }
            return Int64(word(header, 20) + word(description, 8))
        }
        return nil
    }
}
