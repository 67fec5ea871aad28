/// An absolute path inside the unikernel, without `.`, `..` or doubled slashes.
package struct GuestPath: Hashable, Sendable {
    /// The components, outermost first; none for the root.
    package let components: [[UInt8]]

    private init(components: [[UInt8]]) { self.components = components }
    package static let root = GuestPath(components: [])

    /// Resolves a path as the program would; a relative one begins at `base`.
    package init(_ path: [UInt8], relativeTo base: GuestPath = .root) {
        var components = path.first == UInt8(ascii: "/") ? [] : base.components
        for component in path.split(separator: UInt8(ascii: "/")) {
            if component == [0x2e] { continue }
            if component == [0x2e, 0x2e] {
                _ = components.popLast()
            } else {
                components.append(Array(component))
            }
        }
        self.components = components
    }

    package func appending(_ name: [UInt8]) -> GuestPath {
        GuestPath(components: components + [name])
    }
    /// Whether the other path is this one or lies below it.
    func isPrefix(of other: GuestPath) -> Bool { other.components.starts(with: components) }
    /// The path's bytes, with the leading slash.
    package var bytes: [UInt8] {
        components.isEmpty
            ? [UInt8(ascii: "/")] : Array(components.map { [UInt8(ascii: "/")] + $0 }.joined())
    }
    /// The name in an archive: without the leading slash.
    var archiveName: [UInt8] { Array(bytes.dropFirst()) }
}
