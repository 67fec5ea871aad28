import Base
import Glibc
import LinuxABI
import Memory
import TestSupport
import Testing

@testable import SystemCalls

/// Unix sockets against the host's own, by the same random calls on both.
@Suite("unix sockets against the host's", .serialized) struct SocketTests {
    /// Pairs of sockets on both sides; a place of the arrays is a socket there and here.
    private final class Sides {
        let program: HostProgram
        let type: Int
        var host: [Int32] = []
        var own: [Int] = []

        init(type: Int, pairs: Int) throws {
            self.type = type
            program = try HostProgram()
            for _ in 0..<pairs {
                var ends: [Int32] = [0, 0]
                socketpair(AF_UNIX, Int32(type) | 0o4000, 0, &ends)
                host += ends
                let place = program.room(8)
                program.call(.socketpair, 1, type | 0o4000, 0, place)
                own += (0..<2).map { Int(program.load(Int32.self, at: place + $0 * 4) ?? -1) }
            }
        }
        deinit {
            for file in host where file >= 0 { Glibc.close(file) }
            program.call(.closeRange, 0, 1 << 20, 0)
        }
        /// The bytes of a message are its step's.
        func send(_ place: Int, _ count: Int, _ flags: Int32, _ step: Int) -> (Int, Int) {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: step), count: count)
            // No signal: the tests would die of it.
            let flags = flags | 0x4000
            let there = result(Glibc.send(host[place], bytes, count, flags))
            return (
                there, program.call(.sendto, own[place], program.bytes(bytes), count, Int(flags))
            )
        }
        func receive(_ place: Int, _ count: Int, _ flags: Int32) -> ([Int], [Int]) {
            var bytes = [UInt8](repeating: 0, count: count + 1)
            let there = result(Glibc.recv(host[place], &bytes, count, flags))
            let room = program.room(count + 1)
            let here = program.call(.recvfrom, own[place], room, count, Int(flags))
            func list(_ result: Int, _ byte: (Int) -> UInt8) -> [Int] {
                [result] + (0..<max(0, min(result, count))).map { Int(byte($0)) }
            }
            return (
                list(there) { bytes[$0] },
                list(here) { self.program.load(UInt8.self, at: room + $0) ?? 0 }
            )
        }
        func shutDown(_ place: Int, _ how: Int32) -> (Int, Int) {
            (
                result(Int(Glibc.shutdown(host[place], how))),
                program.call(.shutdown, own[place], Int(how))
            )
        }
        func close(_ place: Int) {
            Glibc.close(host[place])
            program.call(.close, own[place])
            host[place] = -1
            own[place] = -1
        }
        /// poll(2), FIONREAD and SIOCOUTQ.
        func state(_ place: Int) -> ([Int], [Int]) {
            var entry = pollfd(fd: host[place], events: 0x23c7, revents: 0)
            poll(&entry, 1, 0)
            var there = [Int(entry.revents)]
            var here: [Int] = []
            let mine = program.words(own[place] | 0x23c7 << 32)
            program.call(.poll, mine, 1, 0)
            here.append(Int(program.load(Int16.self, at: mine + 6) ?? -1))
            for request in [0x541b, 0x5411] as [UInt] {
                var count: Int32 = -1
                ioctl(host[place], request, &count)
                there.append(Int(count))
                let room = program.words(-1)
                program.call(.ioctl, own[place], Int(request), room)
                here.append(Int(program.load(Int32.self, at: room) ?? -1))
            }
            return (there, here)
        }
        private func result(_ value: Int) -> Int { value == -1 ? -Int(errno) : value }
    }

    @Test(
        "random calls give the host's results", arguments: [1, 2, 5],
        1...20 as ClosedRange<UInt64>)
    func random(type: Int, seed: UInt64) throws {
        let sides = try Sides(type: type, pairs: 3)
        var random = SeededRandom(seed: seed)
        let sizes = [0, 1, 1, 5, 100, 129, 704, 705, 1000, 1729, 3777, 5000, 12000]
        for step in 0..<400 {
            sides.program.clearMemory()
            let open = sides.host.indices.filter { sides.host[$0] >= 0 }
            guard let place = open.randomElement(using: &random) else { break }
            let size = sizes.randomElement(using: &random) ?? 1
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<45:
                let (there, here) = sides.send(place, size, 0, step)
                #expect(there == here, "send of \(size) in step \(step)")
            case 45..<90:
                let flags: [Int32] = [0, 0, 2, 0x20, 0x22, 0x100]
                let flag = flags.randomElement(using: &random) ?? 0
                let (there, here) = sides.receive(place, size, flag)
                #expect(there == here, "recv of \(size), flags \(flag), in step \(step)")
            case 90..<99 where step < 200: break
            case 90..<97:
                let how = Int32.random(in: 0...2, using: &random)
                let (there, here) = sides.shutDown(place, how)
                #expect(there == here, "shutdown \(how) in step \(step)")
            default: if step > 100 { sides.close(place) }
            }
            for place in sides.host.indices where sides.host[place] >= 0 {
                sides.program.clearMemory()
                let (there, here) = sides.state(place)
                #expect(there == here, "state of socket \(place) in step \(step)")
            }
        }
    }

    @Test("sockets that only messages refer to go away with all their memory (unix(7), SCM_RIGHTS)")
    func circles() throws {
        let program = try HostProgram()
        func circle(length: Int) {
            program.clearMemory()
            var sockets: [(Int, Int)] = []
            for _ in 0..<length {
                let place = program.room(8)
                program.call(.socketpair, 1, 2, 0, place)
                sockets.append(
                    (
                        Int(program.load(Int32.self, at: place) ?? -1),
                        Int(program.load(Int32.self, at: place + 4) ?? -1)
                    ))
            }
            for index in 0..<length {
                let passed = sockets[(index + 1) % length].1
                let control = program.words(20, 1 | 1 << 32, passed)
                let byte = program.words(program.room(5000), 5000)
                let header = program.words(0, 0, byte, 1, control, 24, 0)
                #expect(program.call(.sendmsg, sockets[index].0, header, 0) == 5000)
            }
            for (one, two) in sockets {
                program.call(.close, one)
                program.call(.close, two)
            }
        }
        circle(length: 3)
        circle(length: 3)
        let before = Frames.freeCount
        for length in [1, 2, 3, 5, 7] {
            for _ in 0..<20 { circle(length: length) }
            #expect(Frames.freeCount == before, "after circles of \(length)")
        }
    }
}
