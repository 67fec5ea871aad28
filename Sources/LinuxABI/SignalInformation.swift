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
    /// A signal from a process with a value: si_pid, si_uid, si_value.
    package init(_ signal: Signal, _ code: SignalCode, process: Int32, user: UInt32, value: UInt64)
    {
        self.init(signal, code, process: process, user: user)
        words[3] = value
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
    /// A signal of an open file: si_band, si_fd.
    package init(_ signal: Signal, _ code: SignalCode, band: UInt64, descriptor: Int32) {
        self.init(signal, code)
        words[2] = band
        words[3] = UInt64(UInt32(bitPattern: descriptor))
    }

    /// Which members there are beside number, error and code (kernel/signal.c, siginfo_layout).
    private enum Layout {
        case sender
        case timer
        case poll
        case fault
        case child
        case value
    }
    private var layout: Layout {
        let ofSignal = 1..<SignalCode.kernel.rawValue
        guard ofSignal.contains(code.rawValue) else {
            if code == .timer { return .timer }
            if code == .asynchronous { return .poll }
            return code.rawValue < 0 ? .value : .sender
        }
        switch Signal(rawValue: number) {
        case .illegalInstruction?, .floatingPoint?, .segmentationViolation?, .bus?, .trap?:
            return .fault
        case .child?: return .child
        default: return code.rawValue <= 6 ? .poll : .sender
        }
    }
    /// Writes the record that signalfd(2) gives of it: struct signalfd_siginfo. Precondition: 128
    /// bytes.
    @_lifetime(bytes: copy bytes)
    package func writeRecord(to bytes: inout MutableRawSpan) {
        for index in 0..<Self.byteCount / 8 { bytes.storeLittleEndian(UInt64(0), at: index * 8) }
        bytes.storeLittleEndian(words[0], at: 0)  // ssi_signo, ssi_errno
        bytes.storeLittleEndian(code.rawValue, at: 8)
        let low = UInt32(truncatingIfNeeded: words[2])
        let high = UInt32(truncatingIfNeeded: words[2] >> 32)
        switch layout {
        case .sender:
            bytes.storeLittleEndian(low, at: 12)  // ssi_pid
            bytes.storeLittleEndian(high, at: 16)  // ssi_uid
        case .timer:
            bytes.storeLittleEndian(low, at: 24)  // ssi_tid
            bytes.storeLittleEndian(high, at: 32)  // ssi_overrun
            storeValue(words[3], to: &bytes)
        case .poll:
            bytes.storeLittleEndian(low, at: 28)  // ssi_band
            bytes.storeLittleEndian(UInt32(truncatingIfNeeded: words[3]), at: 20)  // ssi_fd
        case .fault: bytes.storeLittleEndian(words[2], at: 72)  // ssi_addr
        case .child:
            bytes.storeLittleEndian(low, at: 12)
            bytes.storeLittleEndian(high, at: 16)
            bytes.storeLittleEndian(UInt32(truncatingIfNeeded: words[3]), at: 40)  // ssi_status
            bytes.storeLittleEndian(words[4], at: 56)  // ssi_utime
            bytes.storeLittleEndian(words[5], at: 64)  // ssi_stime
        case .value:
            bytes.storeLittleEndian(low, at: 12)
            bytes.storeLittleEndian(high, at: 16)
            storeValue(words[3], to: &bytes)
        }
    }
    @_lifetime(bytes: copy bytes)
    private func storeValue(_ value: UInt64, to bytes: inout MutableRawSpan) {
        bytes.storeLittleEndian(UInt32(truncatingIfNeeded: value), at: 44)  // ssi_int
        bytes.storeLittleEndian(value, at: 48)  // ssi_ptr
    }

    /// Of a child's end, stop or going on (SIGCHLD): a CLD_* code, and an exit status or a signal's number.
    package init(
        child: Int32, user: UInt32, signal: Signal, code: Int32, status: Int32, time: Nanoseconds
    ) {
        self.init(signal, SignalCode(rawValue: code), process: child, user: user)
        words[3] = UInt64(UInt32(bitPattern: status))
        // Ticks of 1/100 s; all of the time is the program's own.
        words[4] = UInt64(max(0, time.rawValue / 10_000_000))
    }
    /// si_pid, si_uid and si_status of such.
    package var child: (process: Int32, user: UInt32, status: Int32) {
        (
            Int32(truncatingIfNeeded: words[2]), UInt32(truncatingIfNeeded: words[2] >> 32),
            Int32(truncatingIfNeeded: words[3])
        )
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
    /// Sets si_overrun of a POSIX timer's signal.
    package mutating func setOverrun(_ overrun: Int32) {
        words[2] = words[2] & 0xffff_ffff | UInt64(UInt32(bitPattern: overrun)) << 32
    }
    /// si_addr of a fault.
    package var address: VirtualAddress { VirtualAddress(rawValue: words[2]) }

    /// Writes what is stored to the start of `bytes`. Precondition: 48 bytes or more.
    @_lifetime(bytes: copy bytes)
    package func write(to bytes: inout MutableRawSpan) {
        for index in 0..<6 { bytes.storeLittleEndian(words[index], at: index * 8) }
    }
}
