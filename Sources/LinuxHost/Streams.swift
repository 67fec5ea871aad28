internal import CLinux
internal import Glibc
package import LinuxABI

/// A standard output that is written without waiting, where the host allows that.
///
/// The status flags of an inherited descriptor belong to all who share it, so O_NONBLOCK is never
/// set on it: a pipe or terminal is opened once more, a socket is asked at each write. Where that
/// fails a write may wait, as it would for any process.
package struct OutputStream: Sendable {
    package let descriptor: Descriptor
    let isSocket: Bool

    package init(_ inherited: Descriptor) {
        isSocket = clinux_is_socket(inherited.rawValue) != 0
        let canReopen =
            clinux_is_pipe(inherited.rawValue) != 0
            || clinux_is_character_device(inherited.rawValue) != 0
        let reopened = canReopen ? clinux_reopen_nonblocking(inherited.rawValue, 1) : -1
        descriptor = reopened >= 0 ? Descriptor(rawValue: reopened) : inherited
    }

    /// Writes bytes of memory that the caller checked; says how many went.
    package func write(_ bytes: UnsafeRawPointer, byteCount: Int) -> Result<Int, Errno> {
        let result = unsafe clinux_write_some(
            descriptor.rawValue, bytes, byteCount, isSocket ? 1 : 0)
        return result < 0 ? .failure(.last) : .success(result)
    }
}

/// A standard input: read when it is ready, more than once only where that can't wait.
package struct InputStream: Sendable {
    package let descriptor: Descriptor
    /// Whether a read that finds nothing returns at once.
    package let neverWaits: Bool

    package init(_ inherited: Descriptor) {
        // A FIFO without a writer, opened anew, tells nobody that it has ended; where all writers are gone
        // already, no read of what was inherited waits.
        let reopened =
            clinux_is_pipe(inherited.rawValue) != 0 && !Self.isHungUp(inherited)
            ? clinux_reopen_nonblocking(inherited.rawValue, 0) : -1
        descriptor = reopened >= 0 ? Descriptor(rawValue: reopened) : inherited
        neverWaits = reopened >= 0 || clinux_is_regular(inherited.rawValue) != 0
    }
    private static func isHungUp(_ descriptor: Descriptor) -> Bool {
        var poll = Poll()
        poll.add(descriptor, .readable)
        poll.wait(milliseconds: 0)
        return poll.ready(descriptor).contains(.hungUp)
    }
}

extension Host {
    /// Makes sure that descriptors 0, 1 and 2 are open (to /dev/null at least).
    package static func fillStandardDescriptors() -> Bool {
        clinux_fill_standard_descriptors() == 0
    }
}

extension OutputStream {
    /// Writes what fits of `bytes`; says how many went.
    package func write(_ bytes: ArraySlice<UInt8>) -> Result<Int, Errno> {
        unsafe bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else { return .success(0) }
            return unsafe write(start, byteCount: buffer.count)
        }
    }
}

extension Descriptor {
    /// Sends what fits into a socket, without waiting and without SIGPIPE.
    package func send(_ bytes: ArraySlice<UInt8>) -> Result<Int, Errno> {
        let result = unsafe bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            return unsafe clinux_write_some(rawValue, start, buffer.count, 1)
        }
        return result < 0 ? .failure(.last) : .success(result)
    }
}
