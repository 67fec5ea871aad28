import Base
import Testing

@testable import Scheduler

/// A device that has something after a while, of which it tells only those who wait for it.
private final class QuietDevice: PollSource {
    let waiters = WaitQueue()
    private(set) var hasHappened = false
    private var wasLookedAt = false

    func poll() -> Bool {
        if wasLookedAt {
            hasHappened = true
            waiters.wake()
        } else {
            wasLookedAt = true
            // Longer than a CPU polls before it waits for an interrupt.
            let end = Clock.monotonic() + Nanoseconds(rawValue: 1_000_000)
            while Clock.monotonic() < end {}
        }
        return false
    }
}
private final class CountedIdle: IdleStrategy {
    private(set) var waitCount = 0
    func wait(atMost delay: Nanoseconds?) { waitCount += 1 }
}

@Suite("Wait", .serialized) struct WaitTests {
    @Test("whom the look at a device woke waits for no interrupt")
    func wokenByLook() {
        let idle = CountedIdle()
        let device = QuietDevice()
        let thread = Thread(identifier: 1)
        Wait.start(idle)
        Wait.register(device)
        Thread.setCurrent(thread)
        // Other tests may have left it in the middle of an idle time.
        Processor.current.pollingEnd = nil
        defer { Thread.setCurrent(nil) }
        let outcome = Wait.until(on: .queue(device.waiters)) { device.hasHappened }
        #expect(outcome == .ready)
        #expect(idle.waitCount == 0)
    }
}
