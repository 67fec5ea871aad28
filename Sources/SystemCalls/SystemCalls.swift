package import Hardware
internal import LinuxABI
internal import Trace
package import Processes
package import Scheduler

/// The system calls: a handler each, grouped by family into files, and their dispatch.
///
/// A handler is `static func name(_ caller: Caller, label: Type, …) throws(Errno) -> Int` with the
/// call's name in camel case and a doc comment that begins `/// name(2): `. Its argument types
/// conform to `SystemCallArgument`. `Scripts/generate-system-calls` writes the table
/// (Table+Generated.swift) and Documentation/SystemCalls.md from these declarations.
package enum SystemCalls {
    /// Runs the system call that the program's registers name and leaves its result in them.
    @export(interface)
    package static func dispatch(frame: ProgramFrame) {
        // Linux looks at EAX alone (entry_64.S: movslq %eax, %rsi).
        let rawNumber = UInt64(UInt32(truncatingIfNeeded: frame.systemCallNumber))
        guard let number = SystemCallNumber(rawValue: rawNumber) else {
            frame.fail(with: .notImplemented)
            return
        }
        guard let thread = Thread.current else { fatalError("a system call without a thread") }
        let caller = Caller(process: Process.current, thread: thread, frame: frame)
        do {
            frame.result = UInt64(bitPattern: Int64(try call(number, caller)))
        } catch {
            frame.fail(with: error)
        }
    }
}

/// Who makes a system call, and with which registers.
package struct Caller {
    package let process: Process
    package let thread: Thread
    package let frame: ProgramFrame
}

extension ProgramFrame {
    fileprivate func fail(with error: Errno) {
        result = UInt64(bitPattern: -Int64(error.rawValue))
    }
}
