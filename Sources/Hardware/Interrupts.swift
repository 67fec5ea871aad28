internal import Base
internal import NucleusLayout

/// What a device or timer does when its vector came; runs inside the library OS, never nested.
package protocol InterruptHandler: AnyObject {
    /// Vectors merge: one call may stand for many interrupts.
    func interrupt()
}

/// The device vectors of this machine and who handles each.
package final class InterruptTable {
    private var handlers = InlineArray<32, (any InterruptHandler)?>(repeating: nil)
    fileprivate private(set) var count: UInt64 = 0
    package init() {}

    /// Registers the handler of a vector. Precondition: it is one of the device vectors.
    package func register(_ handler: any InterruptHandler, vector: Int) {
        precondition((0..<Int(DEVICE_VECTORS)).contains(vector - Int(FIRST_DEVICE_VECTOR)))
        handlers[vector - Int(FIRST_DEVICE_VECTOR)] = handler
    }
    fileprivate func handle(_ pending: UInt32) {
        var pending = pending
        count &+= UInt64(pending.nonzeroBitCount)
        while pending != 0 {
            let index = pending.trailingZeroBitCount
            pending &= pending - 1
            handlers[index]?.interrupt()
        }
    }
}

/// Front of this machine's interrupt table.
package enum Interrupts {
    // Set once by boot, before a device is started.
    private static let table = Global<InterruptTable?>(nil)

    package static func start() { table.value = InterruptTable() }

    package static func register(_ handler: any InterruptHandler, vector: Int) {
        guard let table = table.value else { fatalError("no interrupt table") }
        table.register(handler, vector: vector)
    }
    /// How many were handled since boot; those that came together count once.
    package static var count: UInt64 { table.value?.count ?? 0 }
    /// Handles what is pending on this CPU until nothing is; returns whether anything was.
    @discardableResult
    package static func handlePending() -> Bool {
        var any = false
        while true {
            let pending = CPU.takePendingVectors()
            guard pending != 0 else { break }
            table.value?.handle(pending)
            CPU.finishVectors()
            any = true
        }
        return any
    }
}
