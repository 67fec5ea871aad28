internal import Base
internal import Hardware
internal import LinuxABI
internal import Scheduler
internal import Trace
internal import Virtio

/// The way out of a console port: bytes are copied into slots that the device drains.
///
/// A slot belongs to the descriptor of the same number, so the slot that was free last is used next
/// and little memory is touched while the device keeps up.
package final class TransmitPort {
    private let transport: VirtioTransport
    private let queueNumber: UInt16
    private var queue: DriverQueue
    private let slots: DMABuffer
    private let slotByteCount: Int
    private let memory = DMAMemory()
    private var isBroken = false
    /// Whether the device broke the rules: nothing goes out any more.
    var hasFailed: Bool { isBroken }
    /// Whether the device closed its end: nobody reads what is written.
    package internal(set) var isClosed = false
    /// Who waits for room or the end.
    let waiters = WaitQueue()
    /// Whether somebody found no room since `tellWaiters` last told of some.
    private var wasFull = false
    private var wasClosed = false

    /// Sets the queue up; `slots` is cut into as many slots as the queue has entries.
    init(
        _ transport: VirtioTransport, queue number: UInt16, size: UInt16, slots: DMABuffer,
        in arena: inout DMAArena
    ) throws(DriverError) {
        self.transport = transport
        queueNumber = number
        queue = try transport.makeQueue(number, size: size, in: &arena)
        self.slots = slots
        slotByteCount = slots.byteCount / Int(queue.layout.size)
        disarm()
    }

    // MARK: Filling, without waiting

    /// A slot to fill, `nil` where the device has all of them.
    func freeSlot() -> DMABuffer? {
        reclaim()
        guard !isBroken, let head = queue.nextHead else { return nil }
        return slots.slot(Int(head), of: slotByteCount)
    }
    /// Hands the slot that `freeSlot` returned to the device, with `count` bytes in it.
    func send(_ slot: DMABuffer, count: Int) {
        add(slot, count: count)
        publish()
    }
    /// The same without telling the device, until `publish`.
    func add(_ slot: DMABuffer, count: Int) {
        do { _ = try queue.add(readable: slot.segment(first: count), in: memory) } catch { fail() }
    }
    func publish() {
        do { if try queue.publish(in: memory) { transport.notify(queueNumber) } } catch { fail() }
    }
    /// Whether everything that was sent was drained, or never will be.
    var isDrained: Bool {
        reclaim()
        return isBroken || isClosed || queue.inFlightCount == 0
    }
    private func reclaim() {
        if transport.isPolled, queue.inFlightCount > 0 { transport.notify(queueNumber) }
        do { while !isBroken, try queue.collect(in: memory) != nil {} } catch { fail() }
    }
    private func fail() {
        guard !isBroken else { return }
        isBroken = true
        Log.error("console: the device breaks the rules of its ring; output ends")
    }

    // MARK: Waiting

    /// Whether a write would not wait; if it would, an interrupt tells when that changes.
    var isWritable: Bool {
        if isClosed || isBroken || freeSlot() != nil { return true }
        if arm(), freeSlot() != nil { return true }
        wasFull = true
        return false
    }
    /// Wakes who waits, where there is room again or the device closed its end.
    func tellWaiters() {
        let hasRoom = wasFull && isWritable
        guard hasRoom || wasClosed != isClosed else { return }
        if hasRoom { wasFull = false }
        wasClosed = isClosed
        waiters.wake(isClosed ? [.writable, .error, .hungUp] : [.writable])
    }
    private func arm() -> Bool {
        do { return try queue.enableInterrupts(in: memory) } catch {
            fail()
            return true
        }
    }
    private func disarm() {
        do { try queue.disableInterrupts(in: memory) } catch { fail() }
    }
    private func slot(_ blocking: Waiting) throws(Errno) -> DMABuffer {
        while true {
            guard !isClosed else { throw .brokenPipe }
            if let slot = freeSlot() { return slot }
            guard !isBroken else { throw .inputOutput }
            guard blocking != .never else {
                wasFull = true
                throw .tryAgain
            }
            let outcome = waitForRoom(blocking)
            disarm()
            guard outcome != .interrupted else { throw .restart }
        }
    }
    /// What a device that is awake takes at most until it has room. A signal does not end a wait of that
    /// length: a program's own pipe, of more bytes than the slots here, would have taken them at once.
    private static let shortWait = Nanoseconds(rawValue: 200_000_000)
    private func waitForRoom(_ blocking: Waiting) -> Wait.Outcome {
        guard blocking == .untilSignal else {
            return Wait.until(interruptible: .never, on: .queue(waiters)) { self.isWritable }
        }
        let outcome = Wait.until(
            deadline: Clock.monotonic() + Self.shortWait, interruptible: .never,
            on: .queue(waiters)
        ) { self.isWritable }
        guard outcome == .timedOut else { return outcome }
        return Wait.until(on: .queue(waiters)) { self.isWritable }
    }
    /// How long a write may wait for room.
    enum Waiting: Sendable {
        case never
        case untilSignal
        case forEver
    }

    /// Writes `count` bytes of the program, at least one; returns how many.
    func write(
        count: Int, from address: VirtualAddress, _ waiting: Waiting
    ) throws(Errno) -> Int {
        var done = 0
        while done < count {
            do throws(Errno) {
                let slot = try slot(waiting)
                let size = min(slot.byteCount, count - done)
                guard let source = address.advanced(by: UInt64(done)) else { throw .badAddress }
                try slot.copyIn(from: source, count: size, at: 0)
                send(slot, count: size)
                done += size
            } catch {
                // What went out counts; the reason comes again with the next call.
                guard done > 0 else { throw error }
                return done
            }
        }
        return done
    }
    /// Writes bytes of the library OS, at least one; returns how many.
    func write(_ bytes: RawSpan, _ waiting: Waiting) throws(Errno) -> Int {
        var done = 0
        while done < bytes.byteCount {
            do throws(Errno) {
                let slot = try slot(waiting)
                let size = min(slot.byteCount, bytes.byteCount - done)
                slot.write(bytes.extracting(done..<done + size), at: 0)
                send(slot, count: size)
                done += size
            } catch {
                guard done > 0 else { throw error }
                return done
            }
        }
        return done
    }
    /// Waits until the device drained everything.
    func flush() {
        _ = Wait.until(interruptible: .never) {
            self.isDrained || (self.arm() && self.isDrained)
        }
    }
}
