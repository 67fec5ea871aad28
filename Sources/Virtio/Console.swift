internal import Base

/// The console device (virtio 1.2, section 5.3).
package enum Console {
    /// VIRTIO_CONSOLE_F_SIZE: `columns` and `rows` are valid.
    package static let size = Features(rawValue: 1 << 0)
    /// VIRTIO_CONSOLE_F_MULTIPORT: several ports and the control queues.
    package static let multiport = Features(rawValue: 1 << 1)

    // Configuration space (section 5.3.4).
    package static let columns = ConfigurationField<UInt16>(0, .readOnly)
    package static let rows = ConfigurationField<UInt16>(2, .readOnly)
    /// max_nr_ports
    package static let portMaximum = ConfigurationField<UInt32>(4, .readOnly)
    package static let configurationSize = 12

    /// Queues of the control messages.
    package static let controlReceiveQueue: UInt16 = 2
    package static let controlTransmitQueue: UInt16 = 3
    /// Where a port's bytes come in. Precondition: the port is below 2^14.
    package static func receiveQueue(ofPort port: UInt16) -> UInt16 {
        port == 0 ? 0 : 2 * port + 2
    }
    /// Where a port's bytes go out. Precondition: the port is below 2^14.
    package static func transmitQueue(ofPort port: UInt16) -> UInt16 {
        port == 0 ? 1 : 2 * port + 3
    }
    /// Queues of a device with `portCount` ports.
    package static func queueCount(portCount: UInt16) -> UInt16 { 2 * portCount + 2 }

    /// The ports of a Martlet machine.
    package enum Port: UInt16, Sendable {
        case standardInput = 0
        case standardOutput = 1
        case standardError = 2
        /// Records as `NucleusInterface.Control` has them, both ways.
        case control = 3
        package static let count: UInt16 = 4
    }

    /// What a control message says (section 5.3.6.2).
    package struct Event: Equatable, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }
        /// Driver: it is ready for control messages (value 1) or failed (0).
        package static let deviceReady = Self(rawValue: 0)
        /// Device: a port exists.
        package static let deviceAdd = Self(rawValue: 1)
        /// Device: a port is gone.
        package static let deviceRemove = Self(rawValue: 2)
        /// Driver: it is ready to use a port (value 1).
        package static let portReady = Self(rawValue: 3)
        /// Device: the port is a console.
        package static let consolePort = Self(rawValue: 4)
        /// Device: the port's size in columns and rows follows.
        package static let resize = Self(rawValue: 5)
        /// Both: whether the sender has the port open (value 1 or 0).
        package static let portOpen = Self(rawValue: 6)
        /// Device: the port's name follows.
        package static let portName = Self(rawValue: 7)
    }

    /// A control message without what may follow it: port (u32), event (u16), value (u16).
    package struct ControlMessage: Equatable, Sendable {
        package let port: UInt32
        package let event: Event
        package let value: UInt16
        package static let byteCount = 8

        package init(port: UInt32, event: Event, value: UInt16) {
            self.port = port
            self.event = event
            self.value = value
        }
        /// Reads a message; `nil` where `bytes` are too few.
        package init?(_ bytes: RawSpan) {
            guard bytes.byteCount >= Self.byteCount else { return nil }
            port = bytes.littleEndian(UInt32.self, at: 0)
            event = Event(rawValue: bytes.littleEndian(UInt16.self, at: 4))
            value = bytes.littleEndian(UInt16.self, at: 6)
        }
        /// The message's bytes, as one little-endian integer.
        package var encoded: UInt64 {
            UInt64(port) | UInt64(event.rawValue) << 32 | UInt64(value) << 48
        }
        /// The message that `encoded` made.
        package init(encoded: UInt64) {
            port = UInt32(truncatingIfNeeded: encoded)
            event = Event(rawValue: UInt16(truncatingIfNeeded: encoded >> 32))
            value = UInt16(truncatingIfNeeded: encoded >> 48)
        }
    }
}

/// The entropy device (virtio 1.2, section 5.4): one queue of writable buffers, no configuration.
package enum EntropyDevice {
    package static let requestQueue: UInt16 = 0
    package static let queueCount: UInt16 = 1
}
