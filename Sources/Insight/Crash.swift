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
    static var programEntry: VirtualAddress? { state.programEntry }

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
        switch frame.libraryFault {
        case .named(let name): text.append(name)
        case .access where LibraryStack.isGuard(faultAddress):
            text.append("library-OS stack overflow")
        case .access(let access, let refusal):
            text.append("page fault ")
            switch access {
            case .read: text.append("reading ")
            case .write: text.append("writing ")
            case .execute: text.append("executing ")
            }
            text.append("0x")
            text.append(hexadecimal: faultAddress.rawValue)
            text.append(refusal == .notPermitted ? " (not permitted)" : " (not mapped)")
        case .numbered(let number):
            text.append("exception ")
            text.append(number)
        case .none: text.append("unknown entry")
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
        if CPU.number > 0 {
            text.append(" (on CPU ")
            text.append(UInt64(CPU.number))
            text.append(")")
        }
        text.append("\n")
        if let frame {
            registers(frame, into: &text)
            text.append("library OS:\n")
            Backtrace.append(from: frame, to: &text) { LibraryStack.load(at: $0) }
        }
        if let programEntry {
            text.append("program (entered at 0x")
            text.append(hexadecimal: programEntry.rawValue)
            text.append("):\n")
            Backtrace.append(from: CPU.area.programFrame, to: &text) { address in
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
        let registersPerRow = 3
        var index = 0
        while let register = frame.shownRegister(index) {
            text.append("  ")
            text.append(register.name)
            text.append(" ")
            text.append(hexadecimal: register.value, minimumDigits: 16)
            index += 1
            if index % registersPerRow == 0 { text.append("\n") }
        }
        if index % registersPerRow != 0 { text.append("\n") }
    }
}
