internal import CKVM
internal import LinuxABI
package import LinuxHost

/// What each thread of a running machine may still ask of the host: DESIGN's "drops its rights".
///
/// Everything is open when these come into force. No list has a call that names a file, makes a
/// process or a socket, sends a signal to another process, or makes memory executable.
package enum ThreadRights: Sendable {
    /// Runs the guest, and answers what it does to devices' registers.
    case processor
    /// Serves rings, standard streams and signals, and says how the machine ended.
    case devices

    package var rules: [SystemCallFilter.Rule] {
        switch self {
        case .processor:
            Self.common + [
                .when(.ioctl, argument: 1, isOneOf: Self.processorRequests)
            ]
        case .devices:
            Self.common + [
                .always(.sendto),  // a standard output that is a socket
                .always(.pwrite64),  // a core file
                // The terminal: its modes, its size, who is in its foreground; and to stop with the
                // program.
                .when(.ioctl, argument: 1, isOneOf: Self.terminalRequests), .always(.getpgrp),
                .whenBoth(
                    .kill, argument: 0, isOneOf: [UInt32(bitPattern: Host.processIdentity)],
                    and: 1, isToo: StopSignals.numbers.map { UInt32($0) }),
            ]
        }
    }

    /// Memory, locks, open descriptors, the clock, the end.
    private static let common: [SystemCallFilter.Rule] = [
        .always(.read), .always(.write), .always(.close), .always(.poll), .always(.pread64),
        .always(.fstat), .when(.newfstatat, argument: 3, isOneOf: [emptyPath]),
        .unless(.mmap, argument: 2, has: executable),
        .unless(.mprotect, argument: 2, has: executable),
        .always(.munmap), .always(.mremap), .always(.brk), .always(.madvise),
        .always(.futex), .always(.schedYield), .always(.gettid), .always(.getrandom),
        .always(.rtSigprocmask), .always(.restartSyscall), .always(.clockGettime),
        .always(.exit), .always(.exitGroup),
    ]
    /// AT_EMPTY_PATH: how the C library asks about a descriptor (fstat(2)).
    private static let emptyPath: UInt32 = 0x1000
    /// PROT_EXEC (mmap(2)).
    private static let executable: UInt32 = 4
    private static let terminalRequests: [UInt32] = [
        TerminalRequest.getModes, .setModes, .getWindowSize, .getGroup, .bytesReadable,
    ].map(\.rawValue)
    /// To run the guest, and to read its registers for a report.
    private static let processorRequests = [
        CKVM_REQUEST_RUN, CKVM_REQUEST_GET_REGISTERS, CKVM_REQUEST_GET_SPECIAL_REGISTERS,
    ].map { UInt32($0) }

    /// Takes everything else from the calling thread, for ever.
    func enforce() throws(MachineFailure) {
        do { try SystemCallFilter(allowing: rules).install() } catch {
            throw .host("the host gives no seccomp filter", error)
        }
    }
}

extension ThreadRights {
    /// A thread that makes a call which none may, to show that it ends the process.
    package func makeForbiddenCall() -> MachineFailure {
        Confinement.makeForbiddenCall()
        return .host("a forbidden system call went through")
    }
}

/// The signals that stop a process (signal(7)).
enum StopSignals {
    static let numbers: [Int32] = [
        Signal.stop, .terminalStop, .terminalInput, .terminalOutput,
    ].map(\.rawValue)
}
