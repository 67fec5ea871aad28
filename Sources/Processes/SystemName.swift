internal import Base

/// What uname(2) says.
package enum SystemName {
    package static let system: StaticString = "Linux"
    /// The Linux whose system calls these are, as C libraries and runtimes compare it.
    package static let release: StaticString = "6.1.0-martlet"
    package static let version: StaticString = "#1 Martlet library OS"
    package static let host = Text("martlet")
    package static let domain = Text("(none)")

    /// A name of up to 64 bytes that a program may change.
    package final class Text: @unchecked Sendable {
        private var storage = InlineArray<64, UInt8>(repeating: 0)
        private var length = 0

        init(_ text: StaticString) { set(text.bytes) }

        /// Lends the name's bytes.
        package func withBytes<Failure: Error>(
            _ body: (RawSpan) throws(Failure) -> Void
        ) throws(Failure) {
            try body(storage.span.raw.extracting(first: length))
        }
        /// Precondition: at most 64 bytes.
        package func set(_ bytes: RawSpan) {
            precondition(bytes.byteCount <= 64)
            storage = InlineArray(repeating: 0)
            length = bytes.byteCount
            for index in 0..<length { storage[index] = bytes.byte(at: index) }
        }
    }
}
