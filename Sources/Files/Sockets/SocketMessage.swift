internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory

/// A message in a Unix socket's queue, or a piece of a stream.
///
/// Its bytes lie in the object's own buffer, or in frames where they are many. It counts against its
/// sender's buffer as much as in Linux, so that as many messages fit.
final class SocketMessage {
    let byteCount: Int
    /// Bytes that were read.
    var consumed = 0
    /// What it takes of the sender's buffer.
    let charge: Int
    let sender: UnixSocket
    var credentials: PeerCredentials?
    var files: PassedFiles?
    /// Whether an empty message was looked at with MSG_PEEK.
    var wasPeeked = false
    var next: SocketMessage?

    /// The bytes, or numbers of frames (0: none yet).
    private var storage: FixedBuffer<UInt8>
    private let isPaged: Bool
    private static let largestInline = 1024

    /// How a message's memory is laid out in Linux, which says what it is charged.
    enum Layout {
        case stream
        case whole
    }

    /// A message of undefined bytes. ENOBUFS.
    init(_ byteCount: Int, _ layout: Layout, from sender: UnixSocket) throws(Errno) {
        try KernelReserve.admit()
        isPaged = byteCount > Self.largestInline
        let size = isPaged ? (byteCount + Page.size - 1) / Page.size * 4 : max(1, byteCount)
        guard let storage = FixedBuffer<UInt8>(count: size, repeating: 0) else {
            throw .noBufferSpace
        }
        self.byteCount = byteCount
        self.sender = sender
        self.storage = storage
        charge = Self.charge(byteCount, layout)
        if isPaged { try allocateFrames() }
        sender.charged(charge)
    }
    deinit {
        guard isPaged else { return }
        for index in 0..<storage.count / 4 {
            let frame = frame(index)
            if frame.number != 0 { Frames.release(frame) }
        }
    }
    private func allocateFrames() throws(Errno) {
        for index in 0..<storage.count / 4 {
            guard Frames.freeCount > KernelReserve.frames, let frame = Frames.allocate() else {
                throw .noBufferSpace
            }
            storage.withMutableBytes { $0.storeLittleEndian(frame.number, at: index * 4) }
        }
    }
    private func frame(_ index: Int) -> Frame {
        Frame(number: storage.withBytes { $0.littleEndian(UInt32.self, at: index * 4) })
    }

    /// Bytes that were not read yet.
    var remaining: Int { byteCount - consumed }

    /// Fills the message with what begins at `position` of the source.
    func fill(at position: Int, from source: ByteSource) throws(Errno) {
        guard byteCount > 0 else { return }
        guard isPaged else {
            return try storage.withMutableBytes { bytes throws(Errno) in
                var part = bytes._mutatingExtracting(0..<byteCount)
                try source(position, &part)
            }
        }
        var done = 0
        while done < byteCount {
            let count = min(Page.size, byteCount - done)
            try frame(done / Page.size).withMutableBytes { bytes throws(Errno) in
                var part = bytes._mutatingExtracting(0..<count)
                try source(position + done, &part)
            }
            done += count
        }
    }
    /// Gives `count` bytes from `offset` on to a sink, where they begin at `position`.
    func give(_ count: Int, from offset: Int, at position: Int, to sink: ByteSink) throws(Errno) {
        guard isPaged else {
            guard count > 0 else { return }
            return try storage.withBytes { bytes throws(Errno) in
                try sink(position, bytes.extracting(offset..<offset + count))
            }
        }
        var done = 0
        while done < count {
            let within = (offset + done) % Page.size
            let length = min(Page.size - within, count - done)
            try frame((offset + done) / Page.size).withBytes { bytes throws(Errno) in
                try sink(position + done, bytes.extracting(within..<within + length))
            }
            done += length
        }
    }

    // MARK: Charges

    /// sizeof(struct sk_buff), aligned, and that of struct skb_shared_info (net/core/skbuff.c).
    private static let bufferHead = 256
    private static let bufferTail = 320
    /// SKB_MAX_HEAD(0) and SKB_MAX_ALLOC: bytes that lie in one allocation at most.
    private static let largestHead = Page.size - bufferTail
    private static let largestAllocation = 4 * Page.size - bufferTail
    /// UNIX_SKB_FRAGS_SZ: bytes in pages of a piece of a stream.
    private static let largestPages = 32768
    /// MAX_SKB_FRAGS
    private static let maximumFragments = 17
    /// The longest piece of a stream.
    static let largestPiece = largestHead + largestPages

    /// Linux's `truesize` of a message (unix_stream_sendmsg, unix_dgram_sendmsg).
    private static func charge(_ byteCount: Int, _ layout: Layout) -> Int {
        var pages = 0
        switch layout {
        case .stream:
            pages = min(byteCount, roundUp(max(0, byteCount - largestHead), to: Page.size))
        case .whole:
            if byteCount > largestAllocation {
                pages = roundUp(
                    min(byteCount - largestAllocation, maximumFragments * Page.size),
                    to: Page.size)
            }
        }
        let head = roundUp(max(0, byteCount - pages), to: 64) + bufferTail
        var allocation = 512
        while allocation < head { allocation *= 2 }
        return allocation + bufferHead + roundUp(pages, to: Page.size)
    }
    private static func roundUp(_ count: Int, to unit: Int) -> Int {
        (count + unit - 1) / unit * unit
    }
}
