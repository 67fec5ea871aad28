import Base
import Files
import LinuxABI
import Testing

@testable import Insight

@Suite("Folders of /proc") struct SubjectTests {
    private static func number(_ name: String) -> Int32? {
        let bytes = Array(name.utf8)
        return bytes.span.bytes.decimalName
    }
    @Test("a number is decimal, without leading zeroes or signs")
    func numbers() {
        #expect(Self.number("0") == 0)
        #expect(Self.number("1") == 1)
        #expect(Self.number("4194303") == 4_194_303)
        for name in ["", "01", "00", "-1", "+1", "1 ", " 1", "self", "1a", "12345678"] {
            #expect(Self.number(name) == nil, "\(name)")
        }
    }
    @Test("each name is there once; children are told of threads alone, io of processes")
    func names() {
        func names(_ scope: Subject.Scope) -> [String] {
            ProcessFile.all(in: scope).map { "\($0.name)" }
        }
        let (processes, threads) = (names(.process), names(.thread))
        #expect(Set(processes).count == processes.count && Set(threads).count == threads.count)
        #expect(Set(processes).subtracting(threads) == ["task", "io"])
        #expect(Set(threads).subtracting(processes) == ["children"])
        // A folder's number and each file's have a byte.
        #expect(processes.count < 255)
    }
    @Test("modes are those of fs/proc/base.c")
    func modes() {
        var modes: [String: UInt32] = [:]
        for file in ProcessFile.all(in: .process) { modes["\(file.name)"] = file.mode }
        for name in ["environ", "auxv", "personality", "mountstats", "pagemap", "io"] {
            #expect(modes[name] == 0o400, "\(name)")
        }
        for name in ["comm", "sched", "oom_adj", "oom_score_adj", "loginuid", "uid_map"] {
            #expect(modes[name] == 0o644, "\(name)")
        }
        #expect(modes["fd"] == 0o500 && modes["fdinfo"] == 0o555 && modes["task"] == 0o555)
        #expect(modes["mem"] == 0o600 && modes["exe"] == 0o777 && modes["maps"] == 0o444)
    }
}
