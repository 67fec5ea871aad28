internal import CPUX86_64Assembly
internal import NucleusLayout
internal import NucleusLayoutX86_64

/// The local APIC in xAPIC mode through its mapped page.
///
/// Source: Intel SDM volume 3, chapter 11 (register offsets: table 11-1). Ring 3 drives it without
/// an exit on these hosts; an x2APIC variant by gate MSRs belongs here too.
package enum InterruptController {
    enum Offset {
        static let identifier: UInt64 = 0x020
        static let taskPriority: UInt64 = 0x080
        static let endOfInterrupt: UInt64 = 0x0b0
        static let spurious: UInt64 = 0x0f0
        static let interruptCommand: UInt64 = 0x300
        static let interruptDestination: UInt64 = 0x310
        static let timerEntry: UInt64 = 0x320
        static let localLines: (UInt64, UInt64) = (0x350, 0x360)
        static let initialCount: UInt64 = 0x380
        static let currentCount: UInt64 = 0x390
        static let divide: UInt64 = 0x3e0
    }

    // SAFETY: the page at DEVICE_WINDOW_BASE is the local APIC from before boot to the end.
    static func write(_ offset: UInt64, _ value: UInt32) {
        guard
            let register = unsafe UnsafeMutablePointer<UInt32>(
                bitPattern: UInt(DEVICE_WINDOW_BASE) + UInt(offset))
        else { return }
        unsafe cpu_store(register, value)
    }
    static func read(_ offset: UInt64) -> UInt32 {
        guard
            let register = unsafe UnsafeMutablePointer<UInt32>(
                bitPattern: UInt(DEVICE_WINDOW_BASE) + UInt(offset))
        else { return 0 }
        return unsafe cpu_load(register)
    }

    /// Turns a local APIC on that a loader left as it was; returns its identifier. Our VMM does the
    /// same before the first instruction.
    package static func enable() -> UInt8 {
        let isMasked: UInt32 = 1 << 16
        let isEnabled: UInt32 = 1 << 8
        write(Offset.taskPriority, 0)
        write(Offset.localLines.0, isMasked)
        write(Offset.localLines.1, isMasked)
        write(Offset.timerEntry, isMasked | UInt32(TIMER_VECTOR))
        write(Offset.spurious, isEnabled | UInt32(SPURIOUS_VECTOR))
        return UInt8(truncatingIfNeeded: read(Offset.identifier) >> 24)
    }
    /// Sends a vector to this CPU (destination shorthand: self).
    package static func interruptSelf(vector: Int) {
        let destinationSelf: UInt32 = 1 << 18
        let asserted: UInt32 = 1 << 14
        write(Offset.interruptCommand, destinationSelf | asserted | UInt32(vector))
    }
    /// This CPU's identifier.
    package static var identifier: UInt64 { UInt64(read(Offset.identifier) >> 24) }
    /// Sends a vector to the CPU with an identifier.
    package static func interrupt(_ identifier: UInt64, vector: Int) {
        send(UInt32(vector), to: identifier)
    }
    /// Resets the CPU with an identifier: it waits for `begin` then (SDM volume 3, section 9.4.4).
    package static func reset(_ identifier: UInt64) { send(5 << 8, to: identifier) }
    /// Lets a CPU that was reset begin in real mode at a page below 1 MiB (a startup interrupt).
    package static func begin(_ identifier: UInt64, page: UInt8) {
        send(6 << 8 | UInt32(page), to: identifier)
    }
    /// Sends a delivery mode (bits 8 to 10) and vector.
    private static func send(_ command: UInt32, to identifier: UInt64) {
        let asserted: UInt32 = 1 << 14
        write(Offset.interruptDestination, UInt32(truncatingIfNeeded: identifier) << 24)
        write(Offset.interruptCommand, asserted | command)
    }
    /// Ends the interrupt in service; written when one was handled.
    static func endInterrupt() { write(Offset.endOfInterrupt, 0) }
}

extension CPU {
    /// Takes the vectors that are pending on this CPU; bit n is FIRST_DEVICE_VECTOR + n.
    ///
    /// One end of interrupt a vector: those of a higher class nest, and each stays in service until
    /// its own.
    package static func takePendingVectors() -> UInt32 {
        guard area.pending != 0 else { return 0 }
        let pending = area.takePending()
        for _ in 0..<pending.nonzeroBitCount { InterruptController.endInterrupt() }
        return pending
    }
    /// To be called when the handlers of what was taken have run.
    package static func finishVectors() {}
}
