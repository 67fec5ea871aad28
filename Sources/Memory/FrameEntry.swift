/// What the frame allocator knows of one frame: 8 bytes.
///
/// Zero (frame not managed, never handed out yet, or inside a block whose first frame says it) is
/// the state of fresh memory, so that entries are touched only when their frames are used.
struct FrameEntry {
    var rawValue: UInt64
    init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Frames have 28-bit numbers here: 1 TiB of RAM.
    static let numberMask: UInt64 = (1 << 28) - 1
    private static let secondShift: UInt64 = 28
    private static let detailShift: UInt64 = 56
    private static let detailMask: UInt64 = 0x1f
    private static let zeroedFlag: UInt64 = 1 << 61
    private static let stateShift: UInt64 = 62

    enum State: UInt64 {
        case unmanaged = 0
        /// First frame of a free block.
        case free = 1
        /// First frame of an allocated run.
        case allocated = 2
    }
    static let unmanaged = Self(rawValue: 0)

    /// A free block of 2^order frames in the list of its order.
    static func free(order: Int, next: UInt32, previous: UInt32, isZeroed: Bool) -> Self {
        Self(
            rawValue: UInt64(next) | UInt64(previous) << secondShift
                | UInt64(order) << detailShift | (isZeroed ? zeroedFlag : 0)
                | State.free.rawValue << stateShift)
    }
    /// An allocated run of `frameCount` frames.
    static func allocated(frameCount: UInt32, use: FrameUse) -> Self {
        Self(
            rawValue: 1 | UInt64(frameCount) << secondShift | UInt64(use.rawValue) << detailShift
                | State.allocated.rawValue << stateShift)
    }

    var state: State { State(rawValue: rawValue >> Self.stateShift) ?? .unmanaged }
    private var first: UInt64 { rawValue & Self.numberMask }
    private var second: UInt64 { rawValue >> Self.secondShift & Self.numberMask }
    private var detail: UInt64 { rawValue >> Self.detailShift & Self.detailMask }

    // Of a free block.
    var order: Int { Int(detail) }
    var isZeroed: Bool { rawValue & Self.zeroedFlag != 0 }
    var next: UInt32 {
        get { UInt32(first) }
        set { rawValue = rawValue & ~Self.numberMask | UInt64(newValue) }
    }
    var previous: UInt32 {
        get { UInt32(second) }
        set {
            rawValue =
                rawValue & ~(Self.numberMask << Self.secondShift)
                | UInt64(newValue) << Self.secondShift
        }
    }

    // Of an allocated run.
    var frameCount: UInt32 { UInt32(second) }
    var use: FrameUse { FrameUse(rawValue: UInt8(detail)) ?? .general }
    var shareCount: Int {
        get { Int(first) }
        set { rawValue = rawValue & ~Self.numberMask | UInt64(newValue) & Self.numberMask }
    }
}

/// Who owns an allocated run: the heap has to tell its pages apart when memory is freed.
package enum FrameUse: UInt8, Sendable {
    case general = 0
    case heapSlab = 1
    case heapRun = 2
}
