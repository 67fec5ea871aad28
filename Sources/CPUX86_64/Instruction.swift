internal import Base

/// One instruction of 64-bit mode as far as its length and its effect on control go (Intel SDM
/// volume 2, chapter 2 and appendix A).
package struct Instruction: Equatable, Sendable {
    /// Bytes, prefixes included: 1 to 15.
    package let byteCount: Int
    package let kind: Kind
    /// Whether it does the same at any address, but for what `relativeOffset` says, and passes control to
    /// what follows: known of common ones.
    package let isPlain: Bool
    /// Where in it four bytes of a distance from its end to its operand lie, if they do.
    package let relativeOffset: Int?

    package enum Kind: Equatable, Sendable {
        case other
        /// `0f 05`
        case systemCall
        /// `b8` with four bytes: `mov $n, %eax`, without prefix.
        case moveToEAX(UInt32)
        /// Control never goes on behind it: ret, jmp, ud2, hlt, int3.
        case end
        /// An unconditional jump by a distance from its end.
        case jump(Int)
        /// A call or conditional jump by a distance from its end.
        case branch(Int)
        /// A `nop` of two bytes and more, as assemblers fill gaps with.
        case longNop
        /// `90`
        case nop
    }

    /// Reads the instruction at `offset`.
    ///
    /// `nil` where the bytes are none in 64-bit mode, reach beyond `bytes`, or are of an extension
    /// that this decoder does not know (APX, XOP, 3DNow!).
    package init?(_ bytes: RawSpan, at offset: Int) {
        var reader = InstructionReader(bytes, at: offset)
        guard let kind = reader.read() else { return nil }
        byteCount = reader.position - offset
        guard byteCount <= 15, reader.position <= bytes.byteCount else { return nil }
        self.kind = kind
        isPlain = reader.isPlain
        relativeOffset = reader.relativePosition.map { $0 - offset }
    }
}

/// What follows an opcode.
private enum Operands {
    case none
    case invalid
    case prefix
    /// ModRM with its SIB and displacement, then so many bytes.
    case modRM(immediate: Int)
    /// ModRM, then an immediate of the operand's size, at most 4 bytes.
    case modRMFull
    case immediate(Int)
    case immediateFull
    /// `mov $n, %reg`: 8 bytes with REX.W.
    case immediateLong
    /// An address of 8 bytes, 4 with an address-size prefix.
    case absolute
    case relative8
    case relative32
}

