package import Base
internal import NucleusLayoutX86_64

/// How a `syscall` instruction of a program can be made a jump, and the code that it then jumps to.
///
/// A site is looked at when it was just executed, so that its address is surely that of an
/// instruction. What stands around it is read by decoding from every offset of a stretch well
/// before it, as long as the longest instruction: one of them is a true instruction's start, so
/// where all readings agree the agreed one is true. Where they do not agree the site stays.
package enum CallSite {
    package enum Plan: Equatable, Sendable, BitwiseCopyable {
        /// `mov $number, %eax` lies right before the site: its five bytes become a jump to a stub;
        /// the `syscall` stays, as restarts and jumps come to it.
        case move(number: UInt32)
        /// The same with plain instructions in between, which the stub has copies of; they stay, too.
        case earlierMove(number: UInt32, Between)
        /// The `syscall` becomes a short jump to the start of a gap between functions, where a jump
        /// to a stub replaces `byteCount` bytes of padding. `offset` counts from the site.
        case springboard(offset: Int, byteCount: Int)
        case none
    }
    /// Plain instructions (`Instruction.isPlain`).
    package struct Between: Equatable, Sendable, BitwiseCopyable {
        package static let mostBytes = stubByteCount - moveByteCount - stubEndByteCount
        /// The first one in the lowest bits.
        private(set) var bytes: UInt128 = 0
        package private(set) var byteCount = 0
        /// Where four bytes of a distance lie that counts from `relativeEnd`; at most one.
        private(set) var relativeOffset: Int?
        private(set) var relativeEnd = 0

        /// Those of a range of a text, all of them known to be plain.
        init(_ text: RawSpan, _ range: Range<Int>) {
            for index in range.reversed() { bytes = bytes << 8 | UInt128(text.byte(at: index)) }
            byteCount = range.count
        }
        /// Notes that the instruction of a range has a distance; false where one has already.
        mutating func noteRelative(_ offset: Int, end: Int) -> Bool {
            guard relativeOffset == nil else { return false }
            relativeOffset = offset
            relativeEnd = end
            return true
        }
    }

    /// Bytes before and behind the site that `plan` wants to see, where the text has them.
    package static let bytesBefore = 320
    package static let bytesBehind = 160

    private static let bytesBeforeMove = 128
    /// Bytes of `syscall`.
    package static let systemCallByteCount = 2
    private static let moveByteCount = 5
    /// Bytes of `jmp rel32`, which a springboard is.
    package static let jumpByteCount = 5
    private static let longestInstruction = 15
    /// Assemblers pad up to a function's alignment.
    private static let gapAlignment: UInt64 = 16

    /// Plans the change of the site at `site` within `text`, which is at `address` and has at most
    /// 512 bytes.
    ///
    /// `number` is what EAX held as the site was executed. `isChanged` tells whether a site was at
    /// an offset of `text` that a short jump has replaced: control goes on behind those. Where no
    /// `syscall` is at the site (a prefix made it longer), it stays.
    package static func plan(
        _ text: RawSpan, at address: VirtualAddress, site: Int, number: UInt32,
        isChanged: (Int) -> Bool
    ) -> Plan {
        guard Instruction(text, at: site)?.kind == .systemCall else { return .none }
        if site >= moveByteCount, let move = Instruction(text, at: site - moveByteCount),
            case .moveToEAX(let loaded) = move.kind
        {
            // A short stretch tells whether it is one.
            let skipped = max(0, site - bytesBeforeMove)
            let near = text.extracting(skipped..<site + systemCallByteCount)
            if let reading = Reading(near, at: address, through: site - skipped),
                reading.agreement <= site - skipped - moveByteCount,
                reading.starts(at: site - skipped - moveByteCount)
            {
                // Another number came by a jump past the move.
                return loaded == number ? .move(number: number) : .none
            }
        }
        guard let reading = Reading(text, at: address, through: site) else { return .none }
        let springboard = reading.springboard(near: site, isChanged)
        guard springboard == .none else { return springboard }
        return reading.earlierMove(before: site, number: number)
    }

    /// Where instructions start within a text, as far as all readings agree.
    private struct Reading: ~Escapable {
        private let text: RawSpan
        private let address: VirtualAddress
        private var isStart = InlineArray<512, Bool>(repeating: false)
        /// From here on every reading has the same instructions.
        private(set) var agreement = 0

        /// Reads up to the site, which every reading must come to.
        @_lifetime(copy text)
        init?(_ text: RawSpan, at address: VirtualAddress, through site: Int) {
            self.text = text
            self.address = address
            precondition(text.byteCount <= 512 && site < text.byteCount)
            var hasFirst = false
            for offset in 0..<min(CallSite.longestInstruction + 1, site) {
                guard let meeting = follow(from: offset, to: site, marks: !hasFirst) else {
                    continue
                }
                guard meeting <= site else { return nil }
                if hasFirst { agreement = max(agreement, meeting) }
                hasFirst = true
            }
            guard hasFirst else { return nil }
            isStart[site] = true
        }
        /// Where the instructions from `offset` on meet those that are marked, or the site; more
        /// than `site` where they pass over it; `nil` where they are none.
        private mutating func follow(from offset: Int, to site: Int, marks: Bool) -> Int? {
            var position = offset
            while position < site, marks || !isStart[position] {
                guard let instruction = Instruction(text, at: position) else { return nil }
                position += instruction.byteCount
            }
            guard marks else { return position }
            // Only a reading that gets through may leave its marks.
            guard position <= site else { return position }
            position = offset
            while position < site, let instruction = Instruction(text, at: position) {
                isStart[position] = true
                position += instruction.byteCount
            }
            return position
        }
        func starts(at offset: Int) -> Bool { offset >= 0 && isStart[offset] }

        /// Calls `body` with each instruction from the agreement on; it returns how many bytes to go
        /// on by.
        private func forEach(_ body: (Int, Instruction) -> Int) {
            var position = agreement
            while position < text.byteCount, !isStart[position] { position += 1 }
            while position < text.byteCount, let instruction = Instruction(text, at: position) {
                position += body(position, instruction)
            }
        }

        /// A move of the number before the site with nothing but plain instructions in between.
        func earlierMove(before site: Int, number: UInt32) -> Plan {
            let least = max(agreement, site - CallSite.moveByteCount - Between.mostBytes)
            var position = site - 1
            while position >= least {
                defer { position -= 1 }
                guard isStart[position], let instruction = Instruction(text, at: position) else {
                    continue
                }
                if case .moveToEAX(let loaded) = instruction.kind {
                    guard loaded == number else { return .none }
                    return between(position + instruction.byteCount..<site).map {
                        .earlierMove(number: number, $0)
                    } ?? .none
                }
                guard instruction.isPlain else { return .none }
            }
            return .none
        }
        private func between(_ range: Range<Int>) -> Between? {
            var between = Between(text, range)
            var position = range.lowerBound
            while position < range.upperBound, let instruction = Instruction(text, at: position) {
                let end = position + instruction.byteCount
                if let offset = instruction.relativeOffset {
                    guard
                        between.noteRelative(
                            position + offset - range.lowerBound, end: end - range.lowerBound)
                    else { return nil }
                }
                position = end
            }
            return between
        }
        /// The nearest gap that a short jump from the site reaches.
        func springboard(near site: Int, _ isChanged: (Int) -> Bool) -> Plan {
            var best: Plan = .none
            var bestDistance = Int.max
            var isAfterEnd = false
            forEach { position, instruction in
                if isAfterEnd, let gap = gap(at: position) {
                    let distance = position - (site + CallSite.systemCallByteCount)
                    if distance >= -128, distance <= 127, abs(distance) < bestDistance,
                        gap.count >= CallSite.jumpByteCount, !isTarget(gap)
                    {
                        best = .springboard(offset: position - site, byteCount: gap.count)
                        bestDistance = abs(distance)
                    }
                    isAfterEnd = false
                    return gap.count
                }
                switch instruction.kind {
                case .end: isAfterEnd = true
                case .jump: isAfterEnd = !isChanged(position)
                default: isAfterEnd = false
                }
                return instruction.byteCount
            }
            return best
        }
        /// The padding at `start`, behind an instruction that control does not pass: `int3` only, or
        /// long nops up to an aligned address. A row of short ones may be a function's own (as of
        /// GCC's -fpatchable-function-entry).
        private func gap(at start: Int) -> Range<Int>? {
            var position = start
            var shortNops = 0
            var breakpoints = 0
            loop: while let instruction = Instruction(text, at: position) {
                switch instruction.kind {
                case .longNop where breakpoints == 0: break
                case .nop where breakpoints == 0: shortNops += 1
                case .end
                where text.byte(at: position) == 0xcc && shortNops == 0
                    && position - start == breakpoints:
                    breakpoints += 1
                default: break loop
                }
                position += instruction.byteCount
            }
            guard position > start, position < text.byteCount, shortNops <= 1 else { return nil }
            let end = address.rawValue &+ UInt64(position)
            guard breakpoints > 0 || end & (CallSite.gapAlignment - 1) == 0 else { return nil }
            return start..<position
        }
        /// Whether a branch that is in sight leads into the gap.
        private func isTarget(_ gap: Range<Int>) -> Bool {
            var isTarget = false
            forEach { position, instruction in
                switch instruction.kind {
                case .jump(let distance), .branch(let distance):
                    if gap.contains(position + instruction.byteCount + distance) { isTarget = true }
                default: break
                }
                return instruction.byteCount
            }
            return isTarget
        }
    }
}

