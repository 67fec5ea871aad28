package import Base
package import Hardware
internal import LinuxABI
internal import Trace

/// Who carries a crash report out of the machine.
package protocol CrashReporter: AnyObject {
    /// Sends the report; returns whether it left. Must not allocate, wait for the guest, or trap.
    func report(_ text: RawSpan) -> Bool
}

/// The crash screen: what is left to say when the library OS itself fails.
///
/// Lines of the form `  #N 0xADDRESS` are code addresses; who shows the report puts names to them
/// from the image's symbol table, so that no image carries one in memory.
package enum Crash {
    private static let state = CrashState()

    /// Makes room for the report and names who carries it out. Called by boot.
    package static func start(reporter: (any CrashReporter)?) { state.reporter = reporter }
    /// Notes that there is a program whose backtrace belongs into a report, and where it began: who
    /// shows the report finds out by that where a position-independent one lies.
    package static func programStarted(at entry: VirtualAddress) { state.programEntry = entry }

    /// Reports an exception of the library OS and ends the machine.
    package static func end(_ frame: ProgramFrame, faultAddress: VirtualAddress) -> Never {
        state.render(frame) { text in
            describe(frame, faultAddress, into: &text)
        }
        state.send()
        Power.turnOff()
    }
    /// Reports a failure that is no exception and ends the machine.
    package static func end(because reason: StaticString) -> Never {
        state.render(nil) { text in text.append(reason) }
        state.send()
        Power.turnOff()
    }

    @_lifetime(text: copy text)
    private static func describe(
        _ frame: ProgramFrame, _ faultAddress: VirtualAddress, into text: inout TextBuffer
    ) {
        guard case .exception(let vector) = frame.cause else {
            text.append("unknown entry")
            return
        }
        switch vector {
        case 0: text.append("division by zero")
        case 6: text.append("a check failed (invalid instruction)")
        case 8: text.append("double fault")
        case 13: text.append("general protection fault")
        case 14 where LibraryStack.isGuard(faultAddress): text.append("library-OS stack overflow")
        case 14:
            let error = frame[.error]
            text.append("page fault ")
            if error & 16 != 0 {
                text.append("executing ")
            } else if error & 2 != 0 {
                text.append("writing ")
            } else {
                text.append("reading ")
            }
            text.append("0x")
            text.append(hexadecimal: faultAddress.rawValue)
            text.append(error & 1 != 0 ? " (not permitted)" : " (not mapped)")
        case 18: text.append("machine check")
        default:
            text.append("exception ")
            text.append(UInt64(vector))
        }
    }
}

/// The report being written, in storage that exists before it is needed.
private final class CrashState: @unchecked Sendable {
    private static let capacity = 6144
    private var bytes = InlineArray<6144, UInt8>(repeating: 0)
    private var length = 0
    private var isCrashing = false
    var reporter: (any CrashReporter)?
    var programEntry: VirtualAddress?

    func render(_ frame: ProgramFrame?, _ reason: (inout TextBuffer) -> Void) {
        // A crash while reporting one: say no more.
        if isCrashing { Power.turnOff() }
        isCrashing = true
        var span = bytes.mutableSpan
        var text = TextBuffer(into: span.mutableRaw)
        text.append("the kernel crashed: ")
        reason(&text)
        text.append("\n")
        if let frame {
            registers(frame, into: &text)
            text.append("library OS:\n")
            backtrace(from: frame, into: &text) { LibraryStack.load(at: $0) }
        }
        if let programEntry {
            text.append("program (entered at 0x")
            text.append(hexadecimal: programEntry.rawValue)
            text.append("):\n")
            backtrace(from: CPU.area.programFrame, into: &text) { address in
                try? ProgramMemory.load(UInt64.self, at: address)
            }
        }
        if let log = Log.current {
            text.append("last log lines:\n")
            log.forEachLine { line in
                text.append("  ")
                text.append(line)
                text.append("\n")
            }
        }
        length = text.writtenCount
    }
    func send() {
        let text = bytes.span.raw.extracting(0..<length)
        if let reporter, reporter.report(text) { return }
        CPU.writeEarlyConsole(text)
    }

    @_lifetime(text: copy text)
    private func registers(_ frame: ProgramFrame, into text: inout TextBuffer) {
        func row(
            _ name: StaticString, _ register: ProgramFrame.Register, _ end: StaticString,
            _ text: inout TextBuffer
        ) {
            text.append(name)
            text.append(" ")
            text.append(hexadecimal: frame[register], minimumDigits: 16)
            text.append(end)
        }
        row("  rip", .rip, "  ", &text)
        row("rsp", .rsp, "  ", &text)
        row("flags", .rflags, "\n", &text)
        row("  rax", .rax, "  ", &text)
        row("rbx", .rbx, "  ", &text)
        row("rcx", .rcx, "\n", &text)
        row("  rdx", .rdx, "  ", &text)
        row("rsi", .rsi, "  ", &text)
        row("rdi", .rdi, "\n", &text)
        row("  rbp", .rbp, "  ", &text)
        row("r8 ", .r8, "  ", &text)
        row("r9 ", .r9, "\n", &text)
        row("  r10", .r10, "  ", &text)
        row("r11", .r11, "  ", &text)
        row("r12", .r12, "\n", &text)
        row("  r13", .r13, "  ", &text)
        row("r14", .r14, "  ", &text)
        row("r15", .r15, "\n", &text)
    }

    /// Follows frame pointers; code without them ends the list early.
    @_lifetime(text: copy text)
    private func backtrace(
        from frame: ProgramFrame, into text: inout TextBuffer,
        load: (VirtualAddress) -> UInt64?
    ) {
        let limit: UInt64 = 24
        var address = frame[.rip]
        var base = frame[.rbp]
        for depth in 0..<limit {
            text.append("  #")
            text.append(depth)
            text.append(" 0x")
            text.append(hexadecimal: address)
            text.append("\n")
            guard base != 0, base % 8 == 0, let next = load(VirtualAddress(rawValue: base)),
                let returnAddress = load(VirtualAddress(rawValue: base &+ 8)), returnAddress != 0,
                next == 0 || next > base
            else { return }
            address = returnAddress
            base = next
        }
    }
}
