internal import Base
package import KVM
package import Virtio

/// Guest memory as a ring's device half uses it: every access checked.
extension GuestMemory: RingMemory {
    package func check(_ address: UInt64, byteCount: UInt64) throws(RingError) {
        guard let count = Int(exactly: byteCount),
            contains(PhysicalAddress(rawValue: address), byteCount: count)
        else { throw .badAddress(address, byteCount: byteCount) }
    }

    package func load<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, at address: UInt64
    ) throws(RingError) -> Value {
        let place = PhysicalAddress(rawValue: address)
        do throws(GuestMemoryError) {
            switch Value.bitWidth {
            case 8: return Value(truncatingIfNeeded: try load8(place))
            case 16: return Value(truncatingIfNeeded: try load16(place))
            case 32: return Value(truncatingIfNeeded: try load32(place))
            default: return Value(truncatingIfNeeded: try load64(place))
            }
        } catch { throw .badAddress(address, byteCount: UInt64(error.byteCount)) }
    }

    package func store<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value, at address: UInt64
    ) throws(RingError) {
        let place = PhysicalAddress(rawValue: address)
        do throws(GuestMemoryError) {
            switch Value.bitWidth {
            case 8: try store8(UInt8(truncatingIfNeeded: value), at: place)
            case 16: try store16(UInt16(truncatingIfNeeded: value), at: place)
            case 32: try store32(UInt32(truncatingIfNeeded: value), at: place)
            default: try store64(UInt64(truncatingIfNeeded: value), at: place)
            }
        } catch { throw .badAddress(address, byteCount: UInt64(error.byteCount)) }
    }

    package func read(at address: UInt64, into bytes: inout MutableRawSpan) throws(RingError) {
        do throws(GuestMemoryError) {
            try load(PhysicalAddress(rawValue: address), into: &bytes)
        } catch { throw .badAddress(address, byteCount: UInt64(error.byteCount)) }
    }

    package func write(_ bytes: RawSpan, at address: UInt64) throws(RingError) {
        do throws(GuestMemoryError) {
            try store(bytes, at: PhysicalAddress(rawValue: address))
        } catch { throw .badAddress(address, byteCount: UInt64(error.byteCount)) }
    }
}
