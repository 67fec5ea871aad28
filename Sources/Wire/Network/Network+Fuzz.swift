internal import Base

/// Reads bytes as each of the network's headers: for the fuzzer, which looks for traps. What is accepted says
/// the same when it is written and read again. Returns whether a TCP header with a
/// window's scale and timestamps was in them.
package func fuzzNetworkHeaders(_ bytes: RawSpan) -> Bool {
    var scratch = InlineArray<400, UInt8>(repeating: 0)
    if let header = try? EthernetHeader(checking: bytes) {
        rewrite(&scratch) { header.store(into: &$0) }
        precondition((try? EthernetHeader(checking: scratch.span.raw)) == header)
    }
    if let message = try? ARPMessage(checking: bytes) {
        rewrite(&scratch) { message.store(into: &$0) }
        precondition((try? ARPMessage(checking: scratch.span.raw)) == message)
    }
    if let header = try? IPv4Header(checking: bytes, available: bytes.byteCount) {
        precondition(header.payloadByteCount >= 0 && header.totalByteCount <= bytes.byteCount)
        if header.headerByteCount == IPv4Header.byteCount {
            rewrite(&scratch) { header.store(into: &$0) }
            let again = try? IPv4Header(
                checking: scratch.span.raw, available: header.totalByteCount)
            precondition(again == header)
        }
    }
    if let header = try? IPv6Header(checking: bytes, available: bytes.byteCount) {
        rewrite(&scratch) { header.store(into: &$0) }
        let again = try? IPv6Header(checking: scratch.span.raw, available: bytes.byteCount)
        precondition(again == header)
    }
    let firsts: [4 of IPProtocol] = [.hopByHop, .routing, .fragment, .destinationOptions]
    for index in 0..<4 {
        guard let extensions = try? IPv6Extensions(checking: bytes, first: firsts[index]) else {
            continue
        }
        precondition(extensions.byteCount <= bytes.byteCount)
    }
    _ = try? ICMPHeader(checking: bytes)
    if let message = try? NeighborMessage(checking: bytes) {
        rewrite(&scratch) { message.store(into: &$0) }
        let count =
            message.address == nil
            ? NeighborMessage.byteCount : NeighborMessage.byteCountWithAddress
        let again = try? NeighborMessage(checking: scratch.span.raw.extracting(first: count))
        precondition(again == message)
    }
    _ = try? RouterAdvertisement(checking: bytes)
    if let header = try? UDPHeader(checking: bytes, available: bytes.byteCount) {
        precondition(header.totalByteCount <= bytes.byteCount)
    }
    if let message = try? DHCPMessage(checking: bytes) {
        var count = 0
        rewrite(&scratch) { count = message.store(into: &$0) }
        let again = try? DHCPMessage(checking: scratch.span.raw.extracting(first: count))
        precondition(again == message)
    }
    return fuzzTCP(bytes, &scratch)
}

private func fuzzTCP(_ bytes: RawSpan, _ scratch: inout InlineArray<400, UInt8>) -> Bool {
    guard let header = try? TCPHeader(checking: bytes),
        let options = try? TCPOptions(
            checking: bytes.extracting(TCPHeader.byteCount..<header.headerByteCount))
    else { return false }
    // Those of a SYN and blocks together may take more than the wire has room for.
    var written = options
    if written.timestamps != nil || written.maximumSegmentSize != nil { written.blockCount = 0 }
    let count = written.byteCount
    precondition(count <= TCPHeader.maximumByteCount - TCPHeader.byteCount && count & 3 == 0)
    rewrite(&scratch) { written.store(into: &$0) }
    precondition((try? TCPOptions(checking: scratch.span.raw.extracting(first: count))) == written)
    return options.windowScale != nil && options.timestamps != nil
}

/// Lets bytes be written, from zeros on.
private func rewrite(
    _ scratch: inout InlineArray<400, UInt8>, _ body: (inout MutableRawSpan) -> Void
) {
    for index in 0..<400 { scratch[index] = 0 }
    var span = scratch.mutableSpan
    var bytes = span.mutableRaw
    body(&bytes)
}
