internal import Base

/// How this machine is turned off.
package enum Power {
    package enum Method {
        /// The nucleus's port: our VMM's, or ACPI's PM1a control register of a PC.
        case port
        /// The sleep control register of hardware-reduced ACPI, at an offset in a window.
        case sleepControl(RegisterWindow, offset: UInt32)
        /// None known yet; a loader told not to reboot ends there.
        case reset
    }
    // Set by boot on one CPU.
    private static let current = Global<Method>(.port)
    package static var method: Method {
        get { current.value }
        set { current.value = newValue }
    }
    /// Sleep type 5, sleep enable (ACPI 6.4, section 4.8.3.7).
    private static let off: UInt8 = 5 << 2 | 1 << 5

    /// Ends the machine.
    package static func turnOff() -> Never {
        while true {
            switch method {
            case .port: break
            case .sleepControl(let window, let offset): window.store8(off, at: offset)
            case .reset: CPU.reset()
            }
            CPU.powerOff()
        }
    }
}
