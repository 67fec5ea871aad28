package import Base
package import LinuxABI
package import Scheduler

/// Whether a call may wait until it can do something.
package enum Blocking: Sendable {
    case blocking
    /// EAGAIN instead of waiting (O_NONBLOCK, RWF_NOWAIT).
    case nonblocking
}

/// What stands behind a character device's node: a driver, or a device of the library OS's own.
///
/// Counts are at least 1. Data goes straight between the device and the program's memory.
package protocol CharacterDevice: AnyObject {
    /// The device that an open file is to have instead, where each open has its own (/dev/ptmx,
    /// /dev/tty). ENOMEM, ENOSPC, ENXIO.
    func instance(
        _ flags: OpenFlags, for credentials: Credentials
    ) throws(Errno) -> (any CharacterDevice)?
    /// Called at each open; ENXIO where there is nothing to open.
    func open(_ flags: OpenFlags) throws(Errno)
    /// Called when the last descriptor of an open file is closed.
    func closed()
    /// Reads up to `count` bytes, at least one unless at the end (0). EAGAIN, EFAULT, EINTR, EIO.
    func read(count: Int, to address: VirtualAddress, _ blocking: Blocking) throws(Errno) -> Int
    /// Writes up to `count` bytes and returns how many. EAGAIN, EFAULT, EINTR, EIO, EPIPE.
    func write(count: Int, from address: VirtualAddress, _ blocking: Blocking) throws(Errno) -> Int
    /// Writes bytes of the library OS's own (sendfile(2)). As `write(count:from:)`.
    func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int
    /// Whether a read would not wait.
    var isReadable: Bool { get }
    /// Whether a write would not wait.
    var isWritable: Bool { get }
    /// Whether the other side is gone (POLLHUP).
    var isHungUp: Bool { get }
    /// Whether nothing but errors will come (POLLERR).
    var hasFailed: Bool { get }
    /// Whether there is something that comes before data (POLLPRI).
    var hasPriority: Bool { get }
    /// Who is told when one of these may have changed; `nil` where nobody is.
    var waiters: WaitQueue? { get }
    /// Whether they ever change, so that epoll(7) takes the device.
    var isPollable: Bool { get }
    /// Whether lseek(2) and pread(2) are accepted though offsets mean nothing (mem(4)).
    var ignoresOffset: Bool { get }
    /// ioctl(2); ENOTTY for a request that this device does not know.
    func control(_ request: UInt32, argument: UInt64) throws(Errno) -> Int
}

extension CharacterDevice {
    package func instance(
        _ flags: OpenFlags, for credentials: Credentials
    ) throws(Errno) -> (any CharacterDevice)? { nil }
    package func open(_ flags: OpenFlags) throws(Errno) {}
    package func closed() {}
    package var isReadable: Bool { true }
    package var isWritable: Bool { true }
    package var isHungUp: Bool { false }
    package var hasFailed: Bool { false }
    package var hasPriority: Bool { false }
    package var waiters: WaitQueue? { nil }
    package var isPollable: Bool { true }
    package var ignoresOffset: Bool { false }
    package func control(_ request: UInt32, argument: UInt64) throws(Errno) -> Int {
        throw .notTerminal
    }
}
