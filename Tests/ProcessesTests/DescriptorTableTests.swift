import LinuxABI
import TestSupport
import Testing

@testable import Processes

private final class FakeFile {
    let number: Int
    init(_ number: Int) { self.number = number }
}

@Suite("Descriptor table") struct DescriptorTableTests {
    private func makeTable() -> DescriptorTable<FakeFile> {
        TestArena.prepare()
        return DescriptorTable()
    }

    @Test("the lowest free number is given, as open(2) has it")
    func givesLowest() throws {
        let table = makeTable()
        for number in 0..<200 {
            let given = try table.insert(FakeFile(number), limit: 1024, flags: [])
            #expect(given == Int32(number))
        }
        for number: Int32 in [150, 3, 64] { _ = try table.remove(number) }
        #expect(try table.insert(FakeFile(0), from: 10, limit: 1024, flags: []) == 64)
        #expect(try table.insert(FakeFile(0), limit: 1024, flags: []) == 3)
        #expect(try table.insert(FakeFile(0), limit: 1024, flags: []) == 150)
        #expect(try table.insert(FakeFile(0), limit: 1024, flags: []) == 200)
        #expect(table.count == 201)
    }

    @Test("numbers end below the limit: EMFILE, and EBADF where the number is chosen")
    func keepsLimit() throws {
        let table = makeTable()
        for number in 0..<8 { _ = try table.insert(FakeFile(number), limit: 8, flags: []) }
        #expect(throws: Errno.tooManyFiles) {
            try table.insert(FakeFile(0), limit: 8, flags: [])
        }
        for number: Int32 in [-1, 8, .max] {
            #expect(throws: Errno.badDescriptor) {
                try table.replace(FakeFile(0), at: number, limit: 8, flags: [])
            }
            #expect(throws: Errno.badDescriptor) { try table.file(number) }
            #expect(throws: Errno.badDescriptor) { try table.remove(number) }
        }
        #expect(
            try table.replace(FakeFile(9), at: (1 << 20) - 1, limit: .max, flags: []) == nil)
        #expect(try table.file((1 << 20) - 1).number == 9)
        #expect(table.next(from: 8) == Int32(1_048_575))
    }

    @Test("close-on-exec belongs to the descriptor")
    func keepsFlags() throws {
        let table = makeTable()
        let file = FakeFile(1)
        _ = try table.insert(file, limit: 8, flags: .closeOnExec)
        _ = try table.insert(file, limit: 8, flags: [])
        #expect(try table.flags(0) == .closeOnExec)
        #expect(try table.flags(1) == [])
        try table.setFlags(1, .closeOnExec)
        try table.setFlags(0, [])
        #expect(try table.flags(0) == [])
        #expect(try table.flags(1) == .closeOnExec)
        let replaced = try table.replace(FakeFile(2), at: 1, limit: 8, flags: [])
        #expect(replaced === file)
        #expect(try table.flags(1) == [])
    }

    @Test("any sequence of calls agrees with a dictionary")
    func agreesWithModel() throws {
        let table = makeTable()
        var model: [Int32: Int] = [:]
        var random = SeededRandom(seed: 7)
        for step in 0..<20_000 {
            let number = Int32(truncatingIfNeeded: random.next() % 300)
            switch random.next() % 4 {
            case 0:
                let lowest = (number...).first { model[$0] == nil } ?? 0
                let given = try table.insert(
                    FakeFile(step), from: Int(number), limit: 1024, flags: [])
                #expect(given == lowest)
                model[given] = step
            case 1:
                let old = try table.replace(FakeFile(step), at: number, limit: 1024, flags: [])
                #expect(old?.number == model[number])
                model[number] = step
            case 2:
                let expected = model.removeValue(forKey: number)
                #expect((try? table.remove(number))?.number == expected)
            default:
                #expect((try? table.file(number))?.number == model[number])
                #expect(table.next(from: number) == model.keys.filter { $0 >= number }.min())
            }
        }
        #expect(table.count == model.count)
    }
}
