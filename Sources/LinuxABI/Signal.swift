/// A signal by its number, 1...64 (signal(7)).
package struct Signal: RawRepresentable, Equatable, Sendable {
    package let rawValue: Int32
    /// `nil` where the number is no signal's.
    package init?(rawValue: Int32) {
        guard rawValue >= 1 && rawValue <= 64 else { return nil }
        self.rawValue = rawValue
    }
    private init(_ number: Int32) { rawValue = number }

    package static let hangUp = Self(1)
    package static let interrupt = Self(2)
    package static let quit = Self(3)
    package static let illegalInstruction = Self(4)
    package static let trap = Self(5)
    package static let abort = Self(6)
    package static let bus = Self(7)
    package static let floatingPoint = Self(8)
    package static let kill = Self(9)
    package static let user1 = Self(10)
    package static let segmentationViolation = Self(11)
    package static let user2 = Self(12)
    package static let brokenPipe = Self(13)
    package static let alarm = Self(14)
    package static let terminate = Self(15)
    package static let stackFault = Self(16)
    package static let child = Self(17)
    package static let `continue` = Self(18)
    package static let stop = Self(19)
    package static let terminalStop = Self(20)
    package static let terminalInput = Self(21)
    package static let terminalOutput = Self(22)
    package static let urgent = Self(23)
    package static let processorTimeLimit = Self(24)
    package static let fileSizeLimit = Self(25)
    package static let virtualAlarm = Self(26)
    package static let profiling = Self(27)
    package static let windowChange = Self(28)
    package static let inputOutput = Self(29)
    package static let powerFailure = Self(30)
    package static let badSystemCall = Self(31)

    /// SIGRTMIN as the kernel counts: these queue instead of merging.
    package static let firstRealtime: Int32 = 32
    package var isRealtime: Bool { rawValue >= Self.firstRealtime }

    /// The name as signal(7) has it.
    package var name: StaticString {
        switch rawValue {
        case 1: "SIGHUP"
        case 2: "SIGINT"
        case 3: "SIGQUIT"
        case 4: "SIGILL"
        case 5: "SIGTRAP"
        case 6: "SIGABRT"
        case 7: "SIGBUS"
        case 8: "SIGFPE"
        case 9: "SIGKILL"
        case 10: "SIGUSR1"
        case 11: "SIGSEGV"
        case 12: "SIGUSR2"
        case 13: "SIGPIPE"
        case 14: "SIGALRM"
        case 15: "SIGTERM"
        case 16: "SIGSTKFLT"
        case 17: "SIGCHLD"
        case 18: "SIGCONT"
        case 19: "SIGSTOP"
        case 20: "SIGTSTP"
        case 21: "SIGTTIN"
        case 22: "SIGTTOU"
        case 23: "SIGURG"
        case 24: "SIGXCPU"
        case 25: "SIGXFSZ"
        case 26: "SIGVTALRM"
        case 27: "SIGPROF"
        case 28: "SIGWINCH"
        case 29: "SIGIO"
        case 30: "SIGPWR"
        case 31: "SIGSYS"
        default: "a real-time signal"
        }
    }

    /// What happens where the program set no handler (signal(7), "Standard signals").
    package enum DefaultAction: Sendable {
        case terminate
        case ignore
        case stop
        /// Nothing, beyond what sending SIGCONT itself does.
        case `continue`
    }
    package var defaultAction: DefaultAction {
        switch self {
        case .child, .urgent, .windowChange: .ignore
        case .continue: .continue
        case .stop, .terminalStop, .terminalInput, .terminalOutput: .stop
        default: .terminate
        }
    }
    /// Whether the default action is to write a core file beside (signal(7), "Core").
    package var dumpsCore: Bool {
        switch self {
        case .quit, .illegalInstruction, .trap, .abort, .bus, .floatingPoint,
            .segmentationViolation, .processorTimeLimit, .fileSizeLimit, .badSystemCall:
            true
        default: false
        }
    }
}

/// A set of signals: bit n-1 is signal n, as sigset_t of the kernel has it.
package struct SignalSet: OptionSet, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    package init(_ signal: Signal) { rawValue = 1 << UInt64(signal.rawValue - 1) }

    /// SIGKILL and SIGSTOP: never blocked, caught or ignored.
    package static let unblockable = Self([.init(.kill), .init(.stop)])
    /// Signals that an instruction causes: delivered before others.
    package static let synchronous = Self([
        .init(.segmentationViolation), .init(.bus), .init(.illegalInstruction), .init(.trap),
        .init(.floatingPoint), .init(.badSystemCall),
    ])
    /// What SIGCONT takes back.
    package static let stopping = Self([
        .init(.stop), .init(.terminalStop), .init(.terminalInput), .init(.terminalOutput),
    ])

    package func contains(_ signal: Signal) -> Bool { !isDisjoint(with: Self(signal)) }
    /// The member with the lowest number.
    package var first: Signal? {
        rawValue == 0 ? nil : Signal(rawValue: Int32(rawValue.trailingZeroBitCount) + 1)
    }
}

/// Why a signal was sent: si_code (sigaction(2)).
package struct SignalCode: Equatable, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
    /// SI_USER: kill(2).
    package static let user = Self(rawValue: 0)
    /// SI_KERNEL
    package static let kernel = Self(rawValue: 0x80)
    /// SI_QUEUE: sigqueue(3).
    package static let queue = Self(rawValue: -1)
    /// SI_TIMER: a POSIX timer.
    package static let timer = Self(rawValue: -2)
    /// SI_MESGQ: a message came (mq_notify(3)).
    package static let messageQueue = Self(rawValue: -3)
    /// SI_SIGIO
    package static let asynchronous = Self(rawValue: -5)
    /// SI_TKILL: tgkill(2).
    package static let thread = Self(rawValue: -6)
    /// SEGV_MAPERR
    package static let notMapped = Self(rawValue: 1)
    /// SEGV_ACCERR
    package static let notPermitted = Self(rawValue: 2)
    /// BUS_ADRALN
    package static let badAlignment = Self(rawValue: 1)
    /// BUS_ADRERR
    package static let beyondObject = Self(rawValue: 2)
    /// BUS_OBJERR
    package static let objectError = Self(rawValue: 3)
    /// ILL_ILLOPC
    package static let illegalOpcode = Self(rawValue: 1)
    /// ILL_ILLOPN
    package static let illegalOperand = Self(rawValue: 2)
    /// TRAP_BRKPT
    package static let breakpoint = Self(rawValue: 1)
    /// TRAP_TRACE
    package static let trace = Self(rawValue: 2)
    /// TRAP_HWBKPT
    package static let hardwareBreakpoint = Self(rawValue: 4)
    /// FPE_INTDIV
    package static let integerDivision = Self(rawValue: 1)
    /// FPE_FLTDIV
    package static let floatDivision = Self(rawValue: 3)
    /// FPE_FLTOVF
    package static let floatOverflow = Self(rawValue: 4)
    /// FPE_FLTUND
    package static let floatUnderflow = Self(rawValue: 5)
    /// FPE_FLTRES
    package static let floatInexact = Self(rawValue: 6)
    /// FPE_FLTINV
    package static let floatInvalid = Self(rawValue: 7)
    /// FPE_FLTUNK
    package static let floatUnknown = Self(rawValue: 14)
}
