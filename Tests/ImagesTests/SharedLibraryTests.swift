import Foundation
import Testing

@testable import Images

@Suite("Scripts") struct ScriptTests {
    @Test("the first line names the interpreter and one argument")
    func reads() {
        func script(_ text: String) -> Script? { Script(Array(text.utf8)) }
        #expect(script("#!/bin/sh\necho")?.interpreter == Array("/bin/sh".utf8))
        #expect(script("#!/bin/sh\necho")?.argument == nil)
        let spaced = script("#! \t/usr/bin/awk  -f x \t\n")
        #expect(spaced?.interpreter == Array("/usr/bin/awk".utf8))
        #expect(spaced?.argument == Array("-f x".utf8))
        #expect(script("#!/bin/sh")?.command.path == Array("/bin/sh".utf8))
        for text in ["", "#", "#!", "#!\n/bin/sh", "#!  \n", "text", " #!/bin/sh"] {
            #expect(script(text) == nil, "\(text)")
        }
    }
    @Test("env(1)'s one word is looked up; what it does otherwise is left to it")
    func looksUp() {
        let found = Script(Array("#!/usr/bin/env sh\n".utf8))?.command
        #expect(found?.path.last == UInt8(ascii: "h") && found?.path != Array("/usr/bin/env".utf8))
        #expect(found?.arguments.isEmpty == true)
        for text in ["-S sh -x", "A=b sh"] {
            let command = Script(Array("#!/usr/bin/env \(text)\n".utf8))?.command
            #expect(command?.path == Array("/usr/bin/env".utf8))
            #expect(command?.arguments == [Array(text.utf8)])
        }
    }
}

@Suite("The dynamic linker's cache") struct LinkerCacheTests {
    private func integer(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(value >> UInt64($0 * 8) & 0xff) }
    }
    /// Entries of flags, name and place.
    private func cache(_ entries: [(UInt64, String, String)]) -> [UInt8] {
        var strings: [UInt8] = []
        var table: [UInt8] = []
        let start = 48 + 24 * entries.count
        func add(_ text: String) -> UInt64 {
            defer { strings += Array(text.utf8) + [0] }
            return UInt64(start + strings.count)
        }
        for (flags, name, place) in entries {
            table += integer(flags, 4) + integer(add(name), 4) + integer(add(place), 4)
            table += integer(0, 12)
        }
        return Array("glibc-ld.so.cache1.1".utf8) + integer(UInt64(entries.count), 4)
            + integer(UInt64(strings.count), 4) + integer(0, 20) + table + strings
    }

    @Test("places of a name, for one CPU, in the file's order")
    func reads() {
        let bytes = cache([
            (0x303, "libz.so.1", "/opt/libz.so.1"), (0xa03, "libz.so.1", "/arm/libz.so.1"),
            (0x303, "libz.so.1", "/lib/libz.so.1"), (0x003, "libz.so.1", "/lib32/libz.so.1"),
        ])
        let name = Array("libz.so.1".utf8)
        #expect(
            LinkerCache(bytes, for: .x86_64).places(of: name)
                == ["/opt/libz.so.1", "/lib/libz.so.1"].map { Array($0.utf8) })
        #expect(
            LinkerCache(bytes, for: .arm64).places(of: name) == [Array("/arm/libz.so.1".utf8)])
        #expect(LinkerCache(bytes, for: .x86_64).places(of: [0x61]).isEmpty)
    }
    @Test("a damaged cache ends without a trap")
    func survivesDamage() {
        let bytes = cache([(0x303, "a", "/a"), (0x303, "b", "/b")])
        for count in 0..<bytes.count {
            _ = LinkerCache(Array(bytes.prefix(count)), for: .x86_64)
            var disturbed = bytes
            disturbed[count] ^= 0xff
            _ = LinkerCache(disturbed, for: .x86_64)
        }
    }
}

