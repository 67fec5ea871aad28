/// Bytes as bytes: a span of UInt8 has no padding, so its raw view is safe.
extension Span where Element == UInt8 {
    package var raw: RawSpan {
        @_lifetime(copy self) get { unsafe bytes }
    }
}

extension MutableSpan where Element == UInt8 {
    package var mutableRaw: MutableRawSpan {
        @_lifetime(&self) mutating get { unsafe mutableBytes }
    }
}
