package import Hardware
internal import LinuxABI
internal import NucleusLayout
internal import Trace
package import Processes

/// The system calls: a handler each, grouped by family into files, and their dispatch.
///
/// A handler is `static func name(_ caller: Caller, label: Type, …) throws(Errno) -> Int` with the
/// call's name in camel case and a doc comment that begins `/// name(2): `. Its argument types
/// conform to `SystemCallArgument`. `Scripts/generate-system-calls` writes the table
/// (Table+Generated.swift) and Documentation/SystemCalls.md from these declarations.
package enum SystemCalls {
    /// Runs the system call that the program's registers name and leaves its result in them.
    ///
    /// The entry for sites that are jumps does the same in assembly (Entry.S).
    @export(interface)
    package static func dispatch(frame: ProgramFrame) {
        // Linux looks at the low half alone (entry_64.S: movslq %eax, %rsi; arm64's el0_svc_common
        // takes an int).
        let number = UInt32(truncatingIfNeeded: frame.systemCallNumber)
        let result =
            number < UInt32(SYSTEM_CALL_COUNT)
            ? handler(Int(number), on: .current)(frame.address)
            : -Int(Errno.notImplemented.rawValue)
        frame.result = UInt64(bitPattern: Int64(result))
    }

    /// The table's entry of a number. Precondition: below SYSTEM_CALL_COUNT.
    @inline(__always)
    static func handler(_ number: Int, on abi: ABI) -> @convention(c) (UInt) -> Int {
        switch abi {
        case .x86_64: callTableX86_64[number]
        case .arm64: callTableARM64[number]
        }
    }

    /// The result register's value for a handler: its result, or its error negated.
    @inline(__always)
    static func answer(
        _ address: UInt, _ handler: (ProgramFrame) throws(Errno) -> Int
    ) -> Int {
        KernelLock.acquire()
        defer { KernelLock.release() }
        do throws(Errno) {
            return try handler(CPU.frame(at: address))
        } catch {
            return -Int(error.rawValue)
        }
    }
    /// The same for handlers that only tell what never changes, without the lock.
    @inline(__always)
    static func answerAlone(_ address: UInt, _ handler: (ProgramFrame) -> Int) -> Int {
        handler(CPU.frame(at: address))
    }
}

/// Who makes a system call, and with which registers.
package struct Caller {
    package let frame: ProgramFrame
    init(_ frame: ProgramFrame) { self.frame = frame }

    package var process: Process { Process.current }
    package var thread: ProgramThread { ProgramThread.current }
    package var signals: Signals { thread.signals }
}