@Suite("Files of runtimes") struct RuntimeFilesTests {
    private func paths(_ items: [RuntimeFiles.Item]) -> [String] {
        items.map { String(decoding: $0.path, as: UTF8.self) }
    }
    @Test("known programs have their folders, others none")
    func tells() {
        for (program, folder) in [
            ("/nowhere/python3.11", "/usr/lib/python3.11"), ("/nowhere/perl", "/usr/share/perl"),
            ("/nowhere/ruby3.1", "/usr/lib/ruby"), ("/nowhere/node", "/usr/share/nodejs"),
            ("/opt/jdk/bin/java", "/opt/jdk/lib"),
            ("/nowhere/convert-im6.q16", "/etc/ImageMagick-6"),
            ("/nowhere/git", "/usr/share/git-core"),
            ("/nowhere/vim.basic", "/usr/share/vim"),
        ] {
            let items = RuntimeFiles.items(of: Array(program.utf8))
            #expect(paths(items).contains(folder), "\(program)")
        }
        for name in ["/bin/ls", "/nowhere/perldoc", "/nowhere/pythonic", "java", "/java", ""] {
            #expect(RuntimeFiles.items(of: Array(name.utf8)).isEmpty, "\(name)")
        }
    }
    @Test("time zone and locale by the environment, certificates by the library")
    func environment() {
        func items(_ variables: String...) -> [String] {
            paths(RuntimeFiles.items(ofEnvironment: variables.map { Array($0.utf8) }))
        }
        let always = ["/etc/localtime", "/usr/lib/locale/C.utf8"]
        #expect(items() == always)
        #expect(items("TZ=Europe/Paris").contains("/usr/share/zoneinfo/Europe/Paris"))
        #expect(items("TZ=:/etc/zone").contains("/etc/zone"))
        #expect(items("LANG=de_DE.UTF-8").contains("/usr/lib/locale/de_DE.utf8"))
        #expect(items("LANG=C", "TZ=../../etc/shadow", "LC_ALL=/etc", "TZ=") == always)
        func items(of library: String) -> [String] {
            paths(RuntimeFiles.items(ofLibrary: Array(library.utf8)))
        }
        #expect(items(of: "libssl.so.3").contains("/etc/ssl/certs/ca-certificates.crt"))
        #expect(items(of: "libtinfo.so.6").contains("/lib/terminfo"))
        #expect(items(of: "libpython3.11.so.1.0").contains("/usr/lib/python3.11"))
        for name in ["libc.so.6", "libsslx.so", "libssl", "libpython2.7.so", ""] {
            #expect(items(of: name).isEmpty, "\(name)")
        }
    }
    @Test("a program's links go in as links, with what they lead to")
    func links() throws {
        let scratch = try Scratch()
        let manager = FileManager.default
        try manager.createDirectory(
            atPath: "\(scratch.path)/real", withIntermediateDirectories: false)
        try scratch.write("real/program", [1])
        try scratch.write("real/left-out", [2])
        for (name, target) in [("first", "second"), ("second", "\(scratch.path)/real/program")] {
            try manager.createSymbolicLink(
                atPath: "\(scratch.path)/\(name)", withDestinationPath: target)
        }
        let chain = LinkChain(from: scratch("first"))
        #expect(chain.links.map(\.path) == [scratch("first"), scratch("second")])
        #expect(chain.end == scratch("real/program"))
        var tree = FileTree()
        try tree.add(linksOf: chain)
        try tree.addIfThere(RuntimeFiles.Item("\(scratch.path)/real", except: ["left-out"]))
        try tree.addIfThere(RuntimeFiles.Item("\(scratch.path)/absent"))
        // It is there already.
        try tree.addIfThere(RuntimeFiles.Item("\(scratch.path)/second"))
        #expect(
            tree.entries.map { String(decoding: $0.path.bytes, as: UTF8.self) }
                == ["first", "second", "real", "real/program"].map { "\(scratch.path)/\($0)" })
        // A circle ends.
        try manager.createSymbolicLink(
            atPath: "\(scratch.path)/circle", withDestinationPath: "circle")
        #expect(LinkChain(from: scratch("circle")).links.count == 40)
    }
}
