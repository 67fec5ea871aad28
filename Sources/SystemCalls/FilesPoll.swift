internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes
internal import Scheduler

// Waiting for several files.
extension SystemCalls {
    /// poll(2): Waits until one of several files is ready. Errors: EFAULT, EINTR, EINVAL, ENOMEM.
    static func poll(
        _ caller: Caller, list: VirtualAddress, count: UInt32, milliseconds: Int32
    ) throws(Errno) -> Int {
        var deadline: Nanoseconds?
        if milliseconds >= 0 {
            deadline = Clock.monotonic() + Nanoseconds(rawValue: Int64(milliseconds) * 1_000_000)
        }
        return try poll(list, count, until: deadline, caller)
    }

    /// ppoll(2): As poll(2), with nanoseconds and another signal mask while it waits; the time left
    /// is written back. Errors: those of poll(2).
    static func ppoll(
        _ caller: Caller, list: VirtualAddress, count: UInt32, timeout: VirtualAddress,
        mask: VirtualAddress, maskSize: Int
    ) throws(Errno) -> Int {
        let deadline = try deadline(timespec: timeout)
        return try waiting(caller, mask: mask, maskSize, timeout, deadline, .nanoseconds) {
            () throws(Errno) in
            try poll(list, count, until: deadline, caller)
        }
    }

    /// select(2): As poll(2), with sets of descriptors; the time left is written back. Errors: EBADF,
    /// EFAULT, EINTR, EINVAL, ENOMEM.
    static func select(
        _ caller: Caller, count: Int32, reading: VirtualAddress, writing: VirtualAddress,
        exceptional: VirtualAddress, timeout: VirtualAddress
    ) throws(Errno) -> Int {
        var deadline: Nanoseconds?
        if timeout.rawValue != 0 {
            let seconds = try ProgramMemory.load(Int64.self, at: timeout)
            let part = try ProgramMemory.load(Int64.self, at: field(timeout, 8))
            guard seconds >= 0, part >= 0 else { throw .invalidArgument }
            deadline = Clock.monotonic() + span(seconds, part, perSecond: 1_000_000)
        }
        let sets = DescriptorSets(reading: reading, writing: writing, exceptional: exceptional)
        return try waiting(
            caller, mask: VirtualAddress(rawValue: 0), 0, timeout, deadline, .microseconds
        ) { () throws(Errno) in
            try sets.wait(caller, count: count, until: deadline)
        }
    }

    /// pselect6(2): As select(2), with nanoseconds and another signal mask while it waits. Errors:
    /// those of select(2).
    static func pselect6(
        _ caller: Caller, count: Int32, reading: VirtualAddress, writing: VirtualAddress,
        exceptional: VirtualAddress, timeout: VirtualAddress, maskPair: VirtualAddress
    ) throws(Errno) -> Int {
        var mask = VirtualAddress(rawValue: 0)
        var maskSize = 0
        if maskPair.rawValue != 0 {
            mask = VirtualAddress(
                rawValue: try ProgramMemory.load(UInt64.self, at: maskPair))
            maskSize = try ProgramMemory.load(Int.self, at: field(maskPair, 8))
        }
        let deadline = try deadline(timespec: timeout)
        let sets = DescriptorSets(reading: reading, writing: writing, exceptional: exceptional)
        return try waiting(caller, mask: mask, maskSize, timeout, deadline, .nanoseconds) {
            () throws(Errno) in
            try sets.wait(caller, count: count, until: deadline)
        }
    }

    /// What the second word of a time structure counts.
    private enum TimeUnit {
        case microseconds
        case nanoseconds
    }

