import Base
import LinuxABI
import TestSupport
import Testing

@testable import Files

@Suite("record locks (fcntl(2))", .serialized) struct RecordLockTests {
    /// What each of three owners holds of sixteen bytes, byte by byte.
    private struct Model {
        var kinds = [[RecordLock.Kind]](
            repeating: [RecordLock.Kind](repeating: .none, count: 16), count: 3)

        func isInTheWay(_ lock: RecordLock, of owner: Int) -> Bool {
            for other in 0..<3 where other != owner {
                for byte in Int(lock.first)...Int(lock.last) {
                    let held = kinds[other][byte]
                    if held != .none, held == .exclusive || lock.kind == .exclusive { return true }
                }
            }
            return false
        }
    }

    private final class Descriptors {}

    @Test(
        "any sequence of locks holds what a table of bytes holds",
        arguments: 0..<20 as Range<UInt64>)
    func model(seed: UInt64) throws {
        let tree = try Tree()
        try tree.write("/file", "0123456789abcdef")
        let files = [try tree.open("/file", .readWrite), try tree.open("/file", .readWrite)]
        let node = files[0].node
        let process = RecordLockHolder(descriptors: Descriptors(), process: 1)
        OpenFile.setLockHolder { process }
        let owners = [process, RecordLockHolder(files[0]), RecordLockHolder(files[1])]
        var model = Model()
        var random = SeededRandom(seed: seed)
        for _ in 0..<2000 {
            let owner = Int.random(in: 0..<3, using: &random)
            let first = Int64.random(in: 0..<16, using: &random)
            let last = Int64.random(in: first..<16, using: &random)
            let kind = [RecordLock.Kind.shared, .exclusive, .none].randomElement(using: &random)
            let lock = RecordLock(kind ?? .none, first, last)
            let isFree = node.recordLocks.conflict(with: lock, of: owners[owner]) == nil
            let expected = lock.kind == .none || !model.isInTheWay(lock, of: owner)
            #expect(isFree == expected)
            guard isFree else { continue }
            node.recordLocks.set(lock, of: owners[owner])
            for byte in Int(first)...Int(last) { model.kinds[owner][byte] = lock.kind }
        }
        files[0].release()
        files[1].release()
        #expect(node.recordLocks.isEmpty)
    }
}
