internal import Base
package import LinuxABI

/// What a terminal makes of bytes: lines with their editing, echoes, signals on the way in,
/// expansions on the way out (termios(3), as Linux's n_tty does it).
///
/// Bytes in and out only: `Terminal` joins it to a console's ports and to the program.
package final class LineDiscipline {
    /// N_TTY_BUF_SIZE
    package static let capacity = 4096
    private static let mask = capacity - 1
    private static let newline: UInt8 = 0x0a
    private static let carriageReturn: UInt8 = 0x0d
    private static let tab: UInt8 = 0x09
    private static let backspace: UInt8 = 0x08
    private static let bell: UInt8 = 0x07

    package private(set) var modes: TerminalModes
    private var bytes = InlineArray<4096, UInt8>(repeating: 0)
    /// 1 where a byte ends a line; an end-of-file character is kept as 0.
    private var ends = InlineArray<4096, UInt8>(repeating: 0)
    // Positions count on for ever; a place in the ring is what the mask leaves of one.
    private var head = 0
    private var tail = 0
    /// Where the line that is being edited begins.
    private var lineStart = 0
    private var takesNextLiterally = false
    /// Column of the cursor, and of the first byte of the line that is being edited.
    private var column = 0
    private var lineColumn = 0
    /// Whether STOP keeps output waiting.
    package private(set) var isStopped = false
    /// Signals that came in; whoever takes them sends them.
    package private(set) var raised: SignalSet = []
    /// Echoes on their way out.
    private var echoes = InlineArray<4096, UInt8>(repeating: 0)
    package private(set) var echoCount = 0

    /// Bytes to come that were shown already.
    private var shownCount = 0

    package init(_ modes: TerminalModes) { self.modes = modes }

    private var isCanonical: Bool { modes.local.contains(.canonical) }
    private var isEchoing: Bool { modes.local.contains(.echo) && !isShown }
    /// Whether the byte that is coming in was shown already.
    private var isShown = false
    /// The next bytes were echoed before they came here.
    package func skipEchoes(of count: Int) { shownCount = count }
    private var count: Int { head - tail }

    /// Sets new modes; what is here becomes readable where lines begin or end to count
    /// (n_tty_set_termios).
    package func setModes(_ new: TerminalModes) {
        let wasCanonical = isCanonical
        modes = new
        if wasCanonical != isCanonical {
            for position in tail..<head { ends[position & Self.mask] = 0 }
            if isCanonical, count > 0 {
                ends[(head - 1) & Self.mask] = 1
                lineStart = head
            } else {
                lineStart = isCanonical ? tail : head
            }
            takesNextLiterally = false
        }
        if !modes.input.contains(.flowControl) { isStopped = false }
    }
    /// Stops or starts output (tcflow(3)).
    package func setStopped(_ stopped: Bool) { isStopped = stopped }
    package func takeRaised() -> SignalSet {
        defer { raised = [] }
        return raised
    }
    /// Drops what was not read (tcflush(3)).
    package func flushInput() {
        tail = head
        lineStart = head
        takesNextLiterally = false
    }

    // MARK: Reading

    /// Whether a byte may come in: where it is full the next ones wait, but those of a line without end are
    /// dropped, as nobody could take them.
    package var takesByte: Bool {
        count < Self.capacity - 1 || (isCanonical && lineStart == tail)
    }
    /// Bytes that a read may have: whole lines while lines count (FIONREAD).
    package var readableCount: Int {
        guard isCanonical else { return count }
        var result = 0
        for position in tail..<lineStart where !isEndOfFile(position) { result += 1 }
        return result
    }
    /// Where what a read may have ends: grows with what comes, ends of file among it.
    package var readableEnd: Int { lineStart }
    /// Whether a line is complete, or, without lines, a byte is here.
    package var hasInput: Bool { isCanonical ? lineStart > tail : count > 0 }
    /// Whether a read would not wait (n_tty_poll).
    package var isReadable: Bool {
        guard !isCanonical else { return hasInput }
        return readableCount >= (modes[.time] == 0 ? max(1, Int(modes[.minimum])) : 1)
    }
    private func isEnd(_ position: Int) -> Bool { ends[position & Self.mask] != 0 }
    private func isEndOfFile(_ position: Int) -> Bool {
        isEnd(position) && bytes[position & Self.mask] == 0
    }

    /// Copies what a read takes next, at most `limit` bytes of `buffer`; `take` then takes it.
    /// Precondition: `hasInput`.
    @_lifetime(buffer: copy buffer)
    package func peek(into buffer: inout MutableRawSpan, limit: Int) -> Portion {
        var portion = Portion(byteCount: 0, consumed: 0, endsRead: false)
        let end = isCanonical ? lineStart : head
        while tail + portion.consumed < end {
            let position = tail + portion.consumed
            if isCanonical, isEndOfFile(position) {
                portion.consumed += 1
                portion.endsRead = true
                break
            }
            guard portion.byteCount < min(limit, buffer.byteCount) else { break }
            buffer.storeLittleEndian(bytes[position & Self.mask], at: portion.byteCount)
            portion.byteCount += 1
            portion.consumed += 1
            if isCanonical, isEnd(position) {
                portion.endsRead = true
                break
            }
        }
        return portion
    }
    /// What a read gets in one piece.
    package struct Portion: Sendable {
        package var byteCount: Int
        var consumed: Int
        /// Whether a line ended.
        package var endsRead: Bool
    }
    package func take(_ portion: Portion) {
        tail += portion.consumed
        if lineStart < tail { lineStart = tail }
    }

    // MARK: Coming in

    /// Takes a byte from the terminal's other side (n_tty_receive_char).
    package func receive(_ raw: UInt8) {
        isShown = shownCount > 0
        if isShown { shownCount -= 1 }
        defer { isShown = false }
        var byte = modes.input.contains(.strip) ? raw & 0x7f : raw
        if modes.input.contains(.upperToLower), modes.local.contains(.extensions),
            (0x41...0x5a).contains(byte)
        {
            byte += 0x20
        }
        if takesNextLiterally {
            takesNextLiterally = false
            return keep(byte, isLiteral: true)
        }
        if controlsFlow(byte) || signals(byte) { return }
        switch byte {
        case Self.carriageReturn where modes.input.contains(.ignoreReturn): return
        case Self.carriageReturn where modes.input.contains(.returnToNewline): byte = Self.newline
        case Self.newline where modes.input.contains(.newlineToReturn): byte = Self.carriageReturn
        default: break
        }
        if isCanonical, edits(byte) || endsLine(byte) { return }
        keep(byte)
    }

    private func controlsFlow(_ byte: UInt8) -> Bool {
        guard modes.input.contains(.flowControl) else { return false }
        if modes.isSpecial(byte, .start) {
            isStopped = false
            return true
        }
        if modes.isSpecial(byte, .stop) {
            isStopped = true
            return true
        }
        if isStopped, modes.input.contains(.anyStarts) { isStopped = false }
        return false
    }

    private func signals(_ byte: UInt8) -> Bool {
        guard modes.local.contains(.signals) else { return false }
        let signal: Signal
        if modes.isSpecial(byte, .interrupt) {
            signal = .interrupt
        } else if modes.isSpecial(byte, .quit) {
            signal = .quit
        } else if modes.isSpecial(byte, .suspend) {
            signal = .terminalStop
        } else {
            return false
        }
        if !modes.local.contains(.noFlush) {
            flushInput()
            echoCount = 0
        }
        isStopped = false
        if isEchoing { echo(byte) }
        raised.insert(SignalSet(signal))
        return true
    }

    /// What only edits the line: erasing, taking literally, showing again.
    private func edits(_ byte: UInt8) -> Bool {
        let extends = modes.local.contains(.extensions)
        if modes.isSpecial(byte, .erase) {
            erase(.character, byte)
        } else if modes.isSpecial(byte, .kill) {
            erase(.line, byte)
        } else if extends, modes.isSpecial(byte, .wordErase) {
            erase(.word, byte)
        } else if extends, modes.isSpecial(byte, .literalNext) {
            takesNextLiterally = true
            if isEchoing, modes.local.contains(.echoControl) {
                show(UInt8(ascii: "^"))
                show(Self.backspace)
            }
        } else if extends, isEchoing, modes.isSpecial(byte, .reprint) {
            echo(byte)
            show(Self.newline)
            for position in lineStart..<head { echo(bytes[position & Self.mask]) }
        } else {
            return false
        }
        return true
    }

    private func endsLine(_ byte: UInt8) -> Bool {
        if byte == Self.newline {
            if isEchoing || (modes.local.contains(.echoNewline) && !isShown) {
                show(Self.newline)
            }
            end(with: byte)
        } else if modes.isSpecial(byte, .endOfFile) {
            end(with: 0)
        } else if modes.isSpecial(byte, .endOfLine)
            || (modes.local.contains(.extensions) && modes.isSpecial(byte, .secondEndOfLine))
        {
            if isEchoing { echo(byte) }
            end(with: byte)
        } else {
            return false
        }
        return true
    }
    private func end(with byte: UInt8) {
        guard count < Self.capacity else { return ring() }
        ends[head & Self.mask] = 1
        bytes[head & Self.mask] = byte
        head += 1
        lineStart = head
    }

    /// Room for one more byte of the line and for its end.
    private var hasRoom: Bool {
        guard count < Self.capacity - 1 else {
            ring()
            return false
        }
        return true
    }
    private func ring() { if modes.input.contains(.bellWhenFull) { append(Self.bell) } }

    private func keep(_ byte: UInt8, isLiteral: Bool = false) {
        guard hasRoom else { return }
        if isEchoing {
            if byte == Self.newline, !isLiteral {
                show(byte)
            } else {
                if head == lineStart { lineColumn = column }
                echo(byte)
            }
        }
        ends[head & Self.mask] = 0
        bytes[head & Self.mask] = byte
        head += 1
        if !isCanonical { lineStart = head }
    }

    // MARK: Erasing

    private enum Unit {
        case character
        case word
        case line
    }

    /// Takes back the last character, word or all of the line (eraser of n_tty).
    private func erase(_ unit: Unit, _ byte: UInt8) {
        guard head > lineStart else { return }
        if unit == .line, !isEchoing || !showsKill {
            head = lineStart
            if isEchoing {
                echo(byte)
                if modes.local.contains(.echoKill) { show(Self.newline) }
            }
            return
        }
        var hasSeenWord = false
        while head > lineStart {
            var start = head - 1
            while start > lineStart, isContinuation(bytes[start & Self.mask]) { start -= 1 }
            let last = bytes[start & Self.mask]
            if isContinuation(last) { return }
            if unit == .word {
                if isWord(last) { hasSeenWord = true } else if hasSeenWord { return }
            }
            head = start
            if isEchoing { showErased(last, unit, byte) }
            if unit == .character { return }
        }
    }
    private var showsKill: Bool {
        modes.local.isSuperset(of: [.echoKill, .echoKillErase, .echoErase])
    }
    private func showErased(_ erased: UInt8, _ unit: Unit, _ byte: UInt8) {
        if unit == .character, !modes.local.contains(.echoErase) { return echo(byte) }
        if erased == Self.tab {
            var place = lineColumn
            for position in lineStart..<head {
                place = advanced(place, by: bytes[position & Self.mask])
            }
            // The column may not be ours any more, where the program wrote meanwhile.
            for _ in 0..<max(0, min(8, column - place)) { show(Self.backspace) }
            return
        }
        let isControl = Self.isControl(erased)
        let cells = isControl ? (modes.local.contains(.echoControl) ? 2 : 0) : 1
        for _ in 0..<cells {
            show(Self.backspace)
            show(UInt8(ascii: " "))
            show(Self.backspace)
        }
    }
    /// The column behind a byte that was echoed.
    private func advanced(_ column: Int, by byte: UInt8) -> Int {
        if byte == Self.tab { return (column | 7) + 1 }
        if Self.isControl(byte) { return column + (modes.local.contains(.echoControl) ? 2 : 0) }
        return isContinuation(byte) ? column : column + 1
    }
    private func isContinuation(_ byte: UInt8) -> Bool {
        modes.input.contains(.utf8) && byte & 0xc0 == 0x80
    }
    private func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"): true
        // Letters of Latin 1, as the kernel's ctype has them.
        case 0xc0...0xff: byte != 0xd7 && byte != 0xf7
        default: false
        }
    }
    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f }

    // MARK: Echoing

    /// Shows a byte that was typed, control characters as `^C`.
    private func echo(_ byte: UInt8) {
        if modes.local.contains(.echoControl), Self.isControl(byte), byte != Self.tab {
            show(UInt8(ascii: "^"))
            show(byte ^ 0x40)
        } else {
            show(byte)
        }
    }
    private func show(_ byte: UInt8) {
        let expansion = expand(byte)
        for index in 0..<expansion.count { append(expansion[index]) }
    }
    /// An echo that nobody fetches is lost, as it is on Linux.
    private func append(_ byte: UInt8) {
        guard echoCount < Self.capacity else { return }
        echoes[echoCount] = byte
        echoCount += 1
    }
    /// Calls `send` with the echoes; it returns how many went out.
    package func sendEchoes(_ send: (RawSpan) -> Int) {
        guard echoCount > 0 else { return }
        let sent = send(echoes.span.raw.extracting(first: echoCount))
        guard sent < echoCount else {
            echoCount = 0
            return
        }
        for index in 0..<echoCount - sent { echoes[index] = echoes[index + sent] }
        echoCount -= sent
    }

    // MARK: Going out

    /// What one byte becomes on its way out: at most 8 bytes.
    package struct Expansion: Sendable {
        fileprivate var bits: UInt64
        package fileprivate(set) var count: Int
        package subscript(index: Int) -> UInt8 {
            UInt8(truncatingIfNeeded: bits >> UInt64(8 * index))
        }
        fileprivate init(_ byte: UInt8) {
            bits = UInt64(byte)
            count = 1
        }
        fileprivate init(bits: UInt64, count: Int) {
            self.bits = bits
            self.count = count
        }
        /// One tab as spaces.
        fileprivate static let spaces: UInt64 = 0x2020_2020_2020_2020
    }

    /// Moves the cursor over a byte and expands it (do_output_char).
    package func expand(_ byte: UInt8) -> Expansion {
        guard modes.output.contains(.process) else { return Expansion(byte) }
        switch byte {
        case Self.newline:
            if modes.output.contains(.newlineReturns) { column = 0 }
            if modes.output.contains(.newlineToReturnNewline) {
                column = 0
                lineColumn = 0
                return Expansion(bits: 0x0a0d, count: 2)
            }
            lineColumn = column
        case Self.carriageReturn:
            if modes.output.contains(.noReturnAtStart), column == 0 {
                return Expansion(bits: 0, count: 0)
            }
            if modes.output.contains(.returnToNewline) {
                if modes.output.contains(.newlineReturns) {
                    column = 0
                    lineColumn = 0
                }
                return Expansion(Self.newline)
            }
            column = 0
            lineColumn = 0
        case Self.tab:
            let cells = 8 - column & 7
            column += cells
            if modes.output.isSuperset(of: .expandTabs) {
                return Expansion(bits: Expansion.spaces, count: cells)
            }
        case Self.backspace: column = max(0, column - 1)
        default:
            guard !Self.isControl(byte) else { break }
            if !isContinuation(byte) { column += 1 }
            if modes.output.contains(.lowerToUpper), (0x61...0x7a).contains(byte) {
                return Expansion(byte - 0x20)
            }
        }
        return Expansion(byte)
    }
}
