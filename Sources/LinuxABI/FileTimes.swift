/// A `struct timespec`: seconds since 1970 or a length, and nanoseconds below a second.
package struct TimeSpecification: Hashable, Sendable {
    package var seconds: Int64
    package var nanoseconds: Int64
    package init(seconds: Int64, nanoseconds: Int64) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
    package static let byteCount = 16
}
