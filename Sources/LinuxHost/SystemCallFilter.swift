internal import CLinux
package import LinuxABI

/// The system calls that a thread may make, as a program for seccomp(2); any other one kills the
/// process (SIGSYS).
///
/// The kernel tries a new filter with every call number there is, to remember which are always
/// allowed: numbers are found by bisection, which halves the cost of installing.
package struct SystemCallFilter: Sendable {
    /// What a thread may call.
    package enum Rule: Sendable {
        case always(SystemCallNumber)
        /// Where the low half of an argument is one of these.
        case when(SystemCallNumber, argument: Int, isOneOf: [UInt32])
        /// The same of two arguments at once.
        case whenBoth(
            SystemCallNumber, argument: Int, isOneOf: [UInt32], and: Int, isToo: [UInt32])
        /// Where none of these bits is set in an argument.
        case unless(SystemCallNumber, argument: Int, has: UInt32)

        var number: UInt32 {
            switch self {
            case .always(let number), .when(let number, _, _), .unless(let number, _, _),
                .whenBoth(let number, _, _, _, _):
                UInt32(truncatingIfNeeded: number.rawValue)
            }
        }
    }

    /// An instruction of the classic packet filter (linux/filter.h).
    package struct Instruction: Equatable, Sendable {
        package let code: UInt16
        package let onTrue: UInt8
        package let onFalse: UInt8
        package let operand: UInt32
    }
    package let instructions: [Instruction]

    /// Makes the program of a thread. Precondition: rules of different calls, at most 60 of them.
    package init(allowing rules: [Rule]) {
        var assembler = Assembler()
        assembler.load(Offset.architecture)
        assembler.test(.isEqual, Self.architecture, .next, .kill)
        assembler.load(Offset.number)
        assembler.find(rules.sorted { $0.number < $1.number }[...])
        instructions = assembler.finish()
    }

    /// AUDIT_ARCH_X86_64 (linux/audit.h). Calls by the 32-bit entry have another one; those of the
    /// x32 ABI have a bit in their number that no rule has.
    private static let architecture: UInt32 = 0xc000_003e

    /// Byte offsets in struct seccomp_data (linux/seccomp.h).
    fileprivate enum Offset {
        static let number: UInt32 = 0
        static let architecture: UInt32 = 4
        /// The low half of an argument.
        static func argument(_ index: Int) -> UInt32 { 16 + 8 * UInt32(index) }
    }

    /// What the program returns (SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS).
    package static let allow: UInt32 = 0x7fff_0000
    package static let kill: UInt32 = 0x8000_0000

    /// Puts the filter on the calling thread, for ever.
    ///
    /// Precondition: the process gave up new privileges. The VMM runs no foreign code in its own
    /// address space, so the filter does not ask for the CPU's slow protections against that.
    package func install() throws(Errno) {
        // The sanitizers' own calls when they report are not in any list.
        guard clinux_is_sanitized() == 0 else { return }
        var program = instructions.map {
            sock_filter(code: $0.code, jt: $0.onTrue, jf: $0.onFalse, k: $0.operand)
        }
        let count = UInt16(instructions.count)
        let result = unsafe program.withUnsafeMutableBufferPointer { buffer in
            unsafe clinux_install_filter(buffer.baseAddress, count)
        }
        guard result == 0 else { throw .last }
    }
}

/// Builds a program whose jumps know only forward targets.
private struct Assembler {
    enum Target: Equatable {
        case next
        case allow
        case kill
        /// The instruction of this number.
        case at(Int)
    }
    enum Test: UInt16 {
        case isEqual = 0x15  // BPF_JMP | BPF_JEQ | BPF_K
        case isAtLeast = 0x35  // BPF_JMP | BPF_JGE | BPF_K
        case hasAny = 0x45  // BPF_JMP | BPF_JSET | BPF_K
    }
    private static let loadWord: UInt16 = 0x20  // BPF_LD | BPF_W | BPF_ABS
    private static let returnConstant: UInt16 = 0x06  // BPF_RET | BPF_K

    private struct Pending {
        let code: UInt16
        var onTrue: Target = .next
        var onFalse: Target = .next
        let operand: UInt32
    }
    private var pending: [Pending] = []

    mutating func load(_ offset: UInt32) {
        pending.append(Pending(code: Self.loadWord, operand: offset))
    }
    mutating func test(_ test: Test, _ operand: UInt32, _ onTrue: Target, _ onFalse: Target) {
        pending.append(
            Pending(code: test.rawValue, onTrue: onTrue, onFalse: onFalse, operand: operand))
    }

    /// Ends with the rule that has the number in the accumulator. `rules` is sorted by number.
    mutating func find(_ rules: ArraySlice<SystemCallFilter.Rule>) {
        guard rules.count > 2 else {
            for rule in rules { check(rule, isLast: rule.number == rules.last?.number) }
            return
        }
        let middle = rules.startIndex + rules.count / 2
        let branch = pending.count
        test(.isAtLeast, rules[middle].number, .next, .next)
        find(rules[..<middle])
        pending[branch].onTrue = .at(pending.count)
        find(rules[middle...])
    }

    private mutating func check(_ rule: SystemCallFilter.Rule, isLast: Bool) {
        let first = pending.count
        test(.isEqual, rule.number, .next, .kill)
        switch rule {
        case .always: pending[first].onTrue = .allow
        case .when(_, let argument, let values):
            require(argument, values, .allow)
        case .whenBoth(_, let first, let firstValues, let second, let secondValues):
            let tests = pending.count + 1
            require(first, firstValues, .at(tests + firstValues.count))
            require(second, secondValues, .allow)
        case .unless(_, let argument, let bits):
            load(SystemCallFilter.Offset.argument(argument))
            test(.hasAny, bits, .kill, .allow)
        }
        if !isLast { pending[first].onFalse = .at(pending.count) }
    }

    private mutating func require(_ argument: Int, _ values: [UInt32], _ then: Target) {
        load(SystemCallFilter.Offset.argument(argument))
        for value in values {
            test(.isEqual, value, then, value == values.last ? .kill : .next)
        }
    }

    consuming func finish() -> [SystemCallFilter.Instruction] {
        let allow = pending.count
        let kill = allow + 1
        func distance(to target: Target, from index: Int) -> UInt8 {
            let destination =
                switch target {
                case .next: index + 1
                case .allow: allow
                case .kill: kill
                case .at(let number): number
                }
            return UInt8(destination - index - 1)
        }
        var result: [SystemCallFilter.Instruction] = []
        result.reserveCapacity(pending.count + 2)
        for (index, instruction) in pending.enumerated() {
            result.append(
                SystemCallFilter.Instruction(
                    code: instruction.code, onTrue: distance(to: instruction.onTrue, from: index),
                    onFalse: distance(to: instruction.onFalse, from: index),
                    operand: instruction.operand))
        }
        for value in [SystemCallFilter.allow, SystemCallFilter.kill] {
            result.append(
                SystemCallFilter.Instruction(
                    code: Self.returnConstant, onTrue: 0, onFalse: 0, operand: value))
        }
        return result
    }
}
