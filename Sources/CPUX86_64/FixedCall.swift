package import Base
internal import NucleusLayoutX86_64

/// The vsyscall page: three functions at fixed addresses, which old programs call
/// (arch/x86/entry/vsyscall/vsyscall_64.c).
///
/// Nothing is mapped there. An instruction fetch at one of the three places is taken for the call; the
/// page can neither be read nor entered elsewhere, as with vsyscall=xonly.
package enum FixedCall {
    private static let page: UInt64 = 0xffff_ffff_ff60_0000
    /// Bytes from one function to the next.
    private static let spacing: UInt64 = 1024
    /// gettimeofday, time, getcpu
    private static let numbers: [3 of UInt64] = [96, 201, 309]
    private static let instructionFetch: UInt64 = 1 << 4

    /// What a fault is to the page.
    package enum Fault: Equatable, Sendable {
        case elsewhere
        /// A jump between the functions.
        case noFunction
        /// A call, by the number of its system call.
        case call(UInt64)
    }
    /// What a fault at `address` is.
    package static func fault(of frame: ProgramFrame, at address: VirtualAddress) -> Fault {
        guard frame.cause == .exception(vector: 14), frame[.error] & instructionFetch != 0,
            frame[.rip] == address.rawValue, address.rawValue & ~Page.offsetMask == page
        else { return .elsewhere }
        let (index, rest) = (address.rawValue - page).quotientAndRemainder(dividingBy: spacing)
        guard rest == 0, index < UInt64(numbers.count) else { return .noFunction }
        return .call(numbers[Int(index)])
    }

    /// Makes the fault look like the system call, about to be made.
    package static func enter(_ number: UInt64, _ frame: ProgramFrame) {
        frame[.vector] = UInt64(FRAME_VECTOR_SYSTEM_CALL)
        frame[.originalRAX] = number
    }
    /// Goes back to the caller behind a call whose result the frame holds.
    package static func leave(_ frame: ProgramFrame, returnAddress: UInt64) {
        frame.forgetSystemCall()
        frame[.rip] = returnAddress
        frame[.rsp] &+= 8
    }
    /// Undoes `enter`: nothing was called.
    package static func cancel(_ frame: ProgramFrame) { frame.forgetSystemCall() }
}
