package import Base

/// What wants to be called at a time: a connection, a table that forgets.
///
/// A base class, as a heap of class-bound existentials costs a witness table each.
package class TimedObject {
    /// When it wants to be called, `nil`: not at all.
    fileprivate(set) var wakeTime: Nanoseconds?
    fileprivate var heapIndex = -1
    init() {}
    /// Called once its time has come; it is no longer in the heap.
    func timeHasCome(_ now: Nanoseconds) {}
}

/// A part of a stack that refers back to it, until the stack is shut down.
package class StackPart: TimedObject {
    private var owner: NetworkStack?
    init(of stack: NetworkStack) { owner = stack }
    /// Precondition: the stack was not shut down.
    final var stack: NetworkStack {
        guard let owner else { fatalError("a part of a stack that was shut down") }
        return owner
    }
    final func detach() { owner = nil }
}

/// Objects by the time at which they want to be called: a binary heap.
struct TimerHeap {
    private var objects: [TimedObject] = []

    var nextDeadline: Nanoseconds? { objects.first?.wakeTime }
    var count: Int { objects.count }

    /// Sees to it that an object is called at `time`, or before.
    ///
    /// A later time than the one it waits for costs nothing: it is called at the earlier one and asks again.
    mutating func wake(_ object: TimedObject, by time: Nanoseconds) {
        if object.heapIndex >= 0 {
            guard let present = object.wakeTime, time < present else { return }
            object.wakeTime = time
            rise(from: object.heapIndex)
        } else {
            object.wakeTime = time
            object.heapIndex = objects.count
            objects.append(object)
            rise(from: object.heapIndex)
        }
    }
    mutating func remove(_ object: TimedObject) {
        let index = object.heapIndex
        guard index >= 0 else { return }
        object.heapIndex = -1
        object.wakeTime = nil
        let last = objects.removeLast()
        guard last !== object else { return }
        objects[index] = last
        last.heapIndex = index
        rise(from: index)
        sink(from: last.heapIndex)
    }
    /// Takes the first object out whose time has come.
    mutating func takeDue(_ now: Nanoseconds) -> TimedObject? {
        guard let first = objects.first, let time = first.wakeTime, time <= now else { return nil }
        remove(first)
        return first
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        (objects[a].wakeTime ?? .zero) < (objects[b].wakeTime ?? .zero)
    }
    private mutating func swap(_ a: Int, _ b: Int) {
        objects.swapAt(a, b)
        objects[a].heapIndex = a
        objects[b].heapIndex = b
    }
    private mutating func rise(from start: Int) {
        var index = start
        while index > 0, isBefore(index, (index - 1) / 2) {
            swap(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }
    private mutating func sink(from start: Int) {
        var index = start
        while true {
            var least = index
            if 2 * index + 1 < objects.count, isBefore(2 * index + 1, least) {
                least = 2 * index + 1
            }
            if 2 * index + 2 < objects.count, isBefore(2 * index + 2, least) {
                least = 2 * index + 2
            }
            guard least != index else { return }
            swap(index, least)
            index = least
        }
    }
}

extension Nanoseconds {
    package static func milliseconds(_ count: Int) -> Self {
        Self(rawValue: Int64(count) * 1_000_000)
    }
    package static func seconds(_ count: Int) -> Self {
        Self(rawValue: Int64(count) * perSecond)
    }
}
