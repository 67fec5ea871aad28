internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

// epoll(7): watching many files.
extension SystemCalls {
    /// epoll_create(2): Makes a set of watched files; the size means nothing. Errors: EINVAL, EMFILE,
    /// ENOMEM.
    static func epollCreate(_ caller: Caller, size: Int32) throws(Errno) -> Int {
        guard size > 0 else { throw .invalidArgument }
        return try epollCreate1(caller, flags: 0)
    }
    /// epoll_create1(2): As epoll_create(2), with EPOLL_CLOEXEC. Errors: EINVAL, EMFILE, ENOMEM.
    static func epollCreate1(_ caller: Caller, flags: Int32) throws(Errno) -> Int {
        let flags = OpenFlags(rawValue: flags)
        guard flags.isSubset(of: .closeOnExec) else { throw .invalidArgument }
        try caller.requireDescriptor()
        return try caller.install(
            try caller.files.openEventPoll(flags), flags.isEmpty ? [] : .closeOnExec)
    }

    private enum ControlOperation: Int32 {
        /// EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD
        case add = 1
        case delete = 2
        case modify = 3
    }
    private static var record: EventPollRecord { EventPollRecord(.current) }

    /// epoll_ctl(2): Watches a file, changes what for, or ends that. Errors: EBADF, EEXIST, EFAULT,
    /// EINVAL, ELOOP, ENOENT, ENOMEM, ENOSPC, EPERM.
    static func epollCtl(
        _ caller: Caller, set: Int32, operation: Int32, descriptor: Int32, event: VirtualAddress
    ) throws(Errno) -> Int {
        let operation = ControlOperation(rawValue: operation)
        var events: EventPollEvents = []
        var data: UInt64 = 0
        if operation != .delete {
            events = EventPollEvents(rawValue: try ProgramMemory.load(UInt32.self, at: event))
            data = try ProgramMemory.load(UInt64.self, at: field(event, record.data))
        }
        let instance = try caller.file(set)
        let file = try caller.file(descriptor)
        guard file.isPollable else { throw .operationNotPermitted }
        guard instance !== file, let poll = instance.eventPoll else { throw .invalidArgument }
        events.remove(.wakeUp)
        if operation != .delete, events.contains(.exclusive) {
            guard operation != .modify, events.isSubset(of: .allowedWithExclusive) else {
                throw .invalidArgument
            }
        }
        switch operation {
        case .add: try poll.add(file, descriptor, events.union(.always), data)
        case .delete: try poll.remove(file, descriptor)
        case .modify: try poll.modify(file, descriptor, events.union(.always), data)
        case nil: throw .invalidArgument
        }
        return 0
    }

    /// epoll_wait(2): Waits for events of watched files. Errors: EBADF, EFAULT, EINTR, EINVAL.
    static func epollWait(
        _ caller: Caller, set: Int32, events: VirtualAddress, maximum: Int32, milliseconds: Int32
    ) throws(Errno) -> Int {
        try wait(caller, set, events, maximum, .init(milliseconds: milliseconds))
    }
    /// epoll_pwait(2): As epoll_wait(2), with another signal mask while it waits. Errors: those of
    /// epoll_wait(2).
    static func epollPwait(
        _ caller: Caller, set: Int32, events: VirtualAddress, maximum: Int32, milliseconds: Int32,
        mask: VirtualAddress, maskSize: Int
    ) throws(Errno) -> Int {
        try underMask(caller, at: mask, maskSize) { () throws(Errno) in
            try wait(caller, set, events, maximum, .init(milliseconds: milliseconds))
        }
    }
    /// epoll_pwait2(2): As epoll_pwait(2), with nanoseconds. Errors: those of epoll_wait(2).
    static func epollPwait2(
        _ caller: Caller, set: Int32, events: VirtualAddress, maximum: Int32,
        timeout: VirtualAddress, mask: VirtualAddress, maskSize: Int
    ) throws(Errno) -> Int {
        let time = timeout.isNull ? nil : try ProgramMemory.loadTime(at: timeout)
        return try underMask(caller, at: mask, maskSize) { () throws(Errno) in
            try wait(caller, set, events, maximum, .init(time))
        }
    }

    /// How long to wait.
    private struct Patience {
        let deadline: Nanoseconds?
        /// No time at all: then no signal interrupts either.
        let isNone: Bool
        init(_ time: Nanoseconds?) {
            deadline = time.map { Clock.monotonic() + $0 }
            isNone = time == .zero
        }
        /// A negative number is for ever.
        init(milliseconds: Int32) {
            self.init(
                milliseconds < 0 ? nil : Nanoseconds(rawValue: Int64(milliseconds) * 1_000_000))
        }
    }
    private static func wait(
        _ caller: Caller, _ set: Int32, _ events: VirtualAddress, _ maximum: Int32,
        _ patience: Patience
    ) throws(Errno) -> Int {
        let file = try caller.file(set)
        guard maximum > 0, Int(maximum) <= Int(Int32.max) / record.byteCount else {
            throw .invalidArgument
        }
        guard ProgramMemory.contains(events, count: Int(maximum) * record.byteCount) else {
            throw .badAddress
        }
        guard let poll = file.eventPoll else { throw .invalidArgument }
        return try poll.wait(
            until: patience.deadline, isPolling: patience.isNone, maximum: Int(maximum)
        ) { index, readiness, data throws(Errno) in
            let address = try field(events, UInt64(index * record.byteCount))
            try ProgramMemory.store(UInt32(readiness.rawValue), at: address)
            try ProgramMemory.store(data, at: field(address, record.data))
        }
    }
}