extension CallSite {
    // A stub passes where to go on in R11, so that RCX is free, and jumps through the entry's
    // address, which lies in the same area: mov $number, %eax; what was between;
    // lea back(%rip), %r11; jmp *entry(%rip).

    /// Bytes between the starts of two stubs.
    package static let stubByteCount = 32
    /// Bytes of a stub's last two instructions.
    fileprivate static let stubEndByteCount = 13

    /// Writes the stub at `stub` for the site at `site`, with the number where the site's move was
    /// replaced, and what was between. `entry` is where the area keeps the address of the entry.
    /// Returns whether all is within reach.
    @_lifetime(bytes: copy bytes)
    package static func writeStub(
        to bytes: inout MutableRawSpan, at stub: VirtualAddress, site: VirtualAddress,
        number: UInt32?, between: Between? = nil, entry: VirtualAddress
    ) -> Bool {
        var position = 0
        if let number {
            writeMove(to: &bytes, number: number)
            position = moveByteCount
        }
        if let between {
            let isWritten = between.write(
                to: &bytes, at: position, from: site.rawValue &- UInt64(between.byteCount),
                to: stub.rawValue &+ UInt64(position))
            guard isWritten else { return false }
            position += between.byteCount
        }
        let back = site.rawValue &+ UInt64(systemCallByteCount)
        guard let toBack = distance(from: stub.rawValue &+ UInt64(position + 7), to: back),
            let toEntry = distance(
                from: stub.rawValue &+ UInt64(position + 13), to: entry.rawValue)
        else { return false }
        bytes.storeLittleEndian(UInt8(0x4c), at: position)
        bytes.storeLittleEndian(UInt8(0x8d), at: position + 1)
        bytes.storeLittleEndian(UInt8(0x1d), at: position + 2)
        bytes.storeLittleEndian(toBack, at: position + 3)
        bytes.storeLittleEndian(UInt8(0xff), at: position + 7)
        bytes.storeLittleEndian(UInt8(0x25), at: position + 8)
        bytes.storeLittleEndian(toEntry, at: position + 9)
        return true
    }
    /// Writes `jmp rel32` into the first five bytes; returns whether the target is within reach.
    @_lifetime(bytes: copy bytes)
    package static func writeJump(
        to bytes: inout MutableRawSpan, at address: VirtualAddress, target: VirtualAddress
    ) -> Bool {
        guard
            let jump = distance(
                from: address.rawValue &+ UInt64(jumpByteCount), to: target.rawValue)
        else { return false }
        bytes.storeLittleEndian(UInt8(0xe9), at: 0)
        bytes.storeLittleEndian(jump, at: 1)
        return true
    }
    /// `jmp rel8` over a site, as the two bytes in memory's order.
    package static func shortJump(by offset: Int) -> UInt16? {
        guard let distance = Int8(exactly: offset - systemCallByteCount) else { return nil }
        return UInt16(UInt8(bitPattern: distance)) << 8 | 0xeb
    }
    /// What a breakpoint fills the rest of a gap with.
    package static let filler: UInt8 = 0xcc

