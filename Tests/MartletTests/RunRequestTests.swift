import ArgumentParser
import Testing

@testable import martlet

@Suite("martlet run: the plain reading and the argument parser") struct RunRequestTests {
    private static let options = [
        ["-v"], ["-vv"], ["--verbose"], ["--env", "A=1"], ["--env", "B"], ["--env", "C=x y=z"],
        ["--env=A=1"], ["--workdir", "/tmp"], ["--workdir", "tmp"], ["--workdir=/"],
        ["--memory", "64M"], ["--memory", "64Q"], ["--memory", "1g"], ["--memory=2G"],
        ["--memory", "-1"], ["--file", "a:b"], ["--file", "a"], ["--file", ":b"],
        ["--vmm", "qemu"], ["--vmm", "qemu:q35"], ["--vmm=martlet"], ["--vmm", "xen"],
        ["--rtc", "2026-01-02T03:04:05Z"], ["--rtc", "yesterday"], ["--rtc=@5"],
        ["--core", "file"], ["--product", "name"], ["--product"], ["--core"], ["--core=file"],
        ["--vmm", "qemu:virt"], ["--accelerator", "tcg"],
        ["--vmm", "martlet", "--accelerator", "kvm"],
        ["--file", "-x"], ["--env", "=1"], ["--bogus"], ["-x"], ["--env"], ["--help"], ["-h"],
    ]
    private static let tails = [
        ["program"], ["program", "-v", "--env", "X", "--", "--memory"], ["--", "program", "-v"],
        ["--", "-v"], ["--"], [], [""], ["program", ""],
    ]

    /// What the parser says of a line; `nil` for an error or help.
    private func parsed(_ words: [String]) -> RunRequest? {
        guard let run = try? Martlet.parseAsRoot(["run"] + words) as? Run else { return nil }
        return run.request(words: run.program.map { Array($0.utf8) })
    }
    private func plain(_ words: [String]) -> RunRequest? {
        RunRequest(plain: words.map { Array($0.utf8) }[...])
    }

    @Test("where the plain reading takes a line, the parser reads the same")
    func agrees() {
        var taken = 0
        let options = Self.options + [[]]
        for first in options {
            for second in options.reversed().prefix(1) + options.prefix(9) {
                for tail in Self.tails {
                    let words = first + second + tail
                    guard let request = plain(words) else { continue }
                    taken += 1
                    #expect(request == parsed(words), "\(words)")
                }
            }
        }
        // Enough of them are plain for the comparison to mean something.
        #expect(taken > 200)
    }

    @Test("usual lines are plain")
    func takesUsualLines() {
        #expect(plain(["program"]) != nil)
        #expect(plain(["-v", "--memory", "64M", "--env", "A=1", "program", "-x"]) != nil)
    }

    @Test("what follows the program is the program's")
    func leavesTheRest() {
        let words = ["--", "-v", "--help", "--memory", "1G", ""]
        let request = plain(["-v", "program"] + words)
        #expect(request?.verbosity == 1)
        #expect(request?.arguments == words.map { Array($0.utf8) })
        #expect(parsed(["-v", "program"] + words) == request)
    }

    @Test(
        "sizes of memory are bytes or powers of 1024",
        arguments: [
            ("64M", 64 << 20), ("1G", 1 << 30), ("1g", 1 << 30), ("512K", 512 << 10),
            ("4096", 4096),
            ("0", 0), ("", nil), ("M", nil), ("1T", nil), ("1.5G", nil), ("-1", nil), ("1 G", nil),
            ("99999999999G", nil), ("18446744073709551616", nil),
        ] as [(String, UInt64?)])
    func readsSizes(text: String, byteCount: UInt64?) {
        #expect(MemorySize(argument: text)?.byteCount == byteCount)
    }
}
