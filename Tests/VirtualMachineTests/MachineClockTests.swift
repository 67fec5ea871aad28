import Testing

@testable import VirtualMachine

@Suite("A machine's clock") struct MachineClockTests {
    @Test(
        "its date as QEMU takes it (expected values by date(1))",
        arguments: [
            (0, "1970-01-01T00:00:00"), (951_782_399, "2000-02-28T23:59:59"),
            (951_868_800, "2000-03-01T00:00:00"), (951_825_600, "2000-02-29T12:00:00"),
            (1_767_323_045, "2026-01-02T03:04:05"), (4_107_542_400, "2100-03-01T00:00:00"),
            (8_267_875_199, "2231-12-31T23:59:59"),
        ] as [(UInt64, String)])
    func dates(seconds: UInt64, text: String) {
        #expect(MachineClock.date(seconds) == text)
    }

    @Test("it goes on from where it started; the host's needs no date")
    func goesOn() {
        let start: Int64 = 1_000_000_000_000
        let clock = MachineClock(start: start)
        let first = clock.now()
        #expect((UInt64(start)..<UInt64(start) + 60_000_000_000).contains(first))
        #expect(clock.now() >= first)
        #expect(clock.differentDate?.hasPrefix("1970-01-01T00:1") == true)
        #expect(MachineClock.host.differentDate == nil)
    }
}
