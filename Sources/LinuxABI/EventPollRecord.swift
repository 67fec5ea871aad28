/// A `struct epoll_event` (epoll_ctl(2), linux/eventpoll.h): 32 bits of events, 64 of data.
package struct EventPollRecord: Sendable {
    /// Size of the structure.
    package let byteCount: Int
    /// Where the data lies; the events come first.
    package let data: UInt64

    package init(_ abi: ABI) {
        switch abi {
        // Packed, so that 32-bit programs had the same one.
        case .x86_64: (byteCount, data) = (12, 4)
        case .arm64: (byteCount, data) = (16, 8)
        }
    }
}