    fileprivate static func distance(from: UInt64, to: UInt64) -> UInt32? {
        Int32(exactly: Int64(bitPattern: to &- from)).map { UInt32(bitPattern: $0) }
    }

    /// `0f 05`, as the two bytes in memory's order.
    package static let systemCall: UInt16 = 0x050f
    /// Writes `mov $number, %eax`.
    @_lifetime(bytes: copy bytes)
    package static func writeMove(to bytes: inout MutableRawSpan, number: UInt32) {
        bytes.storeLittleEndian(UInt8(0xb8), at: 0)
        bytes.storeLittleEndian(number, at: 1)
    }
}

extension CallSite.Between {
    /// Writes the instructions, which lay at `old`, for `new`; returns whether their operand is within
    /// reach from there.
    @_lifetime(span: copy span)
    fileprivate func write(
        to span: inout MutableRawSpan, at position: Int, from old: UInt64, to new: UInt64
    ) -> Bool {
        for index in 0..<byteCount {
            span.storeLittleEndian(
                UInt8(truncatingIfNeeded: bytes >> UInt128(index * 8)), at: position + index)
        }
        guard let relativeOffset else { return true }
        let distance = Int32(truncatingIfNeeded: bytes >> UInt128(relativeOffset * 8))
        let operand = old &+ UInt64(relativeEnd) &+ UInt64(bitPattern: Int64(distance))
        guard
            let moved = CallSite.distance(from: new &+ UInt64(relativeEnd), to: operand)
        else { return false }
        span.storeLittleEndian(moved, at: position + relativeOffset)
        return true
    }
}

extension ProgramFrame {
    /// Takes registers that came to the entry for calls, with R11 as a stub leaves it, back to the
    /// site's `syscall`.
    package func returnToSite() { self[.rip] = self[.r11] &- Self.systemCallByteCount }
    private static var systemCallByteCount: UInt64 { UInt64(CallSite.systemCallByteCount) }
    /// Changes registers that are at a site as its `syscall` does.
    package func enterSystemCall() {
        self[.vector] = UInt64(FRAME_VECTOR_SYSTEM_CALL)
        self[.originalRAX] = self[.rax]
        self[.rip] &+= Self.systemCallByteCount
        self[.rcx] = self[.rip]
        self[.r11] = self[.rflags]
    }
}
