import Base
import LinuxABI
import TestSupport
import Testing

@testable import Files

@Suite("Paths that were looked for in vain", .serialized) struct MissingFilesTests {
    private func told(_ body: (Tree) throws -> Void) throws -> [String] {
        let tree = try Tree()
        var paths: [String] = []
        MissingFiles.tell { path in
            paths.append(
                String(decoding: (0..<path.byteCount).map { path.byte(at: $0) }, as: UTF8.self))
        }
        defer { MissingFiles.tell(nil) }
        try body(tree)
        return paths
    }

    @Test("are told once, absolute, with what follows a missing directory")
    func once() throws {
        let paths = try told { tree in
            for path in ["/absent", "/absent", "/dir/missing/below", "/absent/", "/etc/no/../such"]
            {
                #expect(throws: Errno.noSuchFile) { try tree.open(path, []) }
            }
        }
        #expect(paths == ["/absent", "/dir/missing/below", "/etc/no/../such"])
    }
    @Test("are not those that are made, or that are there")
    func made() throws {
        let paths = try told { tree in
            _ = try tree.open("/new", [.create, .writeOnly])
            _ = try tree.open("/new", [])
        }
        #expect(paths.isEmpty)
    }
    @Test("are so many at most, however many there are")
    func bounded() throws {
        let paths = try told { tree in
            for number in 0..<2000 { _ = try? tree.open("/\(number)", []) }
        }
        #expect(paths.count == 384)
        #expect(Set(paths).count == 384)
    }
}