    /// Runs `body` under the mask at `mask`, if any.
    static func underMask(
        _ caller: Caller, at mask: VirtualAddress, _ maskSize: Int,
        _ body: () throws(Errno) -> Int
    ) throws(Errno) -> Int {
        let signals = caller.signals
        if !mask.isNull {
            guard maskSize == 8 else { throw .invalidArgument }
            signals.setBlockedForWait(
                SignalSet(rawValue: try ProgramMemory.load(UInt64.self, at: mask)))
        }
        let result: Int
        do throws(Errno) {
            result = try body()
        } catch {
            // A signal's handler runs under the new mask; the way out brings the old one back.
            if !error.asksForRestart, error != .interrupted { signals.restoreBlocked() }
            throw error
        }
        signals.restoreBlocked()
        return result
    }
    /// The same, and writes back the time left.
    private static func waiting(
        _ caller: Caller, mask: VirtualAddress, _ maskSize: Int, _ timeout: VirtualAddress,
        _ deadline: Nanoseconds?, _ unit: TimeUnit, _ body: () throws(Errno) -> Int
    ) throws(Errno) -> Int {
        let result: Int
        do throws(Errno) {
            result = try underMask(caller, at: mask, maskSize, body)
        } catch {
            putTimeLeft(until: deadline, at: timeout, unit)
            throw error
        }
        putTimeLeft(until: deadline, at: timeout, unit)
        return result
    }
    /// Errors are ignored, as Linux does for a structure in read-only memory.
    private static func putTimeLeft(
        until deadline: Nanoseconds?, at address: VirtualAddress, _ unit: TimeUnit
    ) {
        guard let deadline, address.rawValue != 0 else { return }
        let left = max(0, (deadline - Clock.monotonic()).rawValue)
        let part = left % Nanoseconds.perSecond
        try? ProgramMemory.store(left / Nanoseconds.perSecond, at: address)
        if let second = address.advanced(by: 8) {
            try? ProgramMemory.store(unit == .nanoseconds ? part : part / 1000, at: second)
        }
    }

    private static func deadline(timespec address: VirtualAddress) throws(Errno) -> Nanoseconds? {
        guard address.rawValue != 0 else { return nil }
        let seconds = try ProgramMemory.load(Int64.self, at: address)
        let part = try ProgramMemory.load(Int64.self, at: field(address, 8))
        guard seconds >= 0, (0..<Nanoseconds.perSecond).contains(part) else {
            throw .invalidArgument
        }
        return Clock.monotonic() + span(seconds, part, perSecond: Nanoseconds.perSecond)
    }
    private static func span(_ seconds: Int64, _ part: Int64, perSecond: Int64) -> Nanoseconds {
        let whole = (seconds &+ part / perSecond).multipliedReportingOverflow(
            by: Nanoseconds.perSecond)
        if whole.overflow || seconds.addingReportingOverflow(part / perSecond).overflow {
            return Nanoseconds(rawValue: .max)
        }
        return Nanoseconds(rawValue: whole.partialValue)
            + Nanoseconds(rawValue: part % perSecond * (Nanoseconds.perSecond / perSecond))
    }

    /// Size of a `struct pollfd`: descriptor (i32), asked-for and true events (u16 each).
    private static let pollEntrySize = 8

    private static func poll(
        _ list: VirtualAddress, _ count: UInt32, until deadline: Nanoseconds?, _ caller: Caller
    ) throws(Errno) -> Int {
        guard Int(count) <= caller.process.descriptorLimit else { throw .invalidArgument }
        guard ProgramMemory.contains(list, count: Int(count) * pollEntrySize) else {
            throw .badAddress
        }
        guard var entries = FixedBuffer<UInt64>(count: Int(max(count, 1)), repeating: 0) else {
            throw .outOfMemory
        }
        for index in 0..<Int(count) {
            entries[index] = try ProgramMemory.load(
                UInt64.self, at: field(list, UInt64(index * pollEntrySize)))
        }
        var ready = 0
        let outcome = try wait(
            caller, until: deadline, count: Int(count), { entries[$0].pollDescriptor }
        ) {
            ready = 0
            for index in 0..<Int(count) {
                let entry = entries[index] & 0xffff_ffff_ffff
                let events = events(of: entry, caller)
                if !events.isEmpty { ready += 1 }
                entries[index] = entry | UInt64(events.rawValue) << 48
            }
            return ready > 0
        }
        if outcome == .interrupted {
            throw deadline == nil ? .restartUnlessHandled : .interrupted
        }
        for index in 0..<Int(count) {
            try ProgramMemory.store(
                UInt16(truncatingIfNeeded: entries[index] >> 48),
                at: field(list, UInt64(index * pollEntrySize + 6)))
        }
        return ready
    }
    /// Waits until `condition` holds, which looks at the files of `count` descriptors (negative: none).
    /// Their queues say when to look again. ENOMEM.
    fileprivate static func wait(
        _ caller: Caller, until deadline: Nanoseconds?, count: Int, _ descriptor: (Int) -> Int32,
        _ condition: () -> Bool
    ) throws(Errno) -> Wait.Outcome {
        // What is ready needs no queues.
        Wait.poll()
        if condition() { return .ready }
        let queues = WaitSet()
        defer { queues.stop() }
        for index in 0..<count {
            let number = descriptor(index)
            guard number >= 0, let file = try? caller.file(number), file.isPollable else {
                continue
            }
            try KernelReserve.admit()
            queues.add(file.node.waiters)
        }
        return Wait.until(deadline: deadline, on: .set(queues), condition)
    }
    /// What is true of a poll entry's file, of what it asks for.
    private static func events(of entry: UInt64, _ caller: Caller) -> Readiness {
        let descriptor = entry.pollDescriptor
        guard descriptor >= 0 else { return [] }
        guard let file = try? caller.file(descriptor) else { return .invalid }
        let wanted = Readiness(rawValue: UInt16(truncatingIfNeeded: entry >> 32))
        return file.readiness.intersection(wanted.union([.error, .hungUp]))
    }
}

