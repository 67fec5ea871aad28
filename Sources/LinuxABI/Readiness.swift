/// What is true of an open file now: the bits of poll(2)'s `revents`.
package struct Readiness: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    /// POLLIN
    package static let readable = Self(rawValue: 0x001)
    /// POLLPRI
    package static let priority = Self(rawValue: 0x002)
    /// POLLOUT
    package static let writable = Self(rawValue: 0x004)
    /// POLLERR
    package static let error = Self(rawValue: 0x008)
    /// POLLHUP
    package static let hungUp = Self(rawValue: 0x010)
    /// POLLNVAL
    package static let invalid = Self(rawValue: 0x020)
    /// POLLRDNORM
    package static let normalReadable = Self(rawValue: 0x040)
    /// POLLRDBAND
    package static let bandReadable = Self(rawValue: 0x080)
    /// POLLWRNORM
    package static let normalWritable = Self(rawValue: 0x100)
    /// POLLWRBAND
    package static let bandWritable = Self(rawValue: 0x200)
    /// POLLRDHUP
    package static let readHungUp = Self(rawValue: 0x2000)

    /// Nobody's event: something changed that the others do not show, such as a little more room.
    package static let progress = Self(rawValue: 0x8000)

    /// What is true, with the second name that poll(2) has for each of the two common events.
    package var withSynonyms: Self {
        var all = self
        if contains(.readable) { all.insert(.normalReadable) }
        if contains(.writable) { all.insert(.normalWritable) }
        return all
    }
}