private struct InstructionReader: ~Escapable {
    private let bytes: RawSpan
    private(set) var position: Int
    private var hasOperandSize = false
    private var hasAddressSize = false
    private var hasRepeat = false
    private var prefixCount = 0
    private var isWide = false
    private(set) var isPlain = false
    private(set) var relativePosition: Int?

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, at offset: Int) {
        self.bytes = bytes
        position = offset
    }

    private mutating func next() -> UInt8? {
        guard position < bytes.byteCount else { return nil }
        defer { position += 1 }
        return bytes.byte(at: position)
    }
    private mutating func skip(_ count: Int) -> Instruction.Kind? {
        position += count
        return .other
    }

    mutating func read() -> Instruction.Kind? {
        var opcode: UInt8
        repeat {
            guard prefixCount < 15, let byte = next() else { return nil }
            opcode = byte
        } while takePrefix(opcode)
        isPlain = !hasAddressSize && Self.isPlain(opcode)
        switch opcode {
        case 0x0f: return readTwoByte()
        case 0x62: return readExtended(payload: 3, mapMask: 7)
        case 0xc4: return readExtended(payload: 2, mapMask: 0x1f)
        case 0xc5: return readShortVector()
        default: return finish(opcode)
        }
    }
    private mutating func takePrefix(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x66: hasOperandSize = true
        case 0x67: hasAddressSize = true
        case 0xf2, 0xf3: hasRepeat = true
        case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0xf0: break
        case 0x40...0x4f:
            // Counts only right before the opcode: a legacy prefix behind it makes it void.
            isWide = byte & 8 != 0
            prefixCount += 1
            return true
        default: return false
        }
        isWide = false
        prefixCount += 1
        return true
    }

    private var fullImmediate: Int { hasOperandSize && !isWide ? 2 : 4 }

    private mutating func finish(_ opcode: UInt8) -> Instruction.Kind? {
        switch Self.operands(opcode) {
        case .none:
            switch opcode {
            case 0xc3, 0xcb, 0xcc, 0xcf, 0xf4: return .end
            case 0x90 where prefixCount == 0: return .nop
            case 0x90 where hasOperandSize: return .longNop
            default: return .other
            }
        case .invalid, .prefix: return nil
        case .modRM(let immediate):
            guard let register = readModRM() else { return nil }
            if opcode == 0xf6, register < 2 { return skip(1) }
            if opcode == 0xf7, register < 2 { return skip(fullImmediate) }
            if opcode == 0xc6, register != 0 { isPlain = false }
            if opcode == 0x8f, register != 0 { return nil }
            if opcode == 0xfe, register > 1 { return nil }
            if opcode == 0xff {
                if register == 7 { return nil }
                return register == 4 || register == 5 ? .end : .other
            }
            return skip(immediate)
        case .modRMFull:
            guard let register = readModRM() else { return nil }
            if opcode == 0xc7, register != 0 { isPlain = false }
            return skip(fullImmediate)
        case .immediate(let count):
            position += count
            return opcode == 0xc2 || opcode == 0xca ? .end : .other
        case .immediateFull: return skip(fullImmediate)
        case .immediateLong:
            let start = position
            position += isWide ? 8 : fullImmediate
            guard opcode == 0xb8, prefixCount == 0, position <= bytes.byteCount else {
                return .other
            }
            return .moveToEAX(bytes.littleEndian(UInt32.self, at: start))
        case .absolute: return skip(hasAddressSize ? 4 : 8)
        case .relative8:
            guard let distance = next() else { return nil }
            let signed = Int(Int8(bitPattern: distance))
            return opcode == 0xeb ? .jump(signed) : .branch(signed)
        case .relative32:
            guard let signed = readDistance() else { return nil }
            return opcode == 0xe9 ? .jump(signed) : .branch(signed)
        }
    }
    /// Four bytes of distance. With an operand-size prefix processors disagree about their number.
    private mutating func readDistance() -> Int? {
        guard !hasOperandSize, position <= bytes.byteCount - 4 else { return nil }
        defer { position += 4 }
        return Int(Int32(bitPattern: bytes.littleEndian(UInt32.self, at: position)))
    }
    /// Reads ModRM, SIB and displacement; returns the register field.
    private mutating func readModRM() -> UInt8? {
        guard let byte = next() else { return nil }
        let mode = byte >> 6
        let register = byte >> 3 & 7
        guard mode != 3 else { return register }
        var base = byte & 7
        if base == 4 {
            guard let scale = next() else { return nil }
            base = scale & 7
            if mode == 0, base == 5 { position += 4 }
        } else if mode == 0, base == 5 {
            relativePosition = position
            position += 4
        }
        if mode == 1 { position += 1 }
        if mode == 2 { position += 4 }
        return register
    }

    /// Arithmetic, moves, lea.
    private static func isPlain(_ opcode: UInt8) -> Bool {
        switch opcode {
        case 0x00...0x3f: opcode & 7 < 6
        case 0x63, 0x69, 0x6b, 0x80...0x8b, 0x8d, 0xb0...0xbf, 0xc0, 0xc1, 0xc6, 0xc7, 0xd0...0xd3:
            true
        default: false
        }
    }
    private static func operands(_ opcode: UInt8) -> Operands {
        switch opcode {
        case 0x00...0x3f:
            switch opcode & 7 {
            case 0...3: .modRM(immediate: 0)
            case 4: .immediate(1)
            case 5: .immediateFull
            default: .invalid
            }
        case 0x63, 0x84...0x8f, 0xd0...0xd3, 0xd8...0xdf, 0xf6, 0xf7, 0xfe, 0xff:
            .modRM(immediate: 0)
        case 0x68, 0xa9: .immediateFull
        case 0x69, 0x81, 0xc7: .modRMFull
        case 0x6a, 0xa8, 0xb0...0xb7, 0xcd, 0xe4...0xe7: .immediate(1)
        case 0x6b, 0x80, 0x83, 0xc0, 0xc1, 0xc6: .modRM(immediate: 1)
        case 0x70...0x7f, 0xe0...0xe3, 0xeb: .relative8
        case 0xa0...0xa3: .absolute
        case 0xb8...0xbf: .immediateLong
        case 0xc2, 0xca: .immediate(2)
        case 0xc8: .immediate(3)
        case 0xe8, 0xe9: .relative32
        case 0x60...0x62, 0x82, 0x9a, 0xc4, 0xc5, 0xce, 0xd4...0xd6, 0xea: .invalid
        case 0x40...0x4f, 0x64...0x67, 0xf0, 0xf2, 0xf3: .prefix
        default: .none
        }
    }

    // MARK: Other maps

    private mutating func readTwoByte() -> Instruction.Kind? {
        guard let opcode = next() else { return nil }
        switch opcode {
        case 0x05: return .systemCall
        case 0x0b: return .end
        case 0x38:
            guard next() != nil, readModRM() != nil else { return nil }
            return .other
        case 0x3a:
            guard next() != nil, readModRM() != nil else { return nil }
            return skip(1)
        case 0x80...0x8f: return readDistance().map { .branch($0) }
        // clts, sysret, invd, wbinvd, wrmsr…getsec, emms, push and pop, cpuid, rsm, bswap.
        case 0x06...0x09, 0x30...0x35, 0x37, 0x77, 0xa0...0xa2, 0xa8...0xaa, 0xc8...0xcf:
            return .other
        case 0x04, 0x0a, 0x0c, 0x0e, 0x0f, 0x24...0x27, 0x36, 0x39, 0x3b...0x3f, 0x7a, 0x7b,
            0xa6, 0xa7:
            return nil
        case 0x78 where hasOperandSize || hasRepeat: return nil
        default:
            guard readModRM() != nil else { return nil }
            if opcode == 0x1f { return .longNop }
            return skip(Self.hasImmediate(opcode) ? 1 : 0)
        }
    }
    /// Opcodes of the `0f` map with ModRM and a byte behind it.
    private static func hasImmediate(_ opcode: UInt8) -> Bool {
        switch opcode {
        case 0x70...0x73, 0xa4, 0xac, 0xba, 0xc2, 0xc4...0xc6: true
        default: false
        }
    }
    private mutating func readShortVector() -> Instruction.Kind? {
        guard next() != nil else { return nil }
        return readVector(map: 1)
    }
    /// VEX of three bytes and EVEX: the map stands in the first payload byte.
    private mutating func readExtended(payload: Int, mapMask: UInt8) -> Instruction.Kind? {
        guard let first = next() else { return nil }
        position += payload - 1
        return readVector(map: first & mapMask)
    }
    private mutating func readVector(map: UInt8) -> Instruction.Kind? {
        // Legacy prefixes before VEX or EVEX are invalid opcodes.
        guard !hasOperandSize, !hasRepeat, let opcode = next() else { return nil }
        switch map {
        case 1:
            if opcode == 0x77 { return .other }
            guard readModRM() != nil else { return nil }
            return skip(Self.hasImmediate(opcode) ? 1 : 0)
        case 2, 5, 6:
            guard readModRM() != nil else { return nil }
            return .other
        case 3:
            guard readModRM() != nil else { return nil }
            return skip(1)
        default: return nil
        }
    }
}
