package import Base
package import LinuxABI

/// What a process does on a signal: the kernel's struct sigaction.
package struct SignalAction: Sendable {
    /// sizeof(struct sigaction) of the system call: handler, flags, restorer, mask.
    package static let byteCount = 32

    package var handler: VirtualAddress
    package var flags: Flags
    /// What a handler returns to: calls rt_sigreturn(2).
    package var restorer: VirtualAddress
    /// Signals that are blocked besides while the handler runs.
    package var mask: SignalSet

    /// sa_flags
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt64
        package init(rawValue: UInt64) { self.rawValue = rawValue }
        /// SA_NOCLDSTOP
        package static let noChildStop = Self(rawValue: 1)
        /// SA_NOCLDWAIT
        package static let noChildWait = Self(rawValue: 2)
        /// SA_SIGINFO
        package static let information = Self(rawValue: 4)
        /// SA_UNSUPPORTED: always cleared, so that a program can tell which flags are known.
        package static let unsupported = Self(rawValue: 0x400)
        /// SA_RESTORER
        package static let restorer = Self(rawValue: 0x0400_0000)
        /// SA_ONSTACK
        package static let alternateStack = Self(rawValue: 0x0800_0000)
        /// SA_RESTART
        package static let restart = Self(rawValue: 0x1000_0000)
        /// SA_NODEFER
        package static let noDefer = Self(rawValue: 0x4000_0000)
        /// SA_RESETHAND
        package static let resetHandler = Self(rawValue: 0x8000_0000)
        /// UAPI_SA_FLAGS and SA_RESTORER: what Linux keeps of what it is given.
        package static let known = Self(rawValue: 0xdc00_0807)
    }

    package static var standard: Self {
        Self(handler: defaultHandler, flags: [], restorer: defaultHandler, mask: [])
    }
    /// SIG_DFL
    package static var defaultHandler: VirtualAddress { VirtualAddress(rawValue: 0) }
    /// SIG_IGN
    package static var ignoringHandler: VirtualAddress { VirtualAddress(rawValue: 1) }

    package var isDefault: Bool { handler == Self.defaultHandler }
    package var isIgnoring: Bool { handler == Self.ignoringHandler }

    package init(
        handler: VirtualAddress, flags: Flags, restorer: VirtualAddress, mask: SignalSet
    ) {
        self.handler = handler
        self.flags = flags
        self.restorer = restorer
        self.mask = mask
    }
    /// Reads the system call's struct. Precondition: 32 bytes.
    package init(_ bytes: RawSpan) {
        handler = VirtualAddress(rawValue: bytes.littleEndian(UInt64.self, at: 0))
        flags = Flags(rawValue: bytes.littleEndian(UInt64.self, at: 8))
        restorer = VirtualAddress(rawValue: bytes.littleEndian(UInt64.self, at: 16))
        mask = SignalSet(rawValue: bytes.littleEndian(UInt64.self, at: 24))
    }
    /// Writes the system call's struct. Precondition: 32 bytes.
    @_lifetime(bytes: copy bytes)
    package func write(to bytes: inout MutableRawSpan) {
        bytes.storeLittleEndian(handler.rawValue, at: 0)
        bytes.storeLittleEndian(flags.rawValue, at: 8)
        bytes.storeLittleEndian(restorer.rawValue, at: 16)
        bytes.storeLittleEndian(mask.rawValue, at: 24)
    }
}

/// The actions of a process's signals, which clone(2) with CLONE_SIGHAND shares.
package final class SignalActions {
    var values = InlineArray<64, SignalAction>(repeating: .standard)

    init() {}
    /// The same actions, for somebody of his own.
    func copy() -> SignalActions {
        let new = SignalActions()
        new.values = values
        return new
    }
    /// What execve(2) leaves: no handlers; what is ignored stays so.
    func resetHandlers() {
        for index in values.indices {
            let isIgnoring = values[index].isIgnoring
            values[index] = .standard
            if isIgnoring { values[index].handler = SignalAction.ignoringHandler }
        }
    }
}

/// Where handlers with SA_ONSTACK run (sigaltstack(2)).
package struct AlternateStack: Sendable {
    package var base: UInt64 = 0
    package var byteCount: UInt64 = 0
    package var flags: UInt32 = 0
    package init() {}
    package init(base: UInt64, byteCount: UInt64, flags: UInt32) {
        self.base = base
        self.byteCount = byteCount
        self.flags = flags
    }

    /// SS_ONSTACK
    package static let onStack: UInt32 = 1
    /// SS_DISABLE
    package static let disabled: UInt32 = 2
    /// SS_AUTODISARM
    package static let autoDisarm: UInt32 = 1 << 31

    /// Whether `stack` lies within, whatever the flags say (__on_sig_stack).
    package func contains(_ stack: UInt64) -> Bool { stack > base && stack - base <= byteCount }
    /// Whether a program with this stack pointer runs on it (on_sig_stack).
    package func isInUse(at stack: UInt64) -> Bool {
        flags & Self.autoDisarm == 0 && contains(stack)
    }
    /// ss_flags as sigaltstack(2) reports them.
    package func reportedFlags(at stack: UInt64) -> UInt32 {
        let state = byteCount == 0 ? Self.disabled : isInUse(at: stack) ? Self.onStack : 0
        return state | flags & Self.autoDisarm
    }
    /// Replaces it as sigaltstack(2): EPERM while in use, EINVAL, ENOMEM.
    package mutating func replace(with new: Self, at stack: UInt64) throws(Errno) {
        guard !isInUse(at: stack) else { throw .operationNotPermitted }
        let mode = new.flags & ~Self.autoDisarm
        guard mode == Self.disabled || mode == Self.onStack || mode == 0 else {
            throw .invalidArgument
        }
        if mode == Self.disabled {
            self = Self(base: 0, byteCount: 0, flags: new.flags)
        } else {
            guard new.byteCount >= ABI.current.minimumSignalStack else { throw .outOfMemory }
            self = new
        }
    }
    /// Forgets it (sas_ss_reset).
    package mutating func reset() { self = Self(base: 0, byteCount: 0, flags: Self.disabled) }
}
