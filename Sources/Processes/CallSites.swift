internal import Base
package import Hardware
internal import LinuxABI
package import Memory
internal import NucleusInterface
internal import Trace

/// The system-call sites of a process that were made jumps (Documentation/Decisions, "System calls
/// as jumps").
///
/// A site is looked at when its fifth call came by the CPU's instruction for it (`syscall`): most sites
/// of a program's start run only a few times. Its page becomes the process's own; a stub in an area
/// near the text passes where to go on and jumps into the library OS. The program only ever sees its
/// own addresses: `restore` moves registers that were caught on the way back to the site. What is
/// changed, and how, the CPU module says by `CallSite`; all of it lies in the site's page, so that it
/// comes and goes together.
package final class CallSites {
    /// Whether sites may be changed at all (`--no-rewrite` says no).
    package enum Policy: Sendable {
        case change
        case leave
    }
    private let space: AddressSpace
    let policy: Policy
    private var areas = InlineArray<16, StubArea?>(repeating: nil)
    private var areaCount = 0
    /// How often sites called, by a hash of their address; what is more than `callsBefore` counts no
    /// further. Where two sites share a hash, both are looked at earlier.
    private var calls = InlineArray<256, UInt8>(repeating: 0)
    private static let callsBefore: UInt8 = 4
    /// Sites that stay as they are, by a hash of their address, so that they are read once only.
    private var refused = InlineArray<64, UInt64>(repeating: 0)
    /// Threads of the process that are traced: while there are some, all sites are as they were.
    private var tracedCount = 0
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
    /// The sites of a space that is a copy of this one's (fork(2)). ENOMEM.
    func copy(for space: AddressSpace) throws(Errno) -> CallSites {
        let new = CallSites(of: space, policy)
        for index in 0..<areaCount {
            try KernelReserve.admit()
            new.areas[index] = try areas[index]?.copy()
            new.areaCount = index + 1
        }
        new.calls = calls
        new.refused = refused
        new.count = count
        return new
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

    /// Looks at the site whose instruction the program just executed, and makes it a jump if it can
    /// be and called often enough.
    @export(interface)
    package func arrive(_ frame: ProgramFrame) {
        slowCallCount += 1
        if CallSite.callsComeFromStubs, restore(frame) != nil { return }
        guard policy == .change, tracedCount == 0,
            let site = frame.instruction.retreated(by: UInt64(CallSite.systemCallByteCount))
        else { return }
        let counter = Int(truncatingIfNeeded: site.rawValue ^ site.rawValue >> 8) & 255
        guard calls[counter] == Self.callsBefore else {
            calls[counter] += 1
            return
        }
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
        case .exitGroup, .execve, .execveat, .rtSigreturn: true
        default: false
        }
    }

    /// Whether the site is a jump now.
    private func change(
        _ site: VirtualAddress, _ number: UInt32, within text: Range<UInt64>
    ) throws(Errno) -> Bool {
        guard !isChanged(site) else { return false }
        let plan = try plan(site, number, within: text)
        guard plan.isWithinPage(of: site) else { return false }
        let frame = try space.textFrame(at: site.pageDown)
        guard let stub = try makeStub(.init(site: site.rawValue, plan: plan)) else {
            return false
        }
        let isWritten = frame.withMutableBytes { plan.apply(to: &$0, site: site, stub: stub) }
        // All of it: the page may be a copy that was made just now.
        CPU.cleanCode(at: site.pageDown, byteCount: Page.size)
        CPU.serialize()
        return isWritten
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

    /// Whether the site at an address has a stub.
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
        guard let area = try StubArea(below: text.start, of: site, in: space) else { return nil }
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

    /// Gives the program all of its own bytes back while a thread is traced: the tracer is told of each call,
    /// and may write instructions of its own.
    func beginTracing() {
        tracedCount += 1
        guard tracedCount == 1 else { return }
        for index in 0..<areaCount { areas[index]?.takeBackForTracing(in: space) }
    }
    func endTracing() {
        tracedCount -= 1
        guard tracedCount == 0 else { return }
        for index in 0..<areaCount { areas[index]?.forgetTakenBack() }
    }

    /// Whether a page has sites that were made jumps.
    func hasSites(in page: VirtualAddress) -> Bool {
        guard count > 0 else { return false }
        for index in 0..<areaCount where areas[index]?.hasSites(in: page) == true { return true }
        return false
    }
    /// Puts the program's own bytes into a copy of a page of its text.
    func showOriginal(_ copy: inout MutableRawSpan, of page: VirtualAddress) {
        for index in 0..<areaCount { areas[index]?.showOriginal(&copy, of: page) }
    }

    /// Moves registers that were caught on the way from a site into the library OS back to the site,
    /// as if it were about to be executed.
    @export(interface)
    package func restore(_ frame: ProgramFrame) -> CallSite.Found? {
        let isAtEntry = frame.instruction == CPU.area.callEntry
        if isAtEntry { frame.returnToSite() }
        for index in 0..<areaCount {
            guard let found = areas[index]?.find(at: frame.instruction) else { continue }
            return frame.leaveStub(
                at: found.offset, of: found.record.plan,
                site: VirtualAddress(rawValue: found.record.site))
        }
        return isAtEntry ? .entry : nil
    }
}

/// Stubs in a range of program memory near a text, and what each stands for.
final class StubArea {
    struct Record: BitwiseCopyable {
        /// The site's address; 0 where its text is gone.
        var site: UInt64
        var plan: CallSite.Plan
        /// Whether the site leads here: it does not while the program is traced, but a thread may still be
        /// on its way.
        var isInUse = true
    }

    private static let byteCount = UInt64(Page.size)
    private static let stubsPerArea = Int(byteCount) / CallSite.stubByteCount

    private let start: VirtualAddress
    private var records: FixedBuffer<Record>

    private init(_ start: VirtualAddress, _ records: consuming FixedBuffer<Record>, used: Int) {
        self.start = start
        self.records = records
        self.used = used
    }
    /// The same area of a copy of the space. ENOMEM.
    func copy() throws(Errno) -> StubArea {
        let nothing = Record(site: 0, plan: .none)
        guard let records = records.grown(to: records.count, filling: nothing) else {
            throw .outOfMemory
        }
        let copy = StubArea(start, records, used: used)
        copy.forgetTakenBack()
        return copy
    }
    // The first slot holds the entry's address.
    private var used = 1

    /// Maps an area below a text; `nil` where no room is near enough to a site of it.
    init?(
        below text: VirtualAddress, of site: VirtualAddress, in space: AddressSpace
    ) throws(Errno) {
        guard let start = space.freeRange(below: text, byteCount: Self.byteCount),
            site.rawValue - start.rawValue < CallSite.reach
        else { return nil }
        let nothing = Record(site: 0, plan: .none)
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
        // A fork's other half has other stubs.
        let frame = try space.ownFrame(at: stub.pageDown, for: .execute)
        let isWritten = frame.withMutableBytes { bytes in
            var place = bytes._mutatingExtracting(
                stub.pageOffset..<stub.pageOffset + CallSite.stubByteCount)
            return record.plan.writeStub(
                to: &place, at: stub, site: VirtualAddress(rawValue: record.site), entry: start)
        }
        guard isWritten else { return nil }
        CPU.cleanCode(at: stub, byteCount: CallSite.stubByteCount)
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

    func find(site: UInt64) -> Record? { first { $0.isInUse && $0.site == site } }
    /// The record of what is at an address: a stub, with the offset in it, or what leads there.
    func find(at address: VirtualAddress) -> (record: Record, offset: Int?)? {
        if address >= start, address.rawValue < start.rawValue + Self.byteCount {
            let offset = Int(address.rawValue - start.rawValue)
            let index = offset / CallSite.stubByteCount
            guard index > 0, index < used, records[index].site != 0 else { return nil }
            return (records[index], offset % CallSite.stubByteCount)
        }
        guard CallSite.hasSpringboards else { return nil }
        let record = first { $0.plan.leadsOver(address, from: VirtualAddress(rawValue: $0.site)) }
        return record.map { ($0, nil) }
    }
    private func first(_ matches: (Record) -> Bool) -> Record? {
        for index in 1..<used where records[index].site != 0 && matches(records[index]) {
            return records[index]
        }
        return nil
    }

    func hasSites(in page: VirtualAddress) -> Bool {
        first { $0.isInUse && VirtualAddress(rawValue: $0.site).pageDown == page } != nil
    }
    /// Undoes the sites of a page in a copy of it.
    func showOriginal(_ copy: inout MutableRawSpan, of page: VirtualAddress) {
        for index in 1..<used where records[index].site != 0 && records[index].isInUse {
            let site = VirtualAddress(rawValue: records[index].site)
            if site.pageDown == page { records[index].plan.undo(in: &copy, site: site) }
        }
    }

    /// Undoes the sites within a range.
    func takeBack(_ range: Range<UInt64>, in space: AddressSpace) {
        for index in 1..<used where range.contains(records[index].site) {
            let record = records[index]
            records[index].site = 0
            undo(record, in: space)
        }
        CPU.serialize()
    }
    private func undo(_ record: Record, in space: AddressSpace) {
        let site = VirtualAddress(rawValue: record.site)
        guard record.site != 0, record.isInUse, space.presentFrame(at: site) != nil,
            let frame = try? space.ownFrame(at: site.pageDown, for: .execute)
        else { return }
        frame.withMutableBytes { record.plan.undo(in: &$0, site: site) }
        CPU.cleanCode(at: site, byteCount: CallSite.systemCallByteCount)
    }
    /// Undoes all sites, and keeps what is known of them for who is on the way.
    func takeBackForTracing(in space: AddressSpace) {
        for index in 1..<used {
            undo(records[index], in: space)
            records[index].isInUse = false
        }
        CPU.serialize()
    }
    /// Forgets the sites that are not in use.
    func forgetTakenBack() {
        for index in 1..<used where !records[index].isInUse { records[index].site = 0 }
    }
}
