internal import NucleusLayout

/// The contract of nucleus, library OS and VMM; its numbers are in NucleusLayout.h.
package enum NucleusInterface {
    package static let version = UInt32(NUCLEUS_INTERFACE_VERSION)

    /// ELF notes of the kernel image and of a Martlet image (owner name, NUL-terminated in the file).
    package enum Note {
        package static let owner: StaticString = "Martlet"
        /// Descriptor: version (u32), hardening (u32), then virtual addresses (u64 each): nucleus
        /// template, entry template, kernel end.
        package static let kernel: UInt32 = 1
        package static let kernelDescriptorSize = 32

        /// Bits of the kernel note's second word: what the kernel was built to use of a CPU that has it.
        package struct Hardening: OptionSet, Sendable {
            package let rawValue: UInt32
            package init(rawValue: UInt32) { self.rawValue = rawValue }
            package static let privilegedAccessNever = Self(rawValue: 1 << 0)
            package static let branchTargets = Self(rawValue: 1 << 1)
            package static let pointerAuthentication = Self(rawValue: 1 << 2)
        }
    }

    /// A record on the control channel, guest to VMM: kind (u32), payload byte count (u32), payload.
    package enum Control: UInt32, Sendable {
        /// Payload: exit status (u32).
        case exit = 1
        /// Payload: signal number (u32).
        case killed = 2
        /// Payload: UTF-8 text of the crash screen.
        case crash = 3
        /// Payload: level (u8), UTF-8 line of the kernel's log.
        case log = 4
        /// Payload: milestone (u32), the counter's frequency in kHz or zero (u32), the counter (u64).
        case milestone = 5
        /// Payload: UTF-8 line that says why the program could not be started; status 1.
        case refused = 6
        /// No payload: the program wants the terminal's input, which is to come as it is from now
        /// on. The answer is `HostControl.terminal`.
        case attach = 7
        /// Payload: signal number (u32) that stopped the program. The answer is
        /// `HostControl.resume`, when the host's process was continued.
        case stopped = 8
        /// Payload: offset (u64) in the core file, bytes that are there. Where the VMM was asked for one.
        case core = 9
        /// Payload: UTF-8 text that `HostControl.report` asked for, in the crash screen's form.
        case report = 10
        /// Payload: path of a file that the program looked for in vain, at most 4096 bytes. Where the
        /// log has level info.
        case missing = 11

        /// The VMM ends a guest whose record is longer.
        package static let maximumPayload = 1 << 16
        package static let headerSize = 8
    }

    /// A record on the control channel, VMM to guest, in the same form.
    package enum HostControl: UInt32, Sendable {
        /// Payload: signal number (u32), for the program.
        case signal = 0x101
        /// Payload: bytes of standard input in all (u64); it ends behind them. Where the console
        /// itself can't say so.
        case inputEnd = 0x102
        /// Payload: CLOCK_REALTIME in nanoseconds (u64), the answer to `consoleReady`. Where no
        /// boot record said so.
        case clock = 0x103
        /// Payload: window size (struct winsize, 8 bytes), 1 where the terminal passes bytes on as
        /// they are or 0 (u32), how many bytes that come were shown by it already (u32).
        case terminal = 0x104
        /// No payload: a program that was stopped goes on.
        case resume = 0x105
        /// Payload: 1 to 16 bytes that were typed, where standard input is not the terminal.
        case keyboard = 0x106
        /// No payload: asks where the program's threads are. The answer is `Control.report`.
        case report = 0x107

        /// The guest skips a record whose payload is longer.
        package static let maximumPayload = 64
    }

    /// Points on the way to the program, for the timeline of the start.
    package enum Milestone: UInt32, Sendable {
        case kernelEntered = 1
        case memoryReady = 2
        case devicesReady = 3
        case programLoaded = 4
        case programEntered = 5
        /// A loader's first instruction of the kernel, before `kernelEntered`.
        case handedOver = 6
        /// Records leave the machine from now on.
        case consoleReady = 7
    }

    /// Levels of the kernel's log.
    package enum LogLevel: UInt8, Sendable {
        case critical = 0
        case error = 1
        case warning = 2
        case info = 3
        case debug = 4
    }
}
