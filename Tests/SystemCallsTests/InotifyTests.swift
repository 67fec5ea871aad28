import Glibc
import LinuxABI
import TestSupport
import Testing

@testable import SystemCalls

/// inotify(7) against the host's own, by the same random calls on both.
@Suite("inotify against the host's", .serialized) struct InotifyTests {
    /// The host's calls, which its Swift module does not show.
    private enum HostCalls {
        typealias Make = @convention(c) (Int32) -> Int32
        typealias Watch = @convention(c) (Int32, UnsafePointer<CChar>, UInt32) -> Int32
        typealias Remove = @convention(c) (Int32, Int32) -> Int32
        static func find<Function>(_ name: String, as type: Function.Type) -> Function {
            guard let symbol = dlsym(nil, name) else { fatalError("no \(name)") }
            return unsafeBitCast(symbol, to: type)
        }
        static let make = find("inotify_init1", as: Make.self)
        static let watch = find("inotify_add_watch", as: Watch.self)
        static let remove = find("inotify_rm_watch", as: Remove.self)
    }

    @Test("random calls give the host's events", arguments: 1...20 as ClosedRange<UInt64>)
    func random(seed: UInt64) throws {
        let program = try HostProgram()
        var random = SeededRandom(seed: seed)
        var template = Array("/tmp/martlet-inotify.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw POSIXFailure() }
        let top = template.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
        #expect(program.call(.mkdir, program.text("/t"), 0o755) == 0)
        let host = HostCalls.make(0o4000)
        let own = program.call(.inotifyInit1, 0o4000)
        defer {
            Glibc.close(host)
            program.call(.closeRange, 0, 1 << 20, 0)
        }
        let names = ["", "/a", "/b", "/d", "/d/a", "/d/b", "/e", "/e/a", "/d/e"]
        var open: [(Int32, Int)] = []
        func result(_ value: Int32) -> Int { value == -1 ? -Int(errno) : Int(value) }
        func name() -> String { names.randomElement(using: &random) ?? "" }
        let masks: [UInt32] = [
            0xfff, 0xfff, 0xfff, 0x20, 0x3c0, 0x8000_0fff, 0x0400_0fff, 0x2000_0100,
        ]
        for step in 0..<400 {
            program.clearMemory()
            let (path, other) = (name(), name())
            let (there, here): (Int, Int)
            switch Int.random(in: 0..<16, using: &random) {
            case 0, 1:
                let mask = masks.randomElement(using: &random) ?? 0xfff
                there = result(HostCalls.watch(host, top + path, mask))
                here = program.call(.inotifyAddWatch, own, program.text("/t" + path), Int(mask))
            case 2:
                let number = Int32.random(in: 1...10, using: &random)
                there = result(HostCalls.remove(host, number))
                here = program.call(.inotifyRmWatch, own, Int(number))
            case 3, 4:
                there = result(mkdir(top + path, 0o755))
                here = program.call(.mkdir, program.text("/t" + path), 0o755)
            case 5, 6, 7:
                let flags = [0, 0o2, 0o102, 0o1102].randomElement(using: &random) ?? 0
                let file = Glibc.open(top + path, Int32(flags), 0o644)
                let mine = program.call(.open, program.text("/t" + path), flags, 0o644)
                there = file < 0 ? -Int(errno) : 0
                here = min(mine, 0)
                if file >= 0, mine >= 0 { open.append((file, mine)) }
            case 8:
                guard let pair = open.randomElement(using: &random) else { continue }
                open.removeAll { $0.0 == pair.0 }
                there = result(Glibc.close(pair.0))
                here = program.call(.close, pair.1)
            case 9:
                guard let pair = open.randomElement(using: &random) else { continue }
                there = Glibc.write(pair.0, "bytes", 5) < 0 ? -Int(errno) : 5
                here = program.call(.write, pair.1, program.text("bytes"), 5)
            case 10:
                guard let pair = open.randomElement(using: &random) else { continue }
                var byte: UInt8 = 0
                there = pread(pair.0, &byte, 1, 0) < 0 ? -Int(errno) : 0
                here = min(0, program.call(.pread64, pair.1, program.room(8), 1, 0))
            case 11:
                there = result(Glibc.unlink(top + path))
                here = program.call(.unlink, program.text("/t" + path))
            case 12:
                // The host's directory itself can't be removed by its name here.
                guard path != "" else { continue }
                there = result(Glibc.rmdir(top + path))
                here = program.call(.rmdir, program.text("/t" + path))
            case 13:
                guard path != "", other != "" else { continue }
                there = result(Glibc.rename(top + path, top + other))
                here = program.call(
                    .rename, program.text("/t" + path), program.text("/t" + other))
            case 14:
                there = result(Glibc.link(top + path, top + other))
                here = program.call(
                    .link, program.text("/t" + path), program.text("/t" + other))
            default:
                there = result(Glibc.chmod(top + path, 0o755))
                here = program.call(.chmod, program.text("/t" + path), 0o755)
            }
            #expect(there == here, "step \(step) with \(path) and \(other)")
            guard Int.random(in: 0..<3, using: &random) == 0 else { continue }
            let size = 16384
            var bytes = [UInt8](repeating: 0, count: size)
            let count = Glibc.read(host, &bytes, size)
            program.clearMemory()
            let room = program.room(size)
            let mine = program.call(.read, own, room, size)
            // Cookies are numbers of their own on each side.
            let expected = events(count) { bytes[$0] }
            let found = events(count) { program.load(UInt8.self, at: room + $0) ?? 0 }
            #expect(expected == found, "events in step \(step)")
        }
        open.forEach { _ = Glibc.close($0.0) }
        for name in names.reversed() { remove(top + name) }
    }
    private struct POSIXFailure: Error {}

    /// The events in a buffer as lines; a cookie only as whether it is the one before.
    private func events(_ count: Int, _ byte: (Int) -> UInt8) -> [String] {
        func word(_ place: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(byte(place + $1)) << UInt32($1 * 8) }
        }
        var lines: [String] = []
        var place = 0
        var before: UInt32 = 0
        while place + 16 <= count {
            let cookie = word(place + 8)
            let length = Int(word(place + 12))
            let name = (0..<length).map { byte(place + 16 + $0) }.prefix { $0 != 0 }
            let relation = cookie == 0 ? "" : cookie == before ? "same" : "new"
            before = cookie
            lines.append(
                "\(Int32(bitPattern: word(place))) \(String(word(place + 4), radix: 16)) \(relation) \(length) \(String(decoding: name, as: UTF8.self))"
            )
            place += 16 + length
        }
        return lines
    }
}
