internal import Base
internal import CPUARM64Assembly

/// What the CPU offers against code that goes astray, all of it in use where it is there.
package struct Hardening: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// FEAT_PAN: the nucleus can't touch a page that EL0 may touch (SCTLR_EL1.SPAN is 0).
    package static let privilegedAccessNever = Self(rawValue: 1 << 0)
    /// FEAT_BTI: an indirect branch within the library OS has to land on an instruction that says so.
    package static let branchTargets = Self(rawValue: 1 << 1)
    /// FEAT_PAuth: return addresses of the library OS are signed while they lie on a stack.
    package static let pointerAuthentication = Self(rawValue: 1 << 2)

    /// What this CPU has (ID_AA64MMFR1_EL1.PAN, ID_AA64PFR1_EL1.BT, ID_AA64ISAR1_EL1.APA and API,
    /// ID_AA64ISAR2_EL1.APA3).
    package static var current: Self {
        var all: Self = []
        if CPU.read(.memoryModel1) >> 20 & 15 != 0 { all.insert(.privilegedAccessNever) }
        if CPU.read(.features1) & 15 != 0 { all.insert(.branchTargets) }
        if CPU.read(.instructions1) >> 4 & 0xff != 0 || CPU.read(.instructions2) >> 12 & 15 != 0 {
            all.insert(.pointerAuthentication)
        }
        return all
    }
    private func member(_ index: Int) -> Self? {
        let all: [3 of Self] = [
            .privilegedAccessNever, .branchTargets, .pointerAuthentication,
        ]
        var left = index
        for place in all.indices where contains(all[place]) {
            if left == 0 { return all[place] }
            left -= 1
        }
        return nil
    }
    /// The names of those in use; `nil` behind the last.
    package func name(_ index: Int) -> StaticString? {
        switch member(index) {
        case .privilegedAccessNever: "PAN"
        case .branchTargets: "BTI"
        case .pointerAuthentication: "pointer authentication"
        default: nil
        }
    }

    // Whether a probe is under way: its fault is answered instead of reported.
    private static let isProbing = Global(false)
    /// Does what the named feature refuses; whether it was refused.
    package func isRefused(_ index: Int) -> Bool {
        switch member(index) {
        case .privilegedAccessNever: Self.refusesProgramPage()
        case .branchTargets: Self.probe { arm64_probe_branch() }
        case .pointerAuthentication: Self.probe { arm64_probe_return() }
        default: false
        }
    }
    /// Whether EL1 is refused a page of EL0's, and not one of its own. FEAT_PAN without FEAT_PAN2 has
    /// no instruction to ask with.
    private static func refusesProgramPage() -> Bool {
        guard CPU.read(.memoryModel1) >> 20 & 15 >= 2 else { return true }
        return CPU.area.isRefusedToNucleus(CPU.area.base)
            && !CPU.area.isRefusedToNucleus(CPU.area.supervisorBase)
    }
    private static func probe(_ attempt: () -> UInt64) -> Bool {
        isProbing.value = true
        defer { isProbing.value = false }
        return attempt() == 0
    }
    /// Ends a probe that was refused: it goes on where X9 says, with 0 in X0.
    static func answer(_ frame: ProgramFrame) -> Bool {
        guard isProbing.value else { return false }
        frame[.pc] = frame[.x9]
        frame[.x0] = 0
        return true
    }
}
