internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory

/// A node whose reads and writes are transfers of a stream or of messages: `receive` and `send` make them,
/// whatever memory the bytes are in. Several buffers of one call are one transfer.
package class TransferNode: Node {
    override var transfersWhole: Bool { true }
    override func read(
        _ file: OpenFile, at offset: Int64, count: Int, to address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard count > 0 else { return 0 }
        return try receive(file, count, blocking) { position, bytes throws(Errno) in
            try ProgramMemory.copyOut(bytes, to: try address.advanced(inTransfer: position))
        }
    }
    override func write(
        _ file: OpenFile, at offset: Int64, count: Int, from address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        try send(file, count, blocking) { position, bytes throws(Errno) in
            try ProgramMemory.copyIn(
                from: try address.advanced(inTransfer: position), into: &bytes)
        }
    }
    override func write(
        _ file: OpenFile, at offset: Int64, _ bytes: RawSpan, _ blocking: Blocking
    ) throws(Errno) -> Int {
        try send(file, bytes.byteCount, blocking) { position, target throws(Errno) in
            for index in 0..<target.byteCount {
                target.storeLittleEndian(bytes.byte(at: position + index), at: index)
            }
        }
    }
}

extension VirtualAddress {
    /// The address of a position in a transfer. EFAULT.
    func advanced(inTransfer position: Int) throws(Errno) -> Self {
        guard let address = advanced(by: UInt64(position)) else { throw .badAddress }
        return address
    }
}
