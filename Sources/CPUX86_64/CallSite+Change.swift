package import Base

// What the process's list of sites, which is the same on every CPU, asks of the machine.
extension CallSite {
    /// How far above the start of an area of stubs its sites may be: what `jmp rel32` spans.
    package static let reach: UInt64 = 1 << 31 - UInt64(2 * Page.size)
    /// Whether stubs have an instruction for calls themselves, which a call may then come from.
    package static let callsComeFromStubs = false
    /// Whether there are addresses outside stubs that `leadsOver` tells.
    package static let hasSpringboards = true

    /// Where registers were caught on the way from a site into the library OS.
    package enum Found: Sendable {
        /// On a way that leads past the site's own `syscall`.
        case entry
        /// Behind a site that is a jump itself.
        case springboard
    }
}

extension CallSite.Plan {
    /// Whether all that changes is in the site's page, so that it comes and goes together.
    package func isWithinPage(of site: VirtualAddress) -> Bool {
        switch self {
        case .none: return false
        case .move, .earlierMove: return site.pageOffset >= behindMove + CallSite.jumpByteCount
        case .springboard(let offset, let byteCount):
            let board = springboard(offset, site)
            return board.pageDown == site.pageDown && board.pageOffset + byteCount <= Page.size
                && site.pageOffset + CallSite.systemCallByteCount <= Page.size
        }
    }
    /// Writes the stub of the site at `site`; returns whether all is within reach.
    @_lifetime(bytes: copy bytes)
    package func writeStub(
        to bytes: inout MutableRawSpan, at stub: VirtualAddress, site: VirtualAddress,
        entry: VirtualAddress
    ) -> Bool {
        switch self {
        case .move(let number):
            CallSite.writeStub(to: &bytes, at: stub, site: site, number: number, entry: entry)
        case .earlierMove(let number, let between):
            CallSite.writeStub(
                to: &bytes, at: stub, site: site, number: number, between: between, entry: entry)
        case .springboard, .none:
            CallSite.writeStub(to: &bytes, at: stub, site: site, number: nil, entry: entry)
        }
    }
    /// Bytes between the end of the move that is replaced and the site.
    fileprivate var behindMove: Int {
        if case .earlierMove(_, let between) = self { between.byteCount } else { 0 }
    }
    /// Makes the site a jump to its stub; returns whether that is within reach. Precondition: `page`
    /// holds the site's page, and `isWithinPage`.
    @_lifetime(page: copy page)
    package func apply(
        to page: inout MutableRawSpan, site: VirtualAddress, stub: VirtualAddress
    ) -> Bool {
        switch self {
        case .none: return false
        case .move, .earlierMove:
            guard let jump = site.retreated(by: UInt64(behindMove + CallSite.jumpByteCount)) else {
                return false
            }
            var place = page._mutatingExtracting(
                jump.pageOffset..<jump.pageOffset + CallSite.jumpByteCount)
            return CallSite.writeJump(to: &place, at: jump, target: stub)
        case .springboard(let offset, let byteCount):
            guard let short = CallSite.shortJump(by: offset) else { return false }
            let board = springboard(offset, site)
            var gap = page._mutatingExtracting(board.pageOffset..<board.pageOffset + byteCount)
            guard CallSite.writeJump(to: &gap, at: board, target: stub) else { return false }
            // What is left of a long nop's bytes would be read as other instructions.
            for index in CallSite.jumpByteCount..<byteCount {
                gap.storeLittleEndian(CallSite.filler, at: index)
            }
            page.storeLittleEndian(short, at: site.pageOffset)
            return true
        }
    }
    /// Gives the site its own bytes back. A springboard's gap stays as it is: nothing leads there.
    /// Precondition: as for `apply`.
    @_lifetime(page: copy page)
    package func undo(in page: inout MutableRawSpan, site: VirtualAddress) {
        switch self {
        case .none: break
        case .move(let number), .earlierMove(let number, _):
            let start = site.pageOffset - behindMove - CallSite.jumpByteCount
            var place = page._mutatingExtracting(start..<start + CallSite.jumpByteCount)
            CallSite.writeMove(to: &place, number: number)
        case .springboard: page.storeLittleEndian(CallSite.systemCall, at: site.pageOffset)
        }
    }
    /// Whether an address outside the stub is on the way to it.
    package func leadsOver(_ address: VirtualAddress, from site: VirtualAddress) -> Bool {
        guard case .springboard(let offset, _) = self else { return false }
        return address == springboard(offset, site)
    }
    private func springboard(_ offset: Int, _ site: VirtualAddress) -> VirtualAddress {
        VirtualAddress(rawValue: site.rawValue &+ UInt64(bitPattern: Int64(offset)))
    }
}

extension ProgramFrame {
    /// Moves registers that were caught on the way from a site back to it; `offset` is where in its
    /// stub, `nil` before it.
    package func leaveStub(
        at offset: Int?, of plan: CallSite.Plan, site: VirtualAddress
    ) -> CallSite.Found {
        instruction = site
        switch plan {
        case .move(let number): result = UInt64(number)
        case .earlierMove(let number, let between):
            // Those between are gone back to where they stay.
            let passed = max(0, (offset ?? 0) - CallSite.jumpByteCount)
            if passed == 0 { result = UInt64(number) }
            instruction = VirtualAddress(
                rawValue: site.rawValue &- UInt64(max(0, between.byteCount - passed)))
        case .springboard, .none: return .springboard
        }
        return .entry
    }
}

extension CPU {
    /// Makes stores to code reach the memory that instructions are fetched from: on x86-64 they do.
    package static func cleanCode(at address: VirtualAddress, byteCount: Int) {}
}
