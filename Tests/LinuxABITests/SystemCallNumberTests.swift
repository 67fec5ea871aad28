import LinuxABI
import Testing

@Suite("System call numbers") struct SystemCallNumberTests {
    @Test("no two calls have one number", arguments: ABI.allCases)
    func numbersDiffer(abi: ABI) {
        let numbers = SystemCallNumber.allCases.compactMap { $0.number(on: abi) }
        #expect(Set(numbers).count == numbers.count)
    }
    @Test("a number leads back to its call", arguments: ABI.allCases)
    func roundTrip(abi: ABI) {
        for call in SystemCallNumber.allCases {
            guard let number = call.number(on: abi) else { continue }
            #expect(SystemCallNumber(number, on: abi) == call)
        }
        #expect(SystemCallNumber(1 << 40, on: abi) == nil)
        #expect(SystemCallNumber(.max, on: abi) == nil)
    }
    @Test("calls newer than Linux 5.0 have one number everywhere")
    func sharedNumbers() {
        for call in SystemCallNumber.allCases where (call.number(on: .x86_64) ?? 0) >= 424 {
            #expect(call.number(on: .arm64) == call.number(on: .x86_64))
        }
    }

    @Test(
        "numbers are those of the kernel's headers, and all of them",
        .enabled(if: KernelHeaders.exist, "no C compiler with headers for each architecture"),
        arguments: ABI.allCases)
    func headers(abi: ABI) throws {
        let headers = try #require(KernelHeaders(abi))
        let macros = try headers.macros("asm/unistd.h")
        var expected: [String: UInt64] = [:]
        for (name, text) in macros where name.hasPrefix("__NR_") {
            // Some are named by way of another macro (__NR3264_fcntl).
            expected[String(name.dropFirst(5))] = UInt64(macros[text] ?? text)
        }
        // Not calls but bounds of the table.
        expected["syscalls"] = nil
        expected["arch_specific_syscall"] = nil
        let newest = try #require(expected.values.max())
        #expect(newest >= 450)
        var found: [String: UInt64] = [:]
        for call in SystemCallNumber.allCases {
            guard let number = call.number(on: abi), number <= newest else { continue }
            found["\(call.name)"] = number
        }
        #expect(found.filter { expected[$0.key] != $0.value } == [:])
        // Newer headers have more, and uretprobe (335) in between.
        #expect(
            expected.filter { found[$0.key] == nil && $0.value <= 450 && $0.value != 335 } == [:])
    }
}
