/// What a handler throws when a signal ended its wait; the program never sees these numbers.
///
/// On the way out a call that threw one is made again or ends with EINTR (include/linux/errno.h,
/// signal(7), "Interruption of system calls").
extension Errno {
    /// ERESTARTSYS: again where no handler ran or its action has SA_RESTART. The usual choice.
    package static let restart = Self(rawValue: 512)
    /// ERESTARTNOINTR: again in any case.
    package static let restartAlways = Self(rawValue: 513)
    /// ERESTARTNOHAND: again only where no handler ran (pause, sigsuspend, select, ppoll).
    package static let restartUnlessHandled = Self(rawValue: 514)
    /// ERESTART_RESTARTBLOCK: goes on by restart_syscall(2) where no handler ran (nanosleep, poll).
    package static let restartByBlock = Self(rawValue: 516)

    /// Whether this is one of the numbers above.
    package var asksForRestart: Bool { rawValue >= 512 && rawValue <= 516 }
}
