package import Base

/// A type that a handler takes from one argument register, cut to its width as C's ABI does.
package protocol SystemCallArgument {
    init(register: UInt64)
}

extension Int32: SystemCallArgument {
    package init(register: UInt64) { self = Int32(truncatingIfNeeded: register) }
}
extension UInt32: SystemCallArgument {
    package init(register: UInt64) { self = UInt32(truncatingIfNeeded: register) }
}
extension Int: SystemCallArgument {
    package init(register: UInt64) { self = Int(truncatingIfNeeded: register) }
}
extension UInt: SystemCallArgument {
    package init(register: UInt64) { self = UInt(truncatingIfNeeded: register) }
}
extension Int64: SystemCallArgument {
    package init(register: UInt64) { self = Int64(bitPattern: register) }
}
extension UInt64: SystemCallArgument {
    package init(register: UInt64) { self = register }
}
extension VirtualAddress: SystemCallArgument {
    package init(register: UInt64) { self.init(rawValue: register) }
}
