internal import Base
package import Hardware
internal import LinuxABI
package import Memory
internal import NucleusInterface
internal import Trace

/// The system-call sites of a process that were made jumps (Documentation/Decisions, "System calls
/// as jumps").
///
/// A site is looked at when a call came by the `syscall` instruction. Its page becomes the process's
/// own; a stub in an area near the text passes where to go on and jumps into the library OS. The
/// program only ever sees its own addresses: `restore` moves registers that were caught within a
/// stub or springboard back to the site. Site and springboard share a page, so that they come and
/// go together.
package final class CallSites {
    /// Whether sites may be changed at all (`--no-rewrite` says no).
    package enum Policy: Sendable {
        case change
        case leave
    }
    private let space: AddressSpace
    private let policy: Policy
    private var areas = InlineArray<16, StubArea?>(repeating: nil)
    private var areaCount = 0
    /// Sites that stay as they are, by a hash of their address, so that they are read once only.
    private var refused = InlineArray<64, UInt64>(repeating: 0)
    /// Sites that were made jumps.
    package private(set) var count = 0
    /// Calls that came by the `syscall` instruction.
    package private(set) var slowCallCount: UInt64 = 0

    package init(of space: AddressSpace, _ policy: Policy) {
        self.space = space
        self.policy = policy
        // Until the space is closed.
        space.onTextChange = { start, end in self.takeBack(from: start, to: end) }
    }

    /// Logs how the program's calls came, at info level.
    @export(interface)
    package func report() {
        Log.line(.info) {
            $0.append("system calls: ")
            $0.append(CPU.area.callCount)
            $0.append(" by a jump from ")
            $0.append(UInt64(count))
            $0.append(" sites, ")
            $0.append(slowCallCount)
            $0.append(" by the instruction")
        }
    }

    // MARK: Changing a site

    /// Looks at the site whose `syscall` the program just executed, and makes it a jump if it can be.
    @export(interface)
    package func arrive(_ frame: ProgramFrame) {
        slowCallCount += 1
        guard policy == .change,
            let site = frame.instruction.retreated(by: UInt64(CallSite.systemCallByteCount))
        else { return }
        let slot = Int(truncatingIfNeeded: site.rawValue ^ site.rawValue >> 6) & 63
        // Other memory may become text.
        guard refused[slot] != site.rawValue, !Self.isLast(frame),
            let text = space.text(containing: site)
        else { return }
        let number = UInt32(truncatingIfNeeded: frame.systemCallNumber)
        do throws(Errno) {
            if try change(site, number, within: text.start.rawValue..<text.end.rawValue) {
                count += 1
                return
            }
        } catch {
            // Without memory the site stays; everything works as before.
        }
        refused[slot] = site.rawValue
    }
    /// Whether a call ends or replaces the program, or its registers: its site runs once.
    private static func isLast(_ frame: ProgramFrame) -> Bool {
        switch SystemCallNumber(rawValue: frame.systemCallNumber) {
        case .exit, .exitGroup, .execve, .execveat, .rtSigreturn: true
        default: false
        }
    }

    /// Whether the site is a jump now.
    private func change(
        _ site: VirtualAddress, _ number: UInt32, within text: Range<UInt64>
    ) throws(Errno) -> Bool {
        guard !isChanged(site) else { return false }
        switch try plan(site, number, within: text) {
        case .none: return false
        case .move(let number):
            guard let jump = site.retreated(by: UInt64(CallSite.jumpByteCount)),
                jump.pageDown == site.pageDown
            else { return false }
            return try writeMove(jump, site, number)
        case .springboard(let offset, let byteCount):
            let board = VirtualAddress(rawValue: site.rawValue &+ UInt64(bitPattern: Int64(offset)))
            // All of it in the site's page.
            guard board.pageDown == site.pageDown,
                board.pageOffset + byteCount <= Page.size,
                site.pageOffset + CallSite.systemCallByteCount <= Page.size
            else { return false }
            return try writeSpringboard(board, byteCount, site, offset)
        }
    }

    private func plan(
        _ site: VirtualAddress, _ number: UInt32, within text: Range<UInt64>
    ) throws(Errno) -> CallSite.Plan {
        var storage = InlineArray<512, UInt8>(repeating: 0)
        let before = min(site.rawValue - text.lowerBound, UInt64(CallSite.bytesBefore))
        let behind = min(text.upperBound - site.rawValue, UInt64(CallSite.bytesBehind))
        let start = VirtualAddress(rawValue: site.rawValue - before)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            var window = bytes._mutatingExtracting(0..<Int(before + behind))
            try ProgramMemory.copyIn(from: start, into: &window)
        }
        return CallSite.plan(
            storage.span.raw.extracting(first: Int(before + behind)), at: start, site: Int(before),
            number: number
        ) { isChanged(VirtualAddress(rawValue: start.rawValue + UInt64($0))) }
    }

    private func writeMove(
        _ jump: VirtualAddress, _ site: VirtualAddress, _ number: UInt32
    ) throws(Errno) -> Bool {
        let frame = try space.textFrame(at: site.pageDown)
        guard
            let stub = try makeStub(
                .init(site: site.rawValue, springboard: 0, number: number, kind: .move))
        else { return false }
        let isWritten = frame.withMutableBytes { bytes in
            var place = bytes._mutatingExtracting(
                jump.pageOffset..<jump.pageOffset + CallSite.jumpByteCount)
            return CallSite.writeJump(to: &place, at: jump, target: stub)
        }
        CPU.serialize()
        return isWritten
    }
    private func writeSpringboard(
        _ board: VirtualAddress, _ byteCount: Int, _ site: VirtualAddress, _ offset: Int
    ) throws(Errno) -> Bool {
        guard let short = CallSite.shortJump(by: offset) else { return false }
        let frame = try space.textFrame(at: site.pageDown)
        guard
            let stub = try makeStub(
                .init(
                    site: site.rawValue, springboard: board.rawValue, number: 0,
                    kind: .springboard))
        else { return false }
        let isWritten = frame.withMutableBytes { bytes in
            var gap = bytes._mutatingExtracting(board.pageOffset..<board.pageOffset + byteCount)
            guard CallSite.writeJump(to: &gap, at: board, target: stub) else { return false }
            // What is left of a long nop's bytes would be read as other instructions.
            for index in CallSite.jumpByteCount..<byteCount {
                gap.storeLittleEndian(CallSite.filler, at: index)
            }
            var place = bytes._mutatingExtracting(
                site.pageOffset..<site.pageOffset + CallSite.systemCallByteCount)
            place.storeLittleEndian(short, at: 0)
            return true
        }
        CPU.serialize()
        return isWritten
    }

    /// Whether the `syscall` at an address has a stub.
    private func isChanged(_ address: VirtualAddress) -> Bool {
        for index in 0..<areaCount where areas[index]?.find(site: address.rawValue) != nil {
            return true
        }
        return false
    }
    /// Makes a stub in an area near the site; `nil` where there is no room.
    private func makeStub(_ record: StubArea.Record) throws(Errno) -> VirtualAddress? {
        let site = VirtualAddress(rawValue: record.site)
        for index in 0..<areaCount {
            if let area = areas[index], let stub = try area.add(record, in: space) { return stub }
        }
        guard areaCount < areas.count, let text = space.text(containing: site) else { return nil }
        try KernelReserve.admit()
        guard let area = try StubArea(below: text.start, in: space) else { return nil }
        areas[areaCount] = area
        areaCount += 1
        return try area.add(record, in: space)
    }

    // MARK: Undoing

    /// Gives the program its own bytes back where text is about to go, move or become writable.
    private func takeBack(from start: VirtualAddress, to end: VirtualAddress) {
        // What comes in its place is new.
        for index in refused.indices where (start.rawValue..<end.rawValue).contains(refused[index])
        {
            refused[index] = 0
        }
        for index in 0..<areaCount {
            areas[index]?.takeBack(start.rawValue..<end.rawValue, in: space)
        }
    }

    /// Moves registers that were caught on the way from a site into the library OS back to the
    /// site's `syscall`, as if it were about to be executed.
    @export(interface)
    package func restore(_ frame: ProgramFrame) -> Found? {
        if frame.instruction == CPU.area.callEntry {
            frame.returnToSite()
            return .entry
        }
        for index in 0..<areaCount {
            guard let record = areas[index]?.find(at: frame.instruction.rawValue) else { continue }
            frame.instruction = VirtualAddress(rawValue: record.site)
            if record.kind == .move { frame.result = UInt64(record.number) }
            return record.kind == .move ? .entry : .springboard
        }
        return nil
    }
    /// Where `restore` found the program.
    package enum Found: Sendable {
        /// On a way that leads past the site's own `syscall`.
        case entry
        /// Behind a site that is a jump itself.
        case springboard
    }
}

