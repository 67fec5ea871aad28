/// What a register holds: an integer, or a type that gives its bits a meaning.
package protocol RegisterValue: Sendable {
    associatedtype Bits: FixedWidthInteger & UnsignedInteger & BitwiseCopyable & Sendable
    init(bits: Bits)
    var bits: Bits { get }
}
extension UInt8: RegisterValue {
    package init(bits: UInt8) { self = bits }
    package var bits: UInt8 { self }
}
extension UInt16: RegisterValue {
    package init(bits: UInt16) { self = bits }
    package var bits: UInt16 { self }
}
extension UInt32: RegisterValue {
    package init(bits: UInt32) { self = bits }
    package var bits: UInt32 { self }
}
extension UInt64: RegisterValue {
    package init(bits: UInt64) { self = bits }
    package var bits: UInt64 { self }
}
extension OptionSet where Self: RegisterValue, RawValue == Bits {
    package init(bits: Bits) { self.init(rawValue: bits) }
    package var bits: Bits { rawValue }
}

/// What a driver may do with a register.
package enum RegisterAccess: Sendable {
    case readOnly
    case writeOnly
    case readWrite
}

/// A register: where it is, how wide, who may do what, and what its bits mean.
///
/// The driver writes `window.load(.status)`; the device model compares offsets with the same values.
package struct Register<Value: RegisterValue>: Sendable {
    /// Bytes from the start of the device's window.
    package let offset: UInt32
    package let access: RegisterAccess
    package init(_ offset: UInt32, _ access: RegisterAccess) {
        self.offset = offset
        self.access = access
    }
    /// Width in bytes.
    package static var width: Int { MemoryLayout<Value.Bits>.size }
}

/// A field of a device's configuration space (virtio 1.2, section 2.5), by offset from its start.
package struct ConfigurationField<Value: RegisterValue>: Sendable {
    package let offset: UInt32
    package let access: RegisterAccess
    package init(_ offset: UInt32, _ access: RegisterAccess) {
        self.offset = offset
        self.access = access
    }
    package static var width: Int { MemoryLayout<Value.Bits>.size }
}
