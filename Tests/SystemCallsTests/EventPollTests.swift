import Base
import Glibc
import LinuxABI
import TestSupport
import Testing

@testable import SystemCalls

/// The host's calls, which its Swift module does not show.
private enum HostCalls {
    typealias Make = @convention(c) (Int32) -> Int32
    typealias MakeCounter = @convention(c) (UInt32, Int32) -> Int32
    typealias Control = @convention(c) (Int32, Int32, Int32, UnsafeMutableRawPointer?) -> Int32
    typealias Await = @convention(c) (Int32, UnsafeMutableRawPointer?, Int32, Int32) -> Int32

    static func find<Function>(_ name: String, as type: Function.Type) -> Function {
        guard let symbol = dlsym(nil, name) else { fatalError("no \(name)") }
        return unsafeBitCast(symbol, to: type)
    }
    static let eventCounter = find("eventfd", as: MakeCounter.self)
    static let make = find("epoll_create1", as: Make.self)
    static let control = find("epoll_ctl", as: Control.self)
    static let wait = find("epoll_wait", as: Await.self)
}

/// epoll(7) against the host's own, by the same random calls on both.
@Suite("epoll against the host's", .serialized) struct EventPollTests {
    /// Counters and sets on both sides; a place of the arrays is a file there and here.
    private final class Sides {
        let program: HostProgram
        var host: [Int32] = []
        var own: [Int] = []
        static let counterCount = 5
        static let setCount = 3

        init() throws {
            program = try HostProgram()
            for _ in 0..<Self.counterCount {
                host.append(HostCalls.eventCounter(0, 0o4000))
                own.append(program.call(.eventfd2, 0, 0o4000))
            }
            for _ in 0..<Self.setCount {
                host.append(HostCalls.make(0))
                own.append(program.call(.epollCreate1, 0))
            }
        }
        deinit {
            for file in host { Glibc.close(file) }
            program.call(.closeRange, 0, 1 << 20, 0)
        }

        func write(_ place: Int, _ value: UInt64) -> (Int, Int) {
            var value = value
            let there = result(Glibc.write(host[place], &value, 8))
            let here = program.call(
                .write, own[place], program.words(Int(bitPattern: UInt(value))), 8)
            return (there, here)
        }
        func read(_ place: Int) -> (Int, Int) {
            var value: UInt64 = 0
            let there = result(Glibc.read(host[place], &value, 8))
            return (there, program.call(.read, own[place], program.room(8), 8))
        }
        func control(
            _ set: Int, _ operation: Int32, _ place: Int, _ events: UInt32, _ data: UInt64
        ) -> (Int, Int) {
            let address = program.room(12)
            program.store(events, at: address)
            for index in 0..<8 {
                program.store(
                    UInt8(truncatingIfNeeded: data >> (index * 8)), at: address + 4 + index)
            }
            let event = UnsafeMutableRawPointer(bitPattern: address)
            let there = result(Int(HostCalls.control(host[set], operation, host[place], event)))
            return (there, program.call(.epollCtl, own[set], Int(operation), own[place], address))
        }
        /// The events of a set, each as its bits and its data.
        func wait(_ set: Int, _ maximum: Int) -> ([[UInt64]], [[UInt64]]) {
            let address = program.room(12 * maximum)
            func events(_ count: Int) -> [[UInt64]] {
                (0..<max(0, count)).map { index in
                    let low = program.load(UInt32.self, at: address + 12 * index + 4) ?? 0
                    let high = program.load(UInt32.self, at: address + 12 * index + 8) ?? 0
                    return [
                        UInt64(program.load(UInt32.self, at: address + 12 * index) ?? 0),
                        UInt64(low) | UInt64(high) << 32,
                    ]
                }
            }
            let place = UnsafeMutableRawPointer(bitPattern: address)
            let there = events(Int(HostCalls.wait(host[set], place, Int32(maximum), 0)))
            let here = events(program.call(.epollWait, own[set], address, maximum, 0))
            return (there, here)
        }
        private func result(_ value: Int) -> Int { value == -1 ? -Int(errno) : value }
    }

    @Test(
        "random calls give the host's events in the host's order",
        arguments: 1...30 as ClosedRange<UInt64>)
    func random(seed: UInt64) throws {
        let sides = try Sides()
        var random = SeededRandom(seed: seed)
        let counters = 0..<Sides.counterCount
        let sets = Sides.counterCount..<Sides.counterCount + Sides.setCount
        let masks: [UInt32] = [
            1, 4, 5, 1 | 1 << 31, 4 | 1 << 31, 5 | 1 << 30, 1 | 1 << 28, 0, 0x41,
        ]
        var told = 0
        for step in 0..<600 {
            sides.program.clearMemory()
            let set = Int.random(in: sets, using: &random)
            let place = Int.random(in: counters.lowerBound..<sets.upperBound, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0...2:
                let operation = Int32.random(in: 1...3, using: &random)
                let (there, here) = sides.control(
                    set, operation, place, masks.randomElement(using: &random) ?? 1, UInt64(step))
                #expect(there == here, "epoll_ctl \(operation) in step \(step)")
            case 3...5:
                let counter = Int.random(in: counters, using: &random)
                let values: [UInt64] = [1, 1, 3, .max - 1]
                let (there, here) = sides.write(counter, values.randomElement(using: &random) ?? 1)
                #expect(there == here, "write in step \(step)")
            case 6:
                let (there, here) = sides.read(Int.random(in: counters, using: &random))
                #expect(there == here, "read in step \(step)")
            default:
                let (there, here) = sides.wait(set, Int.random(in: 1...6, using: &random))
                #expect(there == here, "epoll_wait in step \(step)")
                told += there.count
            }
        }
        #expect(told > 50, "\(told) events")
    }
}
