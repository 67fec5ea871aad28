internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes
internal import Scheduler

/// Where each thread of each process is, for who looks at a program that does not go on.
package enum ThreadReport {
    private static let roomForThread = 1536
    private static let mostRoom = 60 << 10

    /// Writes it and hands it to `send`; without memory there is none.
    package static func write(_ send: (RawSpan) -> Void) {
        // Threads that run elsewhere come into the library OS, and wait for its lock.
        Processors.synchronize()
        let room = min(512 + ProcessTable.taskCount * roomForThread, mostRoom)
        guard var buffer = FixedBuffer<UInt8>(count: room, repeating: 0) else { return }
        let count: Int
        do {
            var text = TextBuffer(into: buffer.mutableBytes)
            text.append("threads of the program:\nprogram (entered at 0x")
            text.append(hexadecimal: Crash.programEntry?.rawValue ?? 0)
            text.append("):\n")
            if Processors.startedCount > 1 {
                for number in 0..<Processors.startedCount { describe(number, into: &text) }
            }
            ProcessTable.forEach { process in
                if !process.isFirst { describe(process, into: &text) }
                process.forEachThread { describe($0, into: &text) }
            }
            count = text.writtenCount
        }
        send(buffer.bytes.extracting(first: count))
    }

    private static func describe(_ processor: Int, into text: inout TextBuffer) {
        let state = Processors.state(processor)
        text.append("CPU ")
        text.append(UInt64(processor))
        text.append(
            state.isHalted ? " waits for an interrupt" : state.isIdle ? " is idle" : " runs")
        text.append(state.isCalled ? ", called, " : ", ")
        text.append(UInt64(Scheduler.queueLength(of: processor)))
        text.append(" threads in its queue\n")
    }
    private static func describe(_ process: Process, into text: inout TextBuffer) {
        text.append("process ")
        text.append(UInt64(process.identifier))
        text.append(" \"")
        append(process.name, to: &text)
        text.append("\" of ")
        text.append(UInt64(process.parentIdentifier))
        text.append(process.threads.count > 0 ? ":\n" : " has ended\n")
    }
    private static func append(_ name: InlineArray<16, UInt8>, to text: inout TextBuffer) {
        for index in 0..<16 where name[index] != 0 { text.append(byte: name[index]) }
    }
    /// Whether a process runs the program of the machine's start, where that was put: its names are known.
    private static func runsFirstProgram(_ process: Process) -> Bool {
        guard let first = Process.first, !first.hasExecuted else { return false }
        return process.executable === first.executable
            && process.auxiliaryVector == first.auxiliaryVector
    }
    private static func describe(_ thread: ProgramThread, into text: inout TextBuffer) {
        let process = thread.process
        let frame = thread.thread.context?.frame ?? CPU.area.programFrame
        text.append("thread ")
        text.append(UInt64(thread.thread.identifier))
        text.append(" \"")
        append(thread.name, to: &text)
        text.append("\" ")
        switch thread.thread.state {
        case .running: text.append("runs")
        case .ready: text.append("wants to run")
        case .blocked: text.append("waits")
        case .ended: text.append("has ended")
        }
        text.append(" on CPU ")
        text.append(UInt64(thread.thread.processor))
        if frame.isInSystemCall {
            text.append(", in ")
            call(frame, into: &text)
        }
        let waiting = thread.signals.pending
        if !waiting.isEmpty {
            text.append(", signals 0x")
            text.append(hexadecimal: waiting.rawValue)
            text.append(" pending, 0x")
            text.append(hexadecimal: thread.signals.blocked.rawValue)
            text.append(" blocked")
        }
        text.append("\n")
        let place: ((inout TextBuffer) -> Void)? =
            runsFirstProgram(process) ? nil : { append(process.name, to: &$0) }
        Backtrace.append(from: frame, to: &text, in: place) { address in
            process.memory.word(at: address)
        }
    }
    private static func call(_ frame: ProgramFrame, into text: inout TextBuffer) {
        if let number = SystemCallNumber(rawValue: frame.systemCallNumber) {
            text.append(number.name)
        } else {
            text.append("call ")
            text.append(frame.systemCallNumber)
        }
        text.append("(")
        for index in 0..<6 {
            if index > 0 { text.append(", ") }
            text.append("0x")
            text.append(hexadecimal: frame.argument(index))
        }
        text.append(")")
    }
}
