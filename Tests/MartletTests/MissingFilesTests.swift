import Testing

@testable import martlet

@Suite("files that the program looked for in vain") struct MissingFilesTests {
    private func lines(_ paths: [String], here: Set<String>) -> [String] {
        MissingFilesReport.lines(of: paths.map { Array($0.utf8) }) {
            here.contains(String(decoding: $0, as: UTF8.self))
        }
    }

    @Test("are listed once, where the host has them")
    func once() {
        let here: Set = ["/a", "/b"]
        #expect(lines(["/a", "/x", "/a"], here: here).dropFirst() == ["  --file /a"])
        #expect(lines(["/x"], here: here).isEmpty)
        #expect(lines([], here: here).isEmpty)
    }
    @Test("are not those of the library OS, or of the dynamic linker's cache")
    func notOwn() {
        let own = ["/proc/cpuinfo", "/sys", "/dev/null", "/etc/ld.so.cache"]
        #expect(lines(own, here: Set(own)).isEmpty)
        #expect(lines(["/devices"], here: ["/devices"]).count == 2)
    }
    @Test("are words that a shell reads as they are")
    func quoted() {
        let paths = ["/it's", "/a b", "/$HOME", "/a:b", "/line\nbreak"]
        #expect(
            lines(paths, here: Set(paths)).dropFirst() == [
                "  --file '/it'\\''s'", "  --file '/a b'", "  --file '/$HOME'",
                "  /a:b, which has a colon: name a folder above it", "  --file '/line?break'",
            ])
    }
}
