package import Base
internal import NucleusLayout
internal import NucleusLayoutARM64

/// How an `svc #0` of a program becomes a branch, and the stub that it then branches to.
///
/// Instructions are words, so nothing around a site need be read. Which number a site calls with is
/// not known from its text: its stub is made for the number that it was first seen with, and any
/// other takes the stub's own `svc`. A stub changes no flag and no register but X8, which the tail
/// puts back; X30 and the rest are saved in the CPU's area (DATA_CALL_X30) or the entry's frame.
package enum CallSite {
    package enum Plan: Equatable, Sendable, BitwiseCopyable {
        /// The `svc` becomes a branch to a stub for this number.
        case branch(number: UInt32)
        case none
    }

    /// Bytes before and behind the site that `plan` wants to see.
    package static let bytesBefore = 0
    package static let bytesBehind = Instruction.byteCount
    /// Bytes of `svc`.
    package static let systemCallByteCount = Instruction.byteCount

    /// Plans the change of the site at `site` within `text`, which is at `address`. `number` is what
    /// W8 held as the site was executed.
    package static func plan(
        _ text: RawSpan, at address: VirtualAddress, site: Int, number: UInt32,
        isChanged: (Int) -> Bool
    ) -> Plan {
        guard site >= 0, site <= text.byteCount - Instruction.byteCount,
            (address.rawValue &+ UInt64(site)) % UInt64(Instruction.byteCount) == 0,
            text.littleEndian(UInt32.self, at: site) == Instruction.systemCall,
            number < UInt32(SYSTEM_CALL_COUNT)
        else { return .none }
        return .branch(number: number)
    }
}

extension CallSite {
    /// The words of a stub, by their positions.
    enum Word {
        static let subtract = 0
        static let unlessZero = 1
        // First: an interrupt may take the thread to another CPU.
        static let mask = 2
        static let readArea = 3
        static let saveLink = 4
        static let loadEntry = 5
        static let call = 6
        /// Where the entry returns to: it reads number and way back from these two.
        static let tail = 7
        static let back = 8
        /// Another number.
        static let miss = 9
        static let systemCall = 10
        static let backFromCall = 11
        static let count = 12
    }
    /// Bytes between the starts of two stubs.
    package static let stubByteCount = Word.count * Instruction.byteCount

    private static let number: UInt32 = 8  // X8
    private static let link: UInt32 = 30  // X30
    /// I and F.
    private static let interruptMask: UInt32 = 3

    /// Writes the stub at `stub` for the site at `site`; returns whether all is within reach.
    @_lifetime(bytes: copy bytes)
    static func writeStub(
        to bytes: inout MutableRawSpan, at stub: VirtualAddress, site: VirtualAddress,
        number value: UInt32
    ) -> Bool {
        func word(_ position: Int) -> UInt64 {
            stub.rawValue &+ UInt64(position * Instruction.byteCount)
        }
        func back(from position: Int) -> UInt32? {
            let target = site.rawValue &+ UInt64(systemCallByteCount)
            return Instruction.branch(by: Int64(bitPattern: target &- word(position)))
        }
        let toMiss = Int64((Word.miss - Word.unlessZero) * Instruction.byteCount)
        let words: [12 of UInt32?] = [
            Instruction.subtract(value, from: number),
            Instruction.branchUnlessZero(number, by: toMiss),
            Instruction.mask(interruptMask),
            Instruction.readArea(to: number),
            Instruction.store(link, at: number, UInt32(DATA_CALL_X30)),
            Instruction.load(link, at: number, UInt32(DATA_CALL_ENTRY)),
            Instruction.call(link),
            Instruction.move(value, to: number),
            back(from: Word.back),
            Instruction.add(value, to: number),
            Instruction.systemCall,
            back(from: Word.backFromCall),
        ]
        for position in words.indices {
            guard let word = words[position] else { return false }
            bytes.storeLittleEndian(word, at: position * Instruction.byteCount)
        }
        return true
    }
}

extension ProgramFrame {
    /// Takes registers that came to the entry for calls back into the stub: to its `blr`.
    package func returnToSite() {
        self[.pc] = self[.x30] &- UInt64(Instruction.byteCount)
    }
    /// Changes registers that are at a site as its `svc` does.
    package func enterSystemCall() {
        self[.cause] = UInt64(FRAME_CAUSE_SYSTEM_CALL)
        self[.number] = self[.x8] & 0xffff_ffff
        self[.originalX0] = self[.x0]
        self[.pc] &+= UInt64(CallSite.systemCallByteCount)
    }
}
