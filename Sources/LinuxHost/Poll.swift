internal import Glibc

/// A list of descriptors to wait for (poll(2)), built anew for each wait.
package struct Poll {
    package struct Events: OptionSet, Sendable {
        package let rawValue: Int16
        package init(rawValue: Int16) { self.rawValue = rawValue }
        package static let readable = Self(rawValue: Int16(POLLIN))
        package static let writable = Self(rawValue: Int16(POLLOUT))
        package static let failed = Self(rawValue: Int16(POLLERR))
        package static let hungUp = Self(rawValue: Int16(POLLHUP))
    }

    private var entries: [pollfd] = []

    package init() { entries.reserveCapacity(8) }

    package mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

    /// Adds a descriptor; errors and hang-ups are always reported.
    package mutating func add(_ descriptor: Descriptor, _ events: Events) {
        entries.append(pollfd(fd: descriptor.rawValue, events: events.rawValue, revents: 0))
    }

    /// Waits until a descriptor is ready, or for `milliseconds` (no end where that is `nil`).
    package mutating func wait(milliseconds: Int32? = nil) {
        let count = entries.count
        _ = unsafe entries.withUnsafeMutableBufferPointer { buffer in
            unsafe poll(buffer.baseAddress, UInt(count), milliseconds ?? -1)
        }
    }

    /// What happened to a descriptor of this list.
    package func ready(_ descriptor: Descriptor) -> Events {
        for entry in entries where entry.fd == descriptor.rawValue {
            return Events(rawValue: entry.revents)
        }
        return []
    }

    /// Waits for one descriptor.
    package static func wait(for descriptor: Descriptor, _ events: Events) {
        var poll = Poll()
        poll.add(descriptor, events)
        poll.wait()
    }
}
