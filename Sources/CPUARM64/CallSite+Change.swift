package import Base

// What the process's list of sites, which is the same on every CPU, asks of the machine.
extension CallSite {
    /// How far above the start of an area of stubs its sites may be: what `b` spans.
    package static let reach = UInt64(Instruction.branchReach) - UInt64(Page.size)
    /// Whether stubs have an instruction for calls themselves, which a call may then come from.
    package static let callsComeFromStubs = true
    /// Whether there are addresses outside stubs that `leadsOver` tells.
    package static let hasSpringboards = false

    /// Where registers were caught on the way from a site into the library OS: here a site is never
    /// come to but by its own address.
    package enum Found: Sendable {
        case entry
        case springboard
    }
}

extension CallSite.Plan {
    /// Whether all that changes is in the site's page, so that it comes and goes together.
    package func isWithinPage(of site: VirtualAddress) -> Bool { self != .none }
    /// Writes the stub of the site at `site`; returns whether all is within reach. The entry's
    /// address is in the CPU's area.
    @_lifetime(bytes: copy bytes)
    package func writeStub(
        to bytes: inout MutableRawSpan, at stub: VirtualAddress, site: VirtualAddress,
        entry: VirtualAddress
    ) -> Bool {
        guard case .branch(let number) = self else { return false }
        return CallSite.writeStub(to: &bytes, at: stub, site: site, number: number)
    }
    /// Makes the site a branch to its stub; returns whether that is within reach. Precondition: `page`
    /// holds the site's page, and `isWithinPage`.
    @_lifetime(page: copy page)
    package func apply(
        to page: inout MutableRawSpan, site: VirtualAddress, stub: VirtualAddress
    ) -> Bool {
        let distance = Int64(bitPattern: stub.rawValue &- site.rawValue)
        guard case .branch = self, let branch = Instruction.branch(by: distance) else {
            return false
        }
        page.storeLittleEndian(branch, at: site.pageOffset)
        return true
    }
    /// Gives the site its own instruction back. Precondition: as for `apply`.
    @_lifetime(page: copy page)
    package func undo(in page: inout MutableRawSpan, site: VirtualAddress) {
        page.storeLittleEndian(Instruction.systemCall, at: site.pageOffset)
    }
    /// Whether an address outside the stub is on the way to it.
    package func leadsOver(_ address: VirtualAddress, from site: VirtualAddress) -> Bool { false }
}

extension ProgramFrame {
    /// Moves registers that were caught in a site's stub to the site, or behind it once the call was
    /// made; `offset` is where in the stub.
    package func leaveStub(
        at offset: Int?, of plan: CallSite.Plan, site: VirtualAddress
    ) -> CallSite.Found {
        leaveStub(at: offset ?? 0, of: plan, site: site) { CPU.area.callLink }
    }
    /// The same, with what the CPU's area holds of X30 (DATA_CALL_X30).
    func leaveStub(
        at offset: Int, of plan: CallSite.Plan, site: VirtualAddress, savedLink: () -> UInt64
    ) -> CallSite.Found {
        guard case .branch(let number) = plan else { return .entry }
        let value = UInt64(number)
        let position = offset / Instruction.byteCount
        instruction = site
        // What was executed before this word is taken back.
        switch position {
        case CallSite.Word.subtract, CallSite.Word.systemCall: break
        case CallSite.Word.unlessZero, CallSite.Word.miss: self[.x8] &+= value
        case CallSite.Word.backFromCall:
            instruction = VirtualAddress(
                rawValue: site.rawValue &+ UInt64(CallSite.systemCallByteCount))
        case CallSite.Word.tail, CallSite.Word.back:
            self[.x8] = value
            instruction = VirtualAddress(
                rawValue: site.rawValue &+ UInt64(CallSite.systemCallByteCount))
        default:
            self[.x8] = value
            if position > CallSite.Word.mask { self[.pstate] &= ~Self.interruptMask }
            if position > CallSite.Word.loadEntry { self[.x30] = savedLink() }
        }
        return .entry
    }
    /// I and F of PSTATE.
    private static var interruptMask: UInt64 { 0xc0 }
}
