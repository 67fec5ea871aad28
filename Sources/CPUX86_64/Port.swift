internal import CPUX86_64Assembly

/// An I/O port, as far as the bitmap of the task state permits it; any other is an exception.
package struct Port: Sendable {
    private let number: UInt16
    package init(_ number: UInt16) { self.number = number }

    package func load() -> UInt8 { cpu_in_8(number) }
    package func store(_ value: UInt8) { cpu_out_8(number, value) }
    package func store32(_ value: UInt32) { cpu_out_32(number, value) }
}
