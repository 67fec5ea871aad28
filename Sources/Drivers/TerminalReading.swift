internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Scheduler

/// What a program reads from through a line discipline: the machine's terminal, and a pseudo-terminal's slave.
protocol TerminalReading: AnyObject {
    var discipline: LineDiscipline { get }
    var jobs: JobControl { get }
    /// Whether nothing comes any more.
    var hasEnded: Bool { get }
    /// Brings what came in to the discipline.
    func lookForInput()
    /// Called when some was taken: there is room for more.
    func inputTaken()
    /// What tells that some came.
    var inputSource: Wait.Source { get }
}

extension TerminalReading {
    /// Reads a line, or bytes, as the modes say (termios(3)). EAGAIN, EFAULT, EINTR as `restart`.
    func readInput(
        _ count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard discipline.modes.local.contains(.canonical) else {
            return try readBytes(count, to: address, blocking)
        }
        try wait(blocking) { self.discipline.hasInput }
        return try copy(count, to: address)
    }

    /// Waits until input is there as `condition` wants it, or never will be. EAGAIN, or EINTR as
    /// `restart`.
    private func wait(_ blocking: Blocking, _ condition: () -> Bool) throws(Errno) {
        let before = jobs.hangUpCount
        func isOver() -> Bool {
            lookForInput()
            return condition() || hasEnded || before != jobs.hangUpCount
        }
        guard !isOver() else { return }
        guard blocking == .blocking else { throw .tryAgain }
        let outcome = Wait.until(on: inputSource, isOver)
        guard outcome != .interrupted else { throw .restart }
    }

    /// Input without lines: VMIN bytes, or what comes within VTIME (termios(3), "Canonical and
    /// noncanonical mode").
    private func readBytes(
        _ count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        let minimum = min(Int(discipline.modes[.minimum]), count)
        let time = Nanoseconds(rawValue: Int64(discipline.modes[.time]) * 100_000_000)
        lookForInput()
        if blocking == .nonblocking || minimum == 0 && time == .zero {
            guard discipline.hasInput else {
                guard blocking == .blocking || hasEnded else { throw .tryAgain }
                return 0
            }
            return try copy(count, to: address)
        }
        guard time > .zero else {
            try wait(blocking) { self.discipline.readableCount >= minimum }
            return try copy(count, to: address)
        }
        if minimum > 0 { try wait(blocking) { self.discipline.hasInput } }
        while true {
            let before = discipline.readableCount
            if minimum > 0, before >= minimum { break }
            let outcome = Wait.until(
                deadline: Clock.monotonic() + time, on: inputSource
            ) {
                lookForInput()
                return self.discipline.readableCount > before || self.hasEnded
            }
            if outcome == .interrupted, before == 0 { throw .restart }
            guard outcome == .ready, !hasEnded, minimum > 0 else { break }
        }
        return try copy(count, to: address)
    }

    /// Copies what is there to the program, a line at most where lines count.
    private func copy(_ count: Int, to address: VirtualAddress) throws(Errno) -> Int {
        // Room for what waits in the ring.
        defer { inputTaken() }
        var done = 0
        while done < count, discipline.hasInput {
            var piece = InlineArray<256, UInt8>(repeating: 0)
            let portion: LineDiscipline.Portion
            do {
                var span = piece.mutableSpan
                var bytes = span.mutableRaw
                portion = discipline.peek(into: &bytes, limit: count - done)
            }
            if portion.byteCount > 0 {
                do throws(Errno) {
                    guard let target = address.advanced(by: UInt64(done)) else { throw .badAddress }
                    try ProgramMemory.copyOut(
                        piece.span.raw.extracting(first: portion.byteCount), to: target)
                } catch {
                    guard done > 0 else { throw error }
                    return done
                }
            }
            discipline.take(portion)
            done += portion.byteCount
            if portion.endsRead { break }
        }
        return done
    }
}
