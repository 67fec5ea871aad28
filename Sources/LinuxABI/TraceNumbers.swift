/// What ptrace(2) is asked for (linux/ptrace.h; arch/x86/include/uapi/asm/ptrace-abi.h).
package enum TraceRequest: Int, Sendable {
    /// PTRACE_TRACEME
    case traceMe = 0
    /// PTRACE_PEEKTEXT and PTRACE_PEEKDATA
    case peekText = 1
    case peekData = 2
    /// PTRACE_PEEKUSER
    case peekUser = 3
    /// PTRACE_POKETEXT and PTRACE_POKEDATA
    case pokeText = 4
    case pokeData = 5
    /// PTRACE_POKEUSER
    case pokeUser = 6
    /// PTRACE_CONT
    case `continue` = 7
    /// PTRACE_KILL
    case kill = 8
    /// PTRACE_SINGLESTEP
    case singleStep = 9
    /// PTRACE_GETREGS and PTRACE_SETREGS, PTRACE_GETFPREGS and PTRACE_SETFPREGS: of x86-64.
    case getRegisters = 12
    case setRegisters = 13
    case getFloatRegisters = 14
    case setFloatRegisters = 15
    /// PTRACE_ATTACH
    case attach = 16
    /// PTRACE_DETACH
    case detach = 17
    /// PTRACE_SYSCALL
    case systemCall = 24
    /// PTRACE_SETOPTIONS
    case setOptions = 0x4200
    /// PTRACE_GETEVENTMSG
    case getEventMessage = 0x4201
    /// PTRACE_GETSIGINFO and PTRACE_SETSIGINFO
    case getSignalInformation = 0x4202
    case setSignalInformation = 0x4203
    /// PTRACE_GETREGSET and PTRACE_SETREGSET
    case getRegisterSet = 0x4204
    case setRegisterSet = 0x4205
    /// PTRACE_SEIZE
    case seize = 0x4206
    /// PTRACE_INTERRUPT
    case interrupt = 0x4207
    /// PTRACE_LISTEN
    case listen = 0x4208
    /// PTRACE_GETSIGMASK and PTRACE_SETSIGMASK
    case getSignalMask = 0x420a
    case setSignalMask = 0x420b
    /// PTRACE_GET_SYSCALL_INFO
    case getSystemCallInformation = 0x420e
}

/// PTRACE_O_*: which events stop a tracee, and what becomes of it with its tracer.
package struct TraceOptions: OptionSet, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    /// PTRACE_O_TRACESYSGOOD
    package static let marksCalls = Self(rawValue: 1 << 0)
    /// PTRACE_O_EXITKILL
    package static let endsWithTracer = Self(rawValue: 1 << 20)
    /// PTRACE_O_TRACE*, a bit each by the event's number.
    package static func event(_ event: TraceEvent) -> Self { Self(rawValue: 1 << event.rawValue) }
    /// All but PTRACE_O_SUSPEND_SECCOMP: there are no filters to suspend.
    package static let known = Self(rawValue: 0xff | 1 << 20)
}

/// PTRACE_EVENT_*
package enum TraceEvent: UInt64, Sendable {
    case fork = 1
    case vfork = 2
    case clone = 3
    case execute = 4
    case vforkDone = 5
    case exit = 6
    /// PTRACE_EVENT_STOP: what PTRACE_INTERRUPT asks for, and stops of the process, of who was seized.
    case stop = 128
}