/// Stubs in a range of program memory near a text, and what each stands for.
final class StubArea {
    struct Record: BitwiseCopyable {
        /// Address of the `syscall`; 0 where its text is gone.
        var site: UInt64
        var springboard: UInt64
        var number: UInt32
        var kind: Kind
    }
    enum Kind: UInt8, BitwiseCopyable {
        case move
        case springboard
    }

    private static let byteCount = UInt64(Page.size)
    private static let stubsPerArea = Int(byteCount) / CallSite.stubByteCount
    private static let reach: UInt64 = 1 << 30

    private let start: VirtualAddress
    private var records: FixedBuffer<Record>
    // The first slot holds the entry's address.
    private var used = 1

    /// Maps an area below a text; `nil` where no room is near.
    init?(below text: VirtualAddress, in space: AddressSpace) throws(Errno) {
        guard let start = space.freeRange(below: text, byteCount: Self.byteCount),
            text.rawValue - start.rawValue < Self.reach
        else { return nil }
        let nothing = Record(site: 0, springboard: 0, number: 0, kind: .move)
        guard let records = FixedBuffer(count: Self.stubsPerArea, repeating: nothing) else {
            throw .outOfMemory
        }
        self.records = records
        self.start = try space.map(
            at: start, placement: .fixedNoReplace, byteCount: Self.byteCount,
            protection: [.read, .execute], options: [.smallPages, .pinned])
        do throws(Errno) {
            let frame = try space.frame(at: start, for: .execute)
            frame.store(CPU.area.callEntry.rawValue, at: 0)
        } catch {
            space.unpin(start)
            try space.unmap(start, byteCount: Self.byteCount)
            throw error
        }
    }

