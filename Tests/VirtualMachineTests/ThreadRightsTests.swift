import LinuxABI
import LinuxHost
import Testing

@testable import VirtualMachine

@Suite("threads' rights") struct ThreadRightsTests {
    /// A system call as the filter sees it (struct seccomp_data), and what the program makes of it.
    private struct Call {
        var number: UInt32
        var architecture: UInt32 = 0xc000_003e
        var arguments: [UInt64] = [0, 0, 0, 0, 0, 0]

        func word(at offset: UInt32) -> UInt32 {
            switch offset {
            case 0: number
            case 4: architecture
            default:
                UInt32(
                    truncatingIfNeeded: arguments[Int(offset - 16) / 8]
                        >> UInt64(
                            (offset - 16) % 8 * 8))
            }
        }
    }
    /// The kernel's interpreter of classic filters, as far as ours go.
    private func decide(_ filter: SystemCallFilter, _ call: Call) -> UInt32 {
        var accumulator: UInt32 = 0
        var at = 0
        while true {
            let instruction = filter.instructions[at]
            at += 1
            switch instruction.code {
            case 0x20: accumulator = call.word(at: instruction.operand)
            case 0x06: return instruction.operand
            case 0x15, 0x35, 0x45:
                let holds =
                    switch instruction.code {
                    case 0x15: accumulator == instruction.operand
                    case 0x35: accumulator >= instruction.operand
                    default: accumulator & instruction.operand != 0
                    }
                at += Int(holds ? instruction.onTrue : instruction.onFalse)
            default:
                Issue.record("unknown instruction \(instruction.code)")
                return SystemCallFilter.kill
            }
        }
    }

    @Test("a filter allows what is in its list, and no other number", arguments: [true, false])
    func allowsTheList(isProcessor: Bool) {
        let rights: ThreadRights = isProcessor ? .processor : .devices
        let filter = SystemCallFilter(allowing: rights.rules)
        var always: [UInt32] = []
        for case .always(let number) in rights.rules { always.append(UInt32(number.rawValue)) }
        for number in UInt32(0)..<600 {
            var call = Call(number: number)
            // Arguments that no conditional rule accepts.
            call.arguments = [UInt64](repeating: 7, count: 6)
            let expected =
                always.contains(number) ? SystemCallFilter.allow : SystemCallFilter.kill
            #expect(decide(filter, call) == expected, "call \(number)")
            // x32's numbers, and those of the 32-bit entry.
            call.number = number | 0x4000_0000
            #expect(decide(filter, call) == SystemCallFilter.kill)
            call.number = number
            call.architecture = 0x4000_0003
            #expect(decide(filter, call) == SystemCallFilter.kill)
        }
    }

    @Test("memory is never made executable", arguments: [SystemCallNumber.mmap, .mprotect])
    func executableMemory(number: SystemCallNumber) {
        for rights in [ThreadRights.processor, .devices] {
            let filter = SystemCallFilter(allowing: rights.rules)
            for protection in UInt64(0)..<8 {
                let call = Call(
                    number: UInt32(number.rawValue), arguments: [0, 4096, protection, 0, 0, 0])
                #expect(
                    decide(filter, call)
                        == (protection & 4 == 0 ? SystemCallFilter.allow : SystemCallFilter.kill))
            }
        }
    }

    @Test("the CPU's thread may run the guest, and make no other machine")
    func requests() {
        let filter = SystemCallFilter(allowing: ThreadRights.processor.rules)
        func isAllowed(_ request: UInt64) -> Bool {
            let call = Call(
                number: UInt32(SystemCallNumber.ioctl.rawValue),
                arguments: [8, request, 0, 0, 0, 0])
            return decide(filter, call) == SystemCallFilter.allow
        }
        #expect(isAllowed(0xae80))  // KVM_RUN
        #expect(!isAllowed(0xae01))  // KVM_CREATE_VM
        #expect(!isAllowed(0x4020_ae46))  // KVM_SET_USER_MEMORY_REGION
        #expect(!isAllowed(0x5412))  // TIOCSTI
    }

    @Test("the devices' thread stops its own process and signals no other")
    func signals() {
        let filter = SystemCallFilter(allowing: ThreadRights.devices.rules)
        func isAllowed(_ process: Int32, _ signal: UInt64) -> Bool {
            let call = Call(
                number: UInt32(SystemCallNumber.kill.rawValue),
                arguments: [UInt64(UInt32(bitPattern: process)), signal, 0, 0, 0, 0])
            return decide(filter, call) == SystemCallFilter.allow
        }
        for signal in UInt64(1)...64 {
            #expect(isAllowed(Host.processIdentity, signal) == (19...22).contains(signal))
            #expect(!isAllowed(1, signal))
            #expect(!isAllowed(0, signal))
            #expect(!isAllowed(-1, signal))
        }
    }

    @Test("a list of every length finds its calls")
    func everyLength() {
        let numbers = SystemCallNumber.allCases.prefix(40)
        for count in 1...40 {
            let filter = SystemCallFilter(
                allowing: numbers.prefix(count).reversed().map { .always($0) })
            for number in UInt32(0)..<60 {
                let isListed = numbers.prefix(count).contains { $0.rawValue == UInt64(number) }
                #expect(
                    decide(filter, Call(number: number))
                        == (isListed ? SystemCallFilter.allow : SystemCallFilter.kill))
            }
        }
    }
}
