/// How an instruction reaches memory.
package enum MemoryAccess: Sendable {
    case read
    case write
    case execute
}

/// What an instruction of the program did that its CPU refused, by whatever name the CPU has for it.
package enum ProgramFault: Equatable, Sendable {
    /// An access that the page tables do not allow.
    case access(MemoryAccess, at: VirtualAddress)
    case illegalInstruction(Illegality)
    /// A breakpoint instruction, with its address where Linux tells that on this CPU.
    case breakpoint(at: VirtualAddress?)
    /// A breakpoint or watchpoint register.
    case hardwareBreakpoint(at: VirtualAddress)
    /// One instruction was executed, as asked for.
    case step
    case alignment(at: VirtualAddress)
    case integerDivision
    /// A floating-point exception that is not masked; without a reason where the CPU had no unit.
    case floatingPoint(FloatError?)
    /// Memory that does not answer, or a segment: with its address where Linux tells that.
    case bus(at: VirtualAddress?)
    /// Whatever else the program may not do.
    case violation

    package enum Illegality: Sendable {
        case instruction
        case operand
    }
    package enum FloatError: Sendable {
        case invalid
        case division
        case overflow
        case underflow
        case inexact
        case unknown
    }
}

/// Why code of the library OS stopped, for the crash screen.
package enum LibraryFault: Sendable {
    case named(StaticString)
    case access(MemoryAccess, Refusal)
    /// An exception by its number alone.
    case numbered(UInt64)
    /// No exception at all.
    case none

    package enum Refusal: Sendable {
        case notMapped
        case notPermitted
    }
}
