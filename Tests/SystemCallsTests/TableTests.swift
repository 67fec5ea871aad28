import LinuxABI
import Testing

@testable import SystemCalls

@Suite("The call tables") struct TableTests {
    private static func handler(_ number: UInt64, _ abi: ABI) -> UInt {
        unsafeBitCast(SystemCalls.handler(Int(number), on: abi), to: UInt.self)
    }
    private static let unimplemented = unsafeBitCast(
        call_unimplemented as @convention(c) (UInt) -> Int, to: UInt.self)

    @Test("a call has one handler, by whatever number a program makes it")
    func sameHandlers() {
        var count = 0
        for call in SystemCallNumber.allCases {
            guard let x86 = call.number(on: .x86_64), let arm = call.number(on: .arm64) else {
                continue
            }
            #expect(Self.handler(x86, .x86_64) == Self.handler(arm, .arm64), "\(call)")
            if Self.handler(x86, .x86_64) != Self.unimplemented { count += 1 }
        }
        #expect(count > 150)
    }
    @Test("a number that is no call's has no handler", arguments: ABI.allCases)
    func otherNumbers(abi: ABI) {
        let numbers = Set(SystemCallNumber.allCases.compactMap { $0.number(on: abi) })
        for number in 0..<UInt64(464) where !numbers.contains(number) {
            #expect(Self.handler(number, abi) == Self.unimplemented)
        }
    }
}
