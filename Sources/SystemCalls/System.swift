internal import Base
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

// What system this is, and its random numbers.
extension SystemCalls {
    /// Length of each field of struct new_utsname, its NUL included.
    private static let fieldSize = 65

    /// uname(2): Tells names of system, machine and release. Errors: EFAULT.
    static func uname(_ caller: Caller, buffer: VirtualAddress) throws(Errno) -> Int {
        try ProgramMemory.zero(buffer, count: fieldSize * 6)
        try store(SystemName.system, buffer, field: 0)
        try store(SystemName.host, buffer, field: 1)
        try store(SystemName.release, buffer, field: 2)
        try store(SystemName.version, buffer, field: 3)
        try store(ProcessorFeatures.name, buffer, field: 4)
        try store(SystemName.domain, buffer, field: 5)
        return 0
    }
    private static func store(
        _ text: StaticString, _ buffer: VirtualAddress, field: Int
    ) throws(Errno) {
        try ProgramMemory.copyOut(text.bytes, to: try buffer.field(UInt64(field * fieldSize)))
    }

    private static func store(
        _ text: SystemName.Text, _ buffer: VirtualAddress, field: Int
    ) throws(Errno) {
        let address = try buffer.field(UInt64(field * fieldSize))
        try text.withBytes { (bytes) throws(Errno) in
            try ProgramMemory.copyOut(bytes, to: address)
        }
    }

    /// sethostname(2): Sets the machine's name. Errors: EFAULT, EINVAL, EPERM.
    static func sethostname(
        _ caller: Caller, name: VirtualAddress, length: Int32
    ) throws(Errno) -> Int {
        try setName(caller, SystemName.host, name, length)
    }
    /// setdomainname(2): Sets the machine's NIS domain. Errors: EFAULT, EINVAL, EPERM.
    static func setdomainname(
        _ caller: Caller, name: VirtualAddress, length: Int32
    ) throws(Errno) -> Int {
        try setName(caller, SystemName.domain, name, length)
    }
    private static func setName(
        _ caller: Caller, _ target: SystemName.Text, _ name: VirtualAddress, _ length: Int32
    ) throws(Errno) -> Int {
        guard caller.process.credentials.has(.administration) else {
            throw .operationNotPermitted
        }
        guard length >= 0, Int(length) < fieldSize else { throw .invalidArgument }
        var storage = InlineArray<64, UInt8>(repeating: 0)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            var part = bytes._mutatingExtracting(0..<Int(length))
            try ProgramMemory.copyIn(from: name, into: &part)
        }
        target.set(storage.span.raw.extracting(first: Int(length)))
        return 0
    }

    /// getrandom(2): Fills memory with random bytes. Errors: EAGAIN, EFAULT, EINTR, EINVAL.
    static func getrandom(
        _ caller: Caller, buffer: VirtualAddress, count: UInt, flags: UInt32
    ) throws(Errno) -> Int {
        let nonblocking: UInt32 = 1
        let random: UInt32 = 2
        let insecure: UInt32 = 4
        guard flags & ~(nonblocking | random | insecure) == 0,
            flags & (random | insecure) != random | insecure
        else { throw .invalidArgument }
        if flags & insecure == 0, !Entropy.isSeeded {
            guard flags & nonblocking == 0 else { throw .tryAgain }
            guard Wait.until({ Entropy.isSeeded }) == .ready else { throw .restart }
        }
        // INT_MAX of Linux; signals are looked at between pages, where there are many.
        let total = Int(min(count, UInt(Int32.max)))
        guard ProgramMemory.contains(buffer, count: total) else { throw .badAddress }
        var done = 0
        while done < total {
            let piece = min(total - done, Page.size)
            do throws(Errno) {
                try Entropy.fill(try buffer.field(UInt64(done)), count: piece)
            } catch {
                guard done > 0 else { throw error }
                return done
            }
            done += piece
            if caller.thread.thread.hasDeliverableSignal { break }
        }
        return done
    }
}
