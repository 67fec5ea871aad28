/// An I/O port: arm64 has none, so nothing answers. Loads read ones, as from an empty bus.
package struct Port: Sendable {
    package init(_ number: UInt16) {}

    package func load() -> UInt8 { .max }
    package func store(_ value: UInt8) {}
}