extension UInt64 {
    /// The descriptor of a `struct pollfd` in one word.
    fileprivate var pollDescriptor: Int32 { Int32(truncatingIfNeeded: self) }
}

/// The three bit sets of select(2) in the program.
private struct DescriptorSets {
    let reading: VirtualAddress
    let writing: VirtualAddress
    let exceptional: VirtualAddress

    /// Waits until a file of a set is ready; leaves in each set those that are.
    func wait(
        _ caller: Caller, count: Int32, until deadline: Nanoseconds?
    ) throws(Errno) -> Int {
        guard count >= 0 else { throw .invalidArgument }
        // Descriptors beyond the table, of at least 64, are none (select(2), "BUGS").
        let table = max(64, caller.process.descriptors.highWater)
        let bits = min(Int(count), table)
        let words = (bits + 63) / 64
        guard var sets = FixedBuffer<UInt64>(count: max(1, words * 3), repeating: 0),
            var found = FixedBuffer<UInt64>(count: max(1, words * 3), repeating: 0)
        else { throw .outOfMemory }
        for index in 0..<3 where addresses[index].rawValue != 0 {
            let address = addresses[index]
            for word in 0..<words {
                var value = try ProgramMemory.load(
                    UInt64.self, at: SystemCalls.field(address, UInt64(word * 8)))
                if word == words - 1, bits & 63 != 0 { value &= (1 << UInt64(bits & 63)) - 1 }
                sets[index * words + word] = value
            }
        }
        for descriptor in 0..<bits where contains(sets, words, descriptor) {
            _ = try caller.file(Int32(descriptor))
        }
        var ready = 0
        let outcome = try SystemCalls.wait(
            caller, until: deadline, count: bits, { contains(sets, words, $0) ? Int32($0) : -1 }
        ) {
            ready = 0
            for index in 0..<(words * 3) { found[index] = 0 }
            for descriptor in 0..<bits where contains(sets, words, descriptor) {
                guard let file = try? caller.file(Int32(descriptor)) else { continue }
                let now = file.readiness
                let (word, bit) = (descriptor / 64, UInt64(1) << UInt64(descriptor & 63))
                let states: [3 of Bool] = [
                    !now.isDisjoint(with: [.readable, .hungUp, .error]),
                    !now.isDisjoint(with: [.writable, .error]),
                    now.contains(.priority),
                ]
                for set in 0..<3 where states[set] && sets[set * words + word] & bit != 0 {
                    found[set * words + word] |= bit
                    ready += 1
                }
            }
            return ready > 0
        }
        guard outcome != .interrupted else { throw .restartUnlessHandled }
        for index in 0..<3 where addresses[index].rawValue != 0 {
            let address = addresses[index]
            for word in 0..<words {
                try ProgramMemory.store(
                    found[index * words + word], at: SystemCalls.field(address, UInt64(word * 8)))
            }
            // Words of the program's set that no open descriptor reaches are empty afterwards.
            var word = words
            while word * 64 < Int(count) {
                try ProgramMemory.store(
                    UInt64(0), at: SystemCalls.field(address, UInt64(word * 8)))
                word += 1
            }
        }
        return ready
    }
    private var addresses: [3 of VirtualAddress] { [reading, writing, exceptional] }
    private func contains(
        _ sets: borrowing FixedBuffer<UInt64>, _ words: Int, _ descriptor: Int
    ) -> Bool {
        let word = descriptor / 64
        let bit = UInt64(1) << UInt64(descriptor & 63)
        return (sets[word] | sets[words + word] | sets[2 * words + word]) & bit != 0
    }
}
