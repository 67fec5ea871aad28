internal import Base
internal import Hardware
internal import LinuxABI
internal import Scheduler

// The devices that need no hardware (mem(4), null(4), random(4)). Files and devices they read into
// program memory in pieces, so that a signal or an interrupt is not kept waiting by a huge count.

/// /dev/null: reads end at once, writes vanish.
final class NullDevice: CharacterDevice {
    var ignoresOffset: Bool { true }
    var isPollable: Bool { false }
    func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int { 0 }
    func write(
        count: Int, from address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int { count }
    func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int { bytes.byteCount }
}

/// Zeroes the program's memory; returns how much, less where it ends after some. EFAULT.
private func zeroes(count: Int, to address: VirtualAddress) throws(Errno) -> Int {
    do throws(Errno) {
        try ProgramMemory.zero(address, count: count)
        return count
    } catch {
        // Page by page up to the one that can't be written.
        var done = 0
        while done < count, let target = address.advanced(by: UInt64(done)) {
            let piece = min(count - done, Page.size - target.pageOffset)
            guard (try? ProgramMemory.zero(target, count: piece)) != nil else { break }
            done += piece
        }
        guard done > 0 else { throw error }
        return done
    }
}

/// /dev/zero: endless zeroes.
final class ZeroDevice: CharacterDevice {
    var ignoresOffset: Bool { true }
    var isPollable: Bool { false }
    func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        try zeroes(count: count, to: address)
    }
    func write(
        count: Int, from address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int { count }
    func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int { bytes.byteCount }
}

/// /dev/full: zeroes to read, no space to write (full(4)).
final class FullDevice: CharacterDevice {
    var ignoresOffset: Bool { true }
    var isPollable: Bool { false }
    func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        try zeroes(count: count, to: address)
    }
    func write(
        count: Int, from address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int { throw .noSpace }
    func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int { throw .noSpace }
}

/// /dev/random and /dev/urandom; what is written is mixed in.
final class RandomDevice: CharacterDevice {
    var ignoresOffset: Bool { true }
    var isPollable: Bool { false }
    func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        try Entropy.fill(address, count: count)
        return count
    }
    func write(
        count: Int, from address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        var piece = InlineArray<64, UInt8>(repeating: 0)
        var done = 0
        while done < count {
            let part = min(count - done, 64)
            guard let source = address.advanced(by: UInt64(done)) else { throw .badAddress }
            do throws(Errno) {
                var span = piece.mutableSpan
                var bytes = span.mutableRaw
                var wanted = bytes._mutatingExtracting(first: part)
                try ProgramMemory.copyIn(from: source, into: &wanted)
            } catch {
                if done > 0 { return done }
                throw error
            }
            Entropy.mix(piece.span.raw.extracting(first: part))
            done += part
        }
        return done
    }
    func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int {
        Entropy.mix(bytes)
        return bytes.byteCount
    }
}

/// /dev/console: reads standard input's channel and writes standard output's.
final class ConsolePair: CharacterDevice, WakeTarget {
    private let input: any CharacterDevice
    private let output: any CharacterDevice
    private let queue = WaitQueue()
    private let inputWaiter = Waiter()
    private let outputWaiter = Waiter()
    /// Takes two devices that last as long as the machine and tell what happens.
    init(input: any CharacterDevice, output: any CharacterDevice) {
        self.input = input
        self.output = output
        input.waiters?.add(inputWaiter, for: self)
        output.waiters?.add(outputWaiter, for: self)
    }
    var waiters: WaitQueue? { queue }
    func woken(by events: Readiness) -> Bool {
        queue.wake(events)
        return true
    }
    func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int { try input.read(count: count, to: address, blocking) }
    func write(
        count: Int, from address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int { try output.write(count: count, from: address, blocking) }
    func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int {
        try output.write(bytes, blocking)
    }
    var isReadable: Bool { input.isReadable }
    var isWritable: Bool { output.isWritable }
    var isHungUp: Bool { input.isHungUp }
    func control(_ request: UInt32, argument: UInt64) throws(Errno) -> Int {
        try input.control(request, argument: argument)
    }
}
