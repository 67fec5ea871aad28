internal import Base
internal import Hardware
internal import LinuxABI
internal import Scheduler
internal import Trace
internal import Virtio

/// The way in of a console port, or of its control messages: slots that the device fills, in order.
package final class ReceivePort {
    private let transport: VirtioTransport
    private let queueNumber: UInt16
    private var queue: DriverQueue
    private let slots: DMABuffer
    private let slotByteCount: Int
    private let memory = DMAMemory()
    /// Slot of the chain that begins at a descriptor.
    private var slotOfHead: [UInt16]
    /// Slots with data, oldest first; at most as many as the queue has.
    private var filled: [Filled] = []
    /// Bytes of the oldest slot that were taken.
    private var taken = 0
    package private(set) var isBroken = false
    /// Whether the device closed its end: no more comes after what is here.
    package internal(set) var isClosed: Bool {
        get { wasClosed || endByteCount.map { receivedByteCount >= $0 } ?? false }
        set { wasClosed = newValue }
    }
    private var wasClosed = false
    /// Bytes that came so far, and after how many the host said that no more come.
    private var receivedByteCount: UInt64 = 0
    var endByteCount: UInt64?

    /// Who waits for bytes or the end.
    let waiters = WaitQueue()
    /// What `tellWaiters` has told.
    private var told = (byteCount: UInt64(0), hasEnded: false)

    private struct Filled {
        let slot: UInt16
        let byteCount: Int
    }

    /// Sets the queue up; `slots` is cut into as many slots as the queue has entries.
    init(
        _ transport: VirtioTransport, queue number: UInt16, size: UInt16, slots: DMABuffer,
        in arena: inout DMAArena
    ) throws(DriverError) {
        self.transport = transport
        queueNumber = number
        queue = try transport.makeQueue(number, size: size, in: &arena)
        self.slots = slots
        // A prepared queue may have more entries than were asked for.
        let count = Int(queue.layout.size)
        slotByteCount = slots.byteCount / count
        slotOfHead = Array(repeating: 0, count: count)
        filled.reserveCapacity(count)
    }
    /// Lends all slots to the device, once it runs.
    func start() {
        for slot in 0..<queue.layout.size { lend(slot) }
        publish()
        collect()
    }

    private func lend(_ slot: UInt16) {
        let buffer = slots.slot(Int(slot), of: slotByteCount)
        do {
            let segment = buffer.segment(first: slotByteCount)
            guard let head = try queue.add(writable: segment, in: memory) else { return }
            slotOfHead[Int(head)] = slot
        } catch { fail() }
    }
    private func publish() {
        do {
            if try queue.publish(in: memory) { transport.notify(queueNumber) }
        } catch { fail() }
    }
    private func fail() {
        guard !isBroken else { return }
        isBroken = true
        Log.error("console: the device breaks the rules of its ring; input ends")
    }

    /// Takes what the device filled; an interrupt tells when there is more.
    func collect() {
        guard !isBroken else { return }
        var hasEmpty = false
        do {
            repeat {
                while let completion = try queue.collect(in: memory) {
                    let slot = slotOfHead[Int(completion.head)]
                    if completion.written > 0 {
                        receivedByteCount += UInt64(completion.written)
                        filled.append(Filled(slot: slot, byteCount: Int(completion.written)))
                    } else {
                        hasEmpty = true
                        lend(slot)
                    }
                }
            } while try queue.enableInterrupts(in: memory)
        } catch { fail() }
        if hasEmpty { publish() }
    }

    var hasEnded: Bool { isClosed || isBroken }
    /// Wakes who waits, where bytes or the end came since this was called last.
    func tellWaiters() {
        let now = (byteCount: receivedByteCount, hasEnded: hasEnded)
        guard now != told else { return }
        told = now
        waiters.wake(now.hasEnded ? [.readable, .hungUp] : [.readable])
    }

    /// Bytes that are here.
    var byteCount: Int {
        var sum = -taken
        for slot in filled { sum += slot.byteCount }
        return sum
    }
    /// The next bytes that lie together, `nil` where none are here.
    var first: DMABuffer? {
        guard let first = filled.first else { return nil }
        let slot = slots.slot(Int(first.slot), of: slotByteCount)
        return DMABuffer(address: slot.address + UInt64(taken), byteCount: first.byteCount - taken)
    }
    /// Takes `count` bytes of `first`. Precondition: it has as many.
    func drop(_ count: Int) {
        guard let first = filled.first else { return }
        precondition(count <= first.byteCount - taken)
        taken += count
        guard taken == first.byteCount else { return }
        taken = 0
        filled.removeFirst()
        lend(first.slot)
        publish()
    }
    /// Moves at most `count` bytes that are here to the program; returns how many. EFAULT, with
    /// nothing lost, where the first can't be stored.
    func read(count: Int, to address: VirtualAddress) throws(Errno) -> Int {
        var done = 0
        while done < count, let first {
            let size = min(first.byteCount, count - done)
            do throws(Errno) {
                guard let target = address.advanced(by: UInt64(done)) else { throw .badAddress }
                try first.copyOut(to: target, count: size, at: 0)
            } catch {
                guard done > 0 else { throw error }
                return done
            }
            drop(size)
            done += size
        }
        return done
    }
}
