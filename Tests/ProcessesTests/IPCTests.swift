import Base
import LinuxABI
import Memory
import TestSupport
import Testing

@testable import Processes

/// Root, unless another user is asked for.
private func caller(user: UInt32 = 0, process: Int32 = 7) -> IPCCaller {
    var credentials = ProcessCredentials()
    if user != 0 {
        credentials.changeUsers(to: ProcessCredentials.Numbers(user))
        credentials.groups = ProcessCredentials.Numbers(user)
    }
    return IPCCaller(process: process, thread: process, credentials: credentials)
}
private let create: IPCGetFlags = IPCGetFlags(rawValue: 0o1600)

@Suite("System V objects (svipc(7))", .serialized) struct IPCTests {
    init() { TestArena.prepare() }

    // MARK: Identifiers

    @Test("identifiers come in turn, and the index's number grows with each round (ipc/util.c)")
    func identifiers() throws {
        let queues = MessageQueues()
        for index in 0..<200 as Range<Int32> {
            let identifier = try queues.get(key: 0, create, by: caller())
            #expect(identifier == (index / 64) << 15 + index % 64)
            try queues.remove(identifier, by: caller())
            #expect(throws: Errno.invalidArgument) { try queues.find(identifier) }
        }
        #expect(queues.count == 0)
        #expect(queues.highestIndex == -1)
    }
    @Test("as many objects as there may be, and none more (ENOSPC)") func limit() throws {
        let memory = SharedMemory()
        for index in 0..<Int32(SharedMemory.maximumSegments) {
            #expect(try memory.get(key: 0, byteCount: 1, create, by: caller()) == index)
        }
        #expect(throws: Errno.noSpace) {
            try memory.get(key: 0, byteCount: 1, create, by: caller())
        }
        try memory.remove(17, by: caller())
        // On from the last one, where there is room for half as many again.
        let next = Int32(SharedMemory.maximumSegments)
        #expect(try memory.get(key: 0, byteCount: 1, create, by: caller()) == next)
        #expect(memory.highestIndex == SharedMemory.maximumSegments)
    }
    @Test("a key finds its object, unless it is to be new or is too small") func keys() throws {
        let sets = Semaphores()
        #expect(throws: Errno.noSuchFile) {
            try sets.get(key: 5, count: 1, IPCGetFlags(rawValue: 0o600), by: caller())
        }
        let first = try sets.get(key: 5, count: 3, create, by: caller())
        #expect(try sets.get(key: 5, count: 2, create, by: caller()) == first)
        #expect(throws: Errno.invalidArgument) {
            try sets.get(key: 5, count: 4, create, by: caller())
        }
        #expect(throws: Errno.fileExists) {
            try sets.get(key: 5, count: 3, IPCGetFlags(rawValue: 0o3600), by: caller())
        }
        #expect(throws: Errno.permissionDenied) {
            try sets.get(key: 5, count: 3, create, by: caller(user: 1000))
        }
        #expect(throws: Errno.operationNotPermitted) {
            try sets.remove(first, by: caller(user: 1000))
        }
    }

    // MARK: Shared memory

    @Test(
        "a segment counts its regions: cuts, moves and copies of the space; the last takes it along"
    )
    func attachments() throws {
        let memory = SharedMemory()
        let identifier = try memory.get(key: 0, byteCount: 4 * 4096, create, by: caller())
        let segment = try memory.find(identifier, toMap: [.read, .write], by: caller())
        let space = try AddressSpace(
            sharingLibraryOf: nil, layout: AddressLayout(entropy: .none))
        func attach(to space: AddressSpace) throws -> VirtualAddress {
            try space.map(
                at: nil, placement: .hint, byteCount: segment.byteCount,
                protection: [.read, .write], backing: .file(segment.pages, offset: 0),
                sharing: .shared, owner: SharedAttachment(segment))
        }
        let first = try attach(to: space)
        _ = try attach(to: space)
        #expect(segment.attachCount == 2)
        let middle = try #require(first.advanced(by: 4096))
        try space.protect(middle, byteCount: 4096, .read)
        #expect(segment.attachCount == 4)
        let child = try space.fork(stack: first)
        #expect(segment.attachCount == 8)
        child.removeCountedRegions()
        #expect(segment.attachCount == 4)
        try space.unmap(first, byteCount: segment.byteCount)
        #expect(segment.attachCount == 1)
        try memory.remove(identifier, by: caller())
        #expect(!segment.isRemoved)
        #expect(memory.count == 1)
        child.close()
        space.close()
        #expect(segment.isRemoved)
        #expect(memory.count == 0)
        #expect(memory.pageCount == 0)
    }

    // MARK: Semaphores

    private func operations(_ list: SemaphoreOperation...) throws -> FixedBuffer<SemaphoreOperation>
    {
        guard var buffer = FixedBuffer(count: list.count, repeating: SemaphoreOperation.none) else {
            throw Errno.outOfMemory
        }
        for (index, operation) in list.enumerated() { buffer[index] = operation }
        return buffer
    }
    private func operation(_ number: UInt16, _ change: Int16, _ flags: Int16 = 0)
        -> SemaphoreOperation
    {
        SemaphoreOperation(number: number, change: change, flags: flags)
    }
    private func makeSet(_ values: UInt16...) throws -> (SemaphoreSet, Semaphores, Int32) {
        let sets = Semaphores()
        let identifier = try sets.get(key: 0, count: Int32(values.count), create, by: caller())
        let set = try sets.find(identifier)
        for (index, value) in values.enumerated() {
            try set.setValue(Int32(index), to: Int32(value), by: caller())
        }
        return (set, sets, identifier)
    }
    private static let undo: Int16 = 0x1000
    private static let doNotWait: Int16 = 0o4000

    @Test(
        "operations are done all or none, against a model", arguments: 1...20 as ClosedRange<UInt64>
    )
    func model(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let (set, _, _) = try makeSet(0, 0, 0)
        let list = SemaphoreUndoList()
        var values = [0, 0, 0]
        var adjustments = [0, 0, 0]
        for _ in 0..<500 {
            let wanted = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                operation(
                    UInt16.random(in: 0..<3, using: &random),
                    [-20000, -5, -1, 0, 1, 5, 20000].randomElement(using: &random) ?? 0,
                    Self.doNotWait | (Bool.random(using: &random) ? Self.undo : 0))
            }
            var (new, newAdjustments) = (values, adjustments)
            var error: Errno?
            for operation in wanted where error == nil {
                let number = Int(operation.number)
                let change = Int(operation.change)
                if change == 0 ? new[number] != 0 : new[number] + change < 0 {
                    error = .tryAgain
                } else if new[number] + change > 32767 {
                    error = .outOfRange
                } else {
                    new[number] += change
                    guard operation.isUndone else { continue }
                    newAdjustments[number] -= change
                    if !(-32768...32767).contains(newAdjustments[number]) { error = .outOfRange }
                }
            }
            guard
                var buffer = FixedBuffer(count: wanted.count, repeating: SemaphoreOperation.none)
            else { throw Errno.outOfMemory }
            for (index, operation) in wanted.enumerated() { buffer[index] = operation }
            do throws(Errno) {
                #expect(try set.operate(buffer, undoneBy: list, by: caller()) == nil)
                #expect(error == nil)
            } catch let thrown {
                #expect(thrown == error)
            }
            if error == nil { (values, adjustments) = (new, newAdjustments) }
            for index in 0..<3 { #expect(Int(set[index]) == values[index]) }
        }
        list.release(process: 7)
        for index in 0..<3 {
            #expect(Int(set[index]) == min(max(values[index] + adjustments[index], 0), 32767))
        }
    }
    @Test("the oldest call that is possible goes first, and is done before anybody sees the value")
    func order() throws {
        let (set, _, _) = try makeSet(0)
        let list = SemaphoreUndoList()
        func wait(_ change: Int16) throws -> WaitingOperations {
            try #require(
                try set.operate(operations(operation(0, change)), undoneBy: list, by: caller()))
        }
        let three = try wait(-3)
        let one = try wait(-1)
        let other = try wait(-1)
        #expect(try set.waitingCount(0, for: .more, by: caller()) == 3)
        #expect(try set.operate(operations(operation(0, 1)), undoneBy: list, by: caller()) == nil)
        #expect(one.state == .done)
        #expect(three.state == .waiting && other.state == .waiting)
        #expect(set[0] == 0)
        try set.setValue(0, to: 4, by: caller())
        #expect(three.state == .done && other.state == .done)
        #expect(set[0] == 0)
    }
    @Test("a call that waits for zero goes on where another leaves zero, and lets a third go on")
    func chain() throws {
        let (set, _, _) = try makeSet(2, 0)
        let list = SemaphoreUndoList()
        let gate = try #require(
            try set.operate(
                operations(operation(0, 0), operation(1, 1)), undoneBy: list, by: caller()))
        let last = try #require(
            try set.operate(operations(operation(1, -1)), undoneBy: list, by: caller()))
        #expect(try set.waitingCount(0, for: .zero, by: caller()) == 1)
        #expect(try set.operate(operations(operation(0, -2)), undoneBy: list, by: caller()) == nil)
        #expect(gate.state == .done && last.state == .done)
        #expect(set[0] == 0 && set[1] == 0)
    }
    @Test("a call that gives up is out of the queue; a set that goes ends all") func ends() throws {
        let (set, sets, identifier) = try makeSet(0)
        let list = SemaphoreUndoList()
        let one = try #require(
            try set.operate(
                operations(operation(0, -1, Self.undo)), undoneBy: list, by: caller()))
        let two = try #require(
            try set.operate(operations(operation(0, -1)), undoneBy: list, by: caller()))
        #expect(set.giveUp(one) == .waiting)
        #expect(try set.waitingCount(0, for: .more, by: caller()) == 1)
        try sets.remove(identifier, by: caller())
        #expect(two.state == .failed(.identifierRemoved))
        #expect(set.giveUp(two) == .failed(.identifierRemoved))
        // The set is gone: nothing to adjust.
        list.release(process: 7)
        #expect(sets.semaphoreCount == 0)
    }
    @Test("adjustments shared by two processes are made when the last ends") func sharing() throws {
        let (set, _, _) = try makeSet(5)
        let list = SemaphoreUndoList()
        let same = list.shared()
        #expect(
            try set.operate(operations(operation(0, -2, Self.undo)), undoneBy: same, by: caller())
                == nil)
        list.release(process: 7)
        #expect(set[0] == 3)
        same.release(process: 9)
        #expect(set[0] == 5)
        #expect(try set.process(0, by: caller()) == 9)
    }

    // MARK: Messages

    private func message(_ type: Int64, _ byteCount: Int) throws -> Message {
        guard let bytes = FixedBuffer<UInt8>(count: byteCount, repeating: 1) else {
            throw Errno.outOfMemory
        }
        return Message(type: type, bytes)
    }
    @Test("messages are chosen by type, against a model", arguments: 1...20 as ClosedRange<UInt64>)
    func choices(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let queues = MessageQueues()
        let queue = try queues.find(try queues.get(key: 0, create, by: caller()))
        var model: [(type: Int64, count: Int)] = []
        for step in 0..<400 {
            if Bool.random(using: &random) {
                let (type, count) = (Int64.random(in: 1...6, using: &random), step % 100)
                let bytes = model.reduce(0) { $0 + $1.count }
                let next = try message(type, count)
                do throws(Errno) {
                    try queue.send(next, .refused, by: caller())
                    model.append((type, count))
                } catch {
                    #expect(error == .tryAgain)
                    #expect(bytes + count > MessageQueues.standardCapacity)
                }
                continue
            }
            let type = Int64.random(in: 1...6, using: &random)
            let choices: [MessageChoice] = [
                .first, .ofType(type), .notOfType(type), .lowest(upTo: type), .number(type),
            ]
            let choice = choices.randomElement(using: &random) ?? .first
            let place: Int? =
                switch choice {
                case .first: model.indices.first
                case .ofType: model.firstIndex { $0.type == type }
                case .notOfType: model.firstIndex { $0.type != type }
                case .lowest:
                    model.filter { $0.type <= type }.map(\.type).min().flatMap { lowest in
                        model.firstIndex { $0.type == lowest }
                    }
                case .number: Int(type) < model.count ? Int(type) : nil
                }
            do throws(Errno) {
                let got = try queue.receive(choice, capacity: 50, .whole, .refused, by: caller())
                let expected = model[place ?? 0]
                #expect(place != nil && got.type == expected.type)
                #expect(got.byteCount == expected.count)
                if case .number = choice { continue }
                model.remove(at: place ?? 0)
            } catch {
                #expect(error == (place == nil ? .noMessage : .argumentListTooLong))
                if let place { #expect(model[place].count > 50) }
            }
            #expect(queue.messageCount == model.count)
            #expect(queue.byteCount == model.reduce(0) { $0 + $1.count })
        }
    }
    @Test("a long queue goes without recursion") func longQueue() throws {
        let queues = MessageQueues()
        let identifier = try queues.get(key: 0, create, by: caller())
        let queue = try queues.find(identifier)
        for _ in 0..<16384 { try queue.send(try message(1, 0), .refused, by: caller()) }
        #expect(throws: Errno.tryAgain) {
            try queue.send(try message(1, 0), .refused, by: caller())
        }
        try queues.remove(identifier, by: caller())
        #expect(throws: Errno.identifierRemoved) {
            try queue.receive(.first, capacity: 1, .whole, .refused, by: caller())
        }
    }
}
