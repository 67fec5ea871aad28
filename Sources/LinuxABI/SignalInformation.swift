package import Base

/// What goes with a signal: the part of siginfo_t that Linux keeps, 48 of its 128 bytes.
package struct SignalInformation: BitwiseCopyable, Sendable {
    /// sizeof(siginfo_t); what is beyond `storedByteCount` is zero.
    package static let byteCount = 128
    package static let storedByteCount = 48

    private var words = InlineArray<6, UInt64>(repeating: 0)

    /// A signal with a code and nothing else.
    package init(_ signal: Signal, _ code: SignalCode) {
        number = signal.rawValue
        self.code = code
    }
    /// A signal from a process: si_pid, si_uid.
    package init(_ signal: Signal, _ code: SignalCode, process: Int32, user: UInt32) {
        self.init(signal, code)
        words[2] = UInt64(UInt32(bitPattern: process)) | UInt64(user) << 32
    }
    /// A signal from a fault: si_addr.
    package init(_ signal: Signal, _ code: SignalCode, address: VirtualAddress) {
        self.init(signal, code)
        words[2] = address.rawValue
    }
    /// A signal from a POSIX timer: si_tid, si_overrun, si_value.
    package init(_ signal: Signal, timer: Int32, overrun: Int32, value: UInt64) {
        self.init(signal, .timer)
        words[2] = UInt64(UInt32(bitPattern: timer)) | UInt64(UInt32(bitPattern: overrun)) << 32
        words[3] = value
    }
    /// As the program wrote it (rt_sigqueueinfo(2)). Precondition: 48 bytes or more.
    package init(_ bytes: RawSpan) {
        for index in 0..<6 { words[index] = bytes.littleEndian(UInt64.self, at: index * 8) }
    }

    /// si_signo
    package var number: Int32 {
        get { Int32(truncatingIfNeeded: words[0]) }
        set { words[0] = words[0] & ~0xffff_ffff | UInt64(UInt32(bitPattern: newValue)) }
    }
    /// si_code
    package var code: SignalCode {
        get { SignalCode(rawValue: Int32(truncatingIfNeeded: words[1])) }
        set { words[1] = words[1] & ~0xffff_ffff | UInt64(UInt32(bitPattern: newValue.rawValue)) }
    }
    /// si_addr of a fault.
    package var address: VirtualAddress { VirtualAddress(rawValue: words[2]) }

    /// Writes what is stored to the start of `bytes`. Precondition: 48 bytes or more.
    @_lifetime(bytes: copy bytes)
    package func write(to bytes: inout MutableRawSpan) {
        for index in 0..<6 { bytes.storeLittleEndian(words[index], at: index * 8) }
    }
}
