internal import LinuxABI

/// What wakes at each segment: a literal of several options may make an array, which these do not.
extension Readiness {
    static var hasData: Self {
        Self(rawValue: Self.readable.rawValue | Self.normalReadable.rawValue)
    }
    static var hasRoom: Self {
        Self(rawValue: Self.writable.rawValue | Self.normalWritable.rawValue)
    }
}
