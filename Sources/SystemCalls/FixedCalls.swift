internal import Base
package import Hardware
internal import LinuxABI
internal import Processes

// Calls at fixed addresses (FixedCall of the CPU's module): gettimeofday(2), time(2), getcpu(2).
extension SystemCalls {
    /// Makes the call that a fault turned out to be, and goes back to its caller. A bad pointer is
    /// SIGSEGV, as it would be for a function of the program's own. Takes the lock itself.
    @export(interface)
    package static func makeFixedCall(_ number: UInt64, frame: ProgramFrame) {
        let before = frame.result
        FixedCall.enter(number, frame)
        dispatch(frame: frame)
        KernelLock.acquire()
        defer { KernelLock.release() }
        guard frame.result != UInt64(bitPattern: -Int64(Errno.badAddress.rawValue)),
            let returnAddress = try? ProgramMemory.load(UInt64.self, at: frame.stack),
            ProgramMemory.contains(VirtualAddress(rawValue: returnAddress), count: 1)
        else {
            FixedCall.cancel(frame)
            frame.result = before
            return Processes.refuseFixedCall()
        }
        FixedCall.leave(frame, returnAddress: returnAddress)
    }
}