    /// Writes a stub and returns where; `nil` where the area is full or too far away.
    func add(_ record: Record, in space: AddressSpace) throws(Errno) -> VirtualAddress? {
        guard let slot = freeSlot() else { return nil }
        let stub = VirtualAddress(
            rawValue: start.rawValue + UInt64(slot * CallSite.stubByteCount))
        let frame = try space.frame(at: stub.pageDown, for: .execute)
        let isWritten = frame.withMutableBytes { bytes in
            var place = bytes._mutatingExtracting(
                stub.pageOffset..<stub.pageOffset + CallSite.stubByteCount)
            return CallSite.writeStub(
                to: &place, at: stub, site: VirtualAddress(rawValue: record.site),
                number: record.kind == .move ? record.number : nil, entry: start)
        }
        guard isWritten else { return nil }
        records[slot] = record
        used = max(used, slot + 1)
        return stub
    }
    /// A slot that was never used, or else one whose text is gone.
    private func freeSlot() -> Int? {
        if used < Self.stubsPerArea { return used }
        for index in 1..<used where records[index].site == 0 { return index }
        return nil
    }

    func find(site: UInt64) -> Record? { first { $0.site == site } }
    /// The record of the stub or springboard at an address.
    func find(at address: UInt64) -> Record? {
        if address >= start.rawValue, address < start.rawValue + Self.byteCount {
            let index = Int(address - start.rawValue) / CallSite.stubByteCount
            return index > 0 && index < used && records[index].site != 0 ? records[index] : nil
        }
        return first { $0.kind == .springboard && $0.springboard == address }
    }
    private func first(_ matches: (Record) -> Bool) -> Record? {
        for index in 1..<used where records[index].site != 0 && matches(records[index]) {
            return records[index]
        }
        return nil
    }

    /// Undoes the sites within a range. A springboard's gap stays as it is: nothing leads there.
    func takeBack(_ range: Range<UInt64>, in space: AddressSpace) {
        for index in 1..<used where records[index].site != 0 && range.contains(records[index].site)
        {
            let record = records[index]
            records[index].site = 0
            let site = VirtualAddress(rawValue: record.site)
            guard let frame = space.presentFrame(at: site), Frames.shareCount(frame) == 1 else {
                continue
            }
            frame.withMutableBytes { bytes in
                switch record.kind {
                case .move:
                    let at = site.pageOffset - CallSite.jumpByteCount
                    var place = bytes._mutatingExtracting(at..<at + CallSite.jumpByteCount)
                    CallSite.writeMove(to: &place, number: record.number)
                case .springboard:
                    var place = bytes._mutatingExtracting(
                        site.pageOffset..<site.pageOffset + CallSite.systemCallByteCount)
                    place.storeLittleEndian(CallSite.systemCall, at: 0)
                }
            }
        }
        CPU.serialize()
    }
}
