import Glibc
import LinuxABI
import TestSupport
import Testing

@testable import SystemCalls

/// Pipes against the host's own, by the same random calls on both.
@Suite("pipes against the host's", .serialized) struct PipeTests {
    /// The host's call, which its Swift module does not show.
    private var make: @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Int32 {
        guard let symbol = dlsym(nil, "pipe2") else { fatalError("no pipe2") }
        return unsafeBitCast(
            symbol, to: (@convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Int32).self)
    }

    @Test(
        "random writes and reads give the host's results", arguments: 1...20 as ClosedRange<UInt64>)
    func random(seed: UInt64) throws {
        let program = try HostProgram()
        var random = SeededRandom(seed: seed)
        // Every other pipe takes packets.
        let flags = seed % 2 == 0 ? 0o4000 : 0o44000
        var host: [Int32] = [0, 0]
        #expect(make(&host, Int32(flags)) == 0)
        let place = program.room(8)
        #expect(program.call(.pipe2, place, flags) == 0)
        let own = (0..<2).map { Int(program.load(Int32.self, at: place + $0 * 4) ?? -1) }
        defer {
            host.forEach { _ = Glibc.close($0) }
            program.call(.closeRange, 0, 1 << 20, 0)
        }
        func result(_ value: Int) -> Int { value == -1 ? -Int(errno) : value }
        let sizes = [1, 1, 10, 100, 1000, 2048, 4095, 4096, 4097, 5000, 9000, 12000]
        for step in 0..<500 {
            program.clearMemory()
            let size = sizes.randomElement(using: &random) ?? 1
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<10:
                let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: step), count: size)
                let there = result(Glibc.write(host[1], bytes, size))
                let here = program.call(.write, own[1], program.bytes(bytes), size)
                #expect(there == here, "write of \(size) in step \(step)")
            case 10..<19:
                var bytes = [UInt8](repeating: 0, count: size)
                let there = result(Glibc.read(host[0], &bytes, size))
                let room = program.room(size)
                let here = program.call(.read, own[0], room, size)
                #expect(there == here, "read of \(size) in step \(step)")
                for index in 0..<max(0, there) {
                    let byte = program.load(UInt8.self, at: room + index)
                    guard byte != bytes[index] else { continue }
                    Issue.record("byte \(index) of a read in step \(step)")
                    break
                }
            default:
                let size = [4096, 8192, 16384, 65536, 131072].randomElement(using: &random) ?? 0
                let there = result(Int(fcntl(host[0], 1031, Int32(size))))
                let here = program.call(.fcntl, own[0], 1031, size)
                #expect(there == here, "F_SETPIPE_SZ \(size) in step \(step)")
            }
            var entries = [
                pollfd(fd: host[0], events: 5, revents: 0),
                pollfd(fd: host[1], events: 5, revents: 0),
            ]
            poll(&entries, 2, 0)
            let mine = program.words(own[0] | 5 << 32, own[1] | 5 << 32)
            program.call(.poll, mine, 2, 0)
            for index in 0..<2 {
                let events = program.load(Int16.self, at: mine + index * 8 + 6)
                #expect(entries[index].revents == events, "end \(index) in step \(step)")
            }
            var count: Int32 = -1
            ioctl(host[0], 0x541b, &count)
            let room = program.words(-1)
            program.call(.ioctl, own[0], 0x541b, room)
            #expect(count == program.load(Int32.self, at: room), "FIONREAD in step \(step)")
        }
    }
}
