internal import Base
internal import CLinux
package import LinuxABI
internal import Synchronization

/// The host's terminal while a machine has it: raw from when the program wants its input, and put
/// back whenever the machine lets go of it.
///
/// Used by the thread that serves the devices.
package final class HostTerminal: @unchecked Sendable {
    private let descriptor: Descriptor
    /// Who puts the terminal back when this process can't, and is told when that would be needed.
    package let guardian: Descriptor?
    /// Whether standard input is the terminal: else what is typed is read from it on its own.
    package let isInput: Bool
    private let process = Host.processIdentity
    private var saved: TerminalModes
    /// Whether the program has the terminal.
    package private(set) var isAttached = false
    private var isRaw = false

    /// The terminal that standard input is, or else the process's; `nil` where there is none.
    package init?(guardian: Descriptor?) {
        isInput = Self.modes(of: .standardInput) != nil
        var descriptor = Descriptor.standardInput
        if !isInput {
            guard let own = try? OwnedDescriptor.readingAndWriting(path: "/dev/tty") else {
                return nil
            }
            descriptor = own.leak()
        }
        guard let modes = Self.modes(of: descriptor) else { return nil }
        self.descriptor = descriptor
        self.guardian = guardian
        saved = modes
    }

    /// The character that interrupts: two in a second end a machine that takes no input.
    package var interruptCharacter: UInt8 { saved[.interrupt] }
    package var windowSize: UInt64 { clinux_window_size(descriptor.rawValue) }
    /// Whether what is typed is for this process (and not for another job of the shell).
    package var isForeground: Bool { clinux_is_foreground(descriptor.rawValue) != 0 }
    /// Whether the program is to get what is typed now.
    package var isReadable: Bool { isAttached && isRaw && isForeground && !hasHungUp }
    private var hasHungUp = false

    /// What to wait for where it is not standard input that is typed.
    package var keyboard: Descriptor? { !isInput && isReadable ? descriptor : nil }
    /// What was typed, at most `byteCount` bytes; `keyboard` is ready.
    package func readKeyboard(atMost byteCount: Int) -> [UInt8] {
        do throws(Errno) {
            let bytes = try descriptor.read(atMost: byteCount)
            if bytes.isEmpty { hasHungUp = true }
            return bytes
        } catch {
            if error != .interrupted, error != .tryAgain { hasHungUp = true }
            return []
        }
    }
    /// Whether standard input may be read now.
    package var letsInputBeRead: Bool { !isInput || isReadable }

    /// The program wants the terminal's input as it is. Returns how many bytes are there already,
    /// and so were shown when they were typed.
    package func attach() -> UInt32 {
        let echoes = Self.modes(of: descriptor)?.local.contains(.echo) ?? false
        isAttached = true
        enter()
        return isRaw && echoes ? UInt32(max(0, clinux_bytes_readable(descriptor.rawValue))) : 0
    }
    /// Goes on after a stop, or after the shell gave the terminal back. The modes that are found
    /// are those to put back.
    package func enter() {
        guard isAttached, !isRaw, isForeground else { return }
        saved = Self.modes(of: descriptor) ?? saved
        tellGuardian(UInt8(ascii: "A"))
        Self.set(saved.raw, on: descriptor)
        isRaw = true
        Self.showsRaw.store(true, ordering: .relaxed)
    }
    /// After this process was stopped from outside, the shell may have changed the modes.
    package func enterAnew() {
        isRaw = false
        enter()
    }
    /// Puts the modes back that were found, unless another job has the terminal.
    package func leave() {
        guard isRaw else { return }
        isRaw = false
        Self.showsRaw.store(false, ordering: .relaxed)
        if isForeground { Self.set(saved, on: descriptor) }
        tellGuardian(UInt8(ascii: "R"))
    }
    private func tellGuardian(_ word: UInt8) {
        if let guardian { _ = try? guardian.write([word]) }
    }

    /// Stops this process as the program was stopped, until it is continued.
    package func stop(by signal: Int32) {
        leave()
        clinux_stop_self(process, signal)
    }

    /// How often a process in the background looks whether it is still there, in milliseconds.
    package static let lookingInterval: Int32 = 250

    // MARK: The system's calls

    package static func modes(of descriptor: Descriptor) -> TerminalModes? {
        var bytes = [UInt8](repeating: 0, count: TerminalModes.longByteCount)
        let result = unsafe bytes.withUnsafeMutableBufferPointer { buffer -> Int32 in
            guard let base = buffer.baseAddress else { return -1 }
            return unsafe clinux_terminal_modes(descriptor.rawValue, base)
        }
        return result == 0 ? TerminalModes(bytes.span.raw) : nil
    }
    private static func set(_ modes: TerminalModes, on descriptor: Descriptor) {
        let bytes = modes.bytes
        _ = unsafe bytes.withUnsafeBufferPointer { buffer -> Int32 in
            guard let base = buffer.baseAddress else { return -1 }
            return unsafe clinux_set_terminal_modes(descriptor.rawValue, base)
        }
    }
    package static func windowSize(of descriptor: Descriptor) -> UInt64 {
        clinux_window_size(descriptor.rawValue)
    }

    /// Whether lines on standard error need a carriage return.
    static let showsRaw = Atomic<Bool>(false)
}

extension TerminalModes {
    /// The struct's bytes.
    package var bytes: [UInt8] {
        var result = [UInt8](repeating: 0, count: Self.byteCount)
        var span = result.mutableSpan
        var bytes = span.mutableRaw
        write(to: &bytes)
        return result
    }
}

extension Host {
    /// Stops this process by a signal until it is continued.
    package static func stop(process: Int32, by signal: Int32) { clinux_stop_self(process, signal) }
}

/// The process that stays beside a machine on a terminal, to put that back if the machine can't.
package enum TerminalWatch {
    /// How the watched program ended.
    package struct Ending: Sendable {
        package let status: Int32
        /// The signal that killed it, 0 where none did.
        package let signal: Int32
    }

    /// Starts a program with its end of a connection, whose number `arguments` is given, and stays
    /// until it ends.
    package static func run(
        _ path: [UInt8], on terminal: Descriptor, modes: TerminalModes,
        arguments: (_ connection: Int32) -> [[UInt8]]
    ) throws(Errno) -> Ending {
        var sockets: (Int32, Int32) = (-1, -1)
        let made = unsafe withUnsafeMutablePointer(to: &sockets) { pair in
            unsafe pair.withMemoryRebound(to: Int32.self, capacity: 2) {
                unsafe clinux_guardian_sockets($0)
            }
        }
        guard made == 0 else { throw .last }
        let bytes = modes.bytes
        let words = arguments(sockets.1)
        let ending = unsafe ThisProcess.withPointers(path, words) { path, arguments in
            unsafe bytes.withUnsafeBufferPointer { modes -> clinux_ending in
                unsafe withUnsafePointer(to: &sockets) { pair -> clinux_ending in
                    unsafe pair.withMemoryRebound(to: Int32.self, capacity: 2) { sockets in
                        guard let modes = modes.baseAddress else {
                            return clinux_ending(status: -1, signal: 0)
                        }
                        return unsafe clinux_watch(
                            path, arguments, terminal.rawValue, modes, sockets)
                    }
                }
            }
        }
        guard let ending, ending.status >= 0 else { throw .last }
        return Ending(status: ending.status, signal: ending.signal)
    }
}
