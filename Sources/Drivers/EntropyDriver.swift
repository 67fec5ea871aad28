package import Hardware
internal import Base
internal import Virtio

/// The entropy device (virtio 1.2, section 5.4): asked for random bytes, mixed into the generator.
package final class EntropyDriver: InterruptHandler, EntropySource {
    private let transport: VirtioTransport
    private var queue: DriverQueue
    private let buffer: DMABuffer
    private let memory = DMAMemory()
    private var isBroken = false
    private static let requestByteCount = 64

    /// Takes the device over and starts it. `allocate` returns one frame that stays ours.
    package init(
        _ transport: consuming VirtioTransport, allocate: (_ order: Int) -> Frame?
    ) throws(DriverError) {
        var transport = transport
        guard transport.device == .entropy else { throw .notVirtio }
        try transport.negotiate(.eventIndex)
        guard let frame = allocate(0) else { throw .outOfMemory }
        var arena = DMAArena(first: frame, order: 0)
        queue = try transport.makeQueue(EntropyDevice.requestQueue, size: 2, in: &arena)
        buffer = try arena.takeBuffer(Self.requestByteCount)
        self.transport = transport
        transport.start()
    }

    /// Asks for bytes; they are mixed in when they come. Does nothing while an answer is due.
    package func request() {
        guard !isBroken, queue.inFlightCount == 0 else { return }
        do throws(RingError) {
            _ = try queue.add(writable: buffer.segment(first: buffer.byteCount), in: memory)
            if try queue.publish(in: memory) { transport.notify(EntropyDevice.requestQueue) }
            if try queue.enableInterrupts(in: memory) { interrupt() }
        } catch { isBroken = true }
    }
    /// Mixes in what came.
    package func interrupt() {
        do throws(RingError) {
            while !isBroken, let completion = try queue.collect(in: memory) {
                for offset in stride(from: 0, to: Int(completion.written) / 8 * 8, by: 8) {
                    Entropy.mix(buffer.word(at: offset))
                }
            }
        } catch { isBroken = true }
    }
}
