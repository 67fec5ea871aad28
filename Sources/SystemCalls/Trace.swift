internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes
internal import Scheduler

// Tracing other threads (ptrace(2)).
extension SystemCalls {
    /// ptrace(2): Traces a thread: its memory, registers, signals and calls. Errors: EFAULT, EINVAL, EIO, ENOMEM,
    /// EPERM, ESRCH. Neither hardware breakpoints nor PTRACE_SYSEMU, PTRACE_PEEKSIGINFO and filters: EIO.
    static func ptrace(
        _ caller: Caller, request: Int, thread: Int32, address: UInt64, data: UInt64
    ) throws(Errno) -> Int {
        if request == TraceRequest.traceMe.rawValue { return try traceMe(caller) }
        guard thread > 0, let target = ProcessTable.thread(thread) else {
            // Who ended is there until somebody waited for it.
            let isAttach =
                request == TraceRequest.attach.rawValue || request == TraceRequest.seize.rawValue
            guard isAttach, ProcessTable.find(thread) != nil else { throw .noSuchProcess }
            throw .operationNotPermitted
        }
        let request = TraceRequest(rawValue: request)
        switch request {
        case .attach:
            try attach(caller, to: target, isSeized: false, [])
            target.stopForTracer()
            return 0
        case .seize:
            let options = TraceOptions(rawValue: data)
            guard address == 0, options.isSubset(of: .known) else { throw .inputOutput }
            try attach(caller, to: target, isSeized: true, options)
            return 0
        default: break
        }
        guard let tracee = target.tracee, tracee.tracer === caller.thread else {
            throw .noSuchProcess
        }
        switch request {
        case .kill:
            if tracee.isStopped { tracee.resume(.run, with: .kill) }
            return 0
        case .interrupt:
            guard tracee.isSeized else { throw .inputOutput }
            tracee.interrupt()
            return 0
        default: break
        }
        guard tracee.isStopped else { throw .noSuchProcess }
        guard let request else { throw .inputOutput }
        return try perform(request, caller, target, tracee, address, data)
    }

    // MARK: Beginning

    private static func traceMe(_ caller: Caller) throws(Errno) -> Int {
        guard caller.thread.tracee == nil else { throw .operationNotPermitted }
        guard let parent = caller.process.parent,
            let tracer = ProcessTable.thread(caller.process.makerIdentifier)
                ?? parent.threads.first
        else { throw .operationNotPermitted }
        // Only that the parent gets no rights by it counts (security/commoncap.c, cap_ptrace_traceme).
        guard
            parent.credentials.has(.tracing)
                || caller.process.credentials.permitted.isSubset(of: parent.credentials.permitted)
        else { throw .operationNotPermitted }
        try caller.thread.beginTracing(by: tracer, isSeized: false, [])
        return 0
    }
    private static func attach(
        _ caller: Caller, to target: ProgramThread, isSeized: Bool, _ options: TraceOptions
    ) throws(Errno) {
        guard target.process !== caller.process else { throw .operationNotPermitted }
        try requireInspection(caller, of: target.process)
        guard target.tracee == nil, !target.thread.isEnding else { throw .operationNotPermitted }
        try target.beginTracing(by: caller.thread, isSeized: isSeized, options)
    }

    // MARK: Requests to stopped threads

    private static func perform(
        _ request: TraceRequest, _ caller: Caller, _ target: ProgramThread, _ tracee: Tracee,
        _ address: UInt64, _ data: UInt64
    ) throws(Errno) -> Int {
        let pointer = VirtualAddress(rawValue: data)
        switch request {
        case .traceMe, .attach, .seize, .kill, .interrupt: throw .inputOutput
        case .peekText, .peekData:
            guard
                let word = target.process.memory.word(at: VirtualAddress(rawValue: address))
            else { throw .inputOutput }
            try ProgramMemory.store(word, at: pointer)
        case .pokeText, .pokeData: try poke(target.process, address, data)
        case .peekUser: try ProgramMemory.store(try userWord(tracee, at: address), at: pointer)
        case .pokeUser: try setUserWord(tracee, at: address, to: data)
        case .continue: tracee.resume(.run, with: try signal(data))
        case .systemCall: tracee.resume(.toCall, with: try signal(data))
        case .singleStep: tracee.resume(.step, with: try signal(data))
        case .detach: target.endTracing(with: try signal(data))
        case .listen: guard tracee.listen() else { throw .inputOutput }
        case .setOptions:
            let options = TraceOptions(rawValue: data)
            guard options.isSubset(of: .known) else { throw .invalidArgument }
            tracee.options = options
        case .getEventMessage: try ProgramMemory.store(tracee.message, at: pointer)
        case .getSignalInformation:
            guard let information = tracee.information else { throw .invalidArgument }
            try store(information, at: pointer)
        case .setSignalInformation:
            let information = try loadInformation(at: pointer)
            guard tracee.information != nil else { throw .invalidArgument }
            tracee.information = information
        case .getSignalMask:
            guard address == 8 else { throw .invalidArgument }
            try ProgramMemory.store(target.signals.blocked.rawValue, at: pointer)
        case .setSignalMask:
            guard address == 8 else { throw .invalidArgument }
            let mask = try ProgramMemory.load(UInt64.self, at: pointer)
            target.signals.setBlocked(SignalSet(rawValue: mask))
        case .getSystemCallInformation:
            return try storeCall(of: tracee, at: pointer, room: address)
        case .getRegisterSet, .setRegisterSet:
            try moveSet(request, tracee, type: address, vector: pointer)
        case .getRegisters, .setRegisters, .getFloatRegisters, .setFloatRegisters:
            guard CoreRegisters.hasOwnRequests else { throw .inputOutput }
            let isFloat = request == .getFloatRegisters || request == .setFloatRegisters
            let kind: TracedRegisters.Kind = isFloat ? .note(0) : .general
            let isGet = request == .getRegisters || request == .getFloatRegisters
            try move(isGet ? .get : .set, tracee, kind, at: pointer, count: kind.byteCount)
        }
        return 0
    }
    /// The signal to go on with; EIO where there is no such.
    private static func signal(_ number: UInt64) throws(Errno) -> Signal? {
        guard number != 0 else { return nil }
        guard let signal = Int32(exactly: number).flatMap({ Signal(rawValue: $0) }) else {
            throw .inputOutput
        }
        return signal
    }
    private static func store(
        _ information: SignalInformation, at pointer: VirtualAddress
    ) throws(Errno) {
        var storage = InlineArray<128, UInt8>(repeating: 0)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            information.write(to: &bytes)
        }
        try ProgramMemory.copyOut(storage.span.raw, to: pointer)
    }
    private static func loadInformation(
        at pointer: VirtualAddress
    ) throws(Errno) -> SignalInformation {
        var storage = InlineArray<128, UInt8>(repeating: 0)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            try ProgramMemory.copyIn(from: pointer, into: &bytes)
        }
        return SignalInformation(storage.span.raw)
    }

    // MARK: Memory

    /// Writes a word, over what the program itself may not write, too. EIO where none is mapped.
    private static func poke(
        _ process: Process, _ address: UInt64, _ word: UInt64
    ) throws(Errno) {
        var storage = InlineArray<8, UInt8>(repeating: 0)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            bytes.storeLittleEndian(word, at: 0)
        }
        let count = try? process.memory.write(
            storage.span.raw, at: VirtualAddress(rawValue: address))
        guard count == 8 else { throw .inputOutput }
    }

    // MARK: Registers

    private enum Direction {
        case get
        case set
    }
    /// PTRACE_GETREGSET, PTRACE_SETREGSET: by an iovec, whose length becomes what was moved.
    private static func moveSet(
        _ request: TraceRequest, _ tracee: Tracee, type: UInt64, vector: VirtualAddress
    ) throws(Errno) {
        let base = VirtualAddress(rawValue: try ProgramMemory.load(UInt64.self, at: vector))
        let length = try ProgramMemory.load(UInt64.self, at: try vector.field(8))
        guard let kind = TracedRegisters.Kind(type: type), length % UInt64(kind.unit) == 0 else {
            throw .invalidArgument
        }
        let count = Int(min(length, UInt64(kind.byteCount)))
        try move(
            request == .getRegisterSet ? .get : .set, tracee, kind, at: base, count: count)
        try ProgramMemory.store(UInt64(count), at: try vector.field(8))
    }
    /// Moves the first bytes of a set; a shorter one leaves the rest as it is.
    private static func move(
        _ direction: Direction, _ tracee: Tracee, _ kind: TracedRegisters.Kind,
        at place: VirtualAddress, count: Int
    ) throws(Errno) {
        guard var buffer = FixedBuffer<UInt8>(count: kind.byteCount, repeating: 0) else {
            throw .outOfMemory
        }
        do {
            var bytes = buffer.mutableBytes
            tracee.registers.write(kind, to: &bytes)
        }
        guard direction == .set else {
            return try ProgramMemory.copyOut(buffer.bytes.extracting(first: count), to: place)
        }
        do {
            var bytes = buffer.mutableBytes
            var part = bytes._mutatingExtracting(0..<count)
            try ProgramMemory.copyIn(from: place, into: &part)
        }
        guard tracee.registers.read(kind, from: buffer.bytes) else {
            // arch/x86/kernel/ptrace.c's putreg says EIO, arch/arm64's gpr_set EINVAL.
            if case .general = kind, CoreRegisters.hasOwnRequests { throw .inputOutput }
            throw .invalidArgument
        }
    }
    /// A word of struct user: registers, and zeros (of what belongs to core files of old, and of debug
    /// registers, which are not there). EIO.
    private static func userWord(_ tracee: Tracee, at offset: UInt64) throws(Errno) -> UInt64 {
        guard offset % 8 == 0, offset < UInt64(CoreRegisters.userByteCount) else {
            throw .inputOutput
        }
        guard offset < UInt64(CoreRegisters.byteCount) else { return 0 }
        return try withRegisters(tracee) { $0.bytes.littleEndian(UInt64.self, at: Int(offset)) }
    }
    private static func setUserWord(
        _ tracee: Tracee, at offset: UInt64, to word: UInt64
    ) throws(Errno) {
        guard offset % 8 == 0, offset < UInt64(CoreRegisters.userByteCount) else {
            throw .inputOutput
        }
        guard offset < UInt64(CoreRegisters.byteCount) else {
            guard word == 0 else { throw .inputOutput }
            return
        }
        let isValid = try withRegisters(tracee) {
            $0.storeLittleEndian(word, at: Int(offset))
            return tracee.registers.read(.general, from: $0.bytes)
        }
        guard isValid else { throw .inputOutput }
    }
    private static func withRegisters<Result>(
        _ tracee: Tracee, _ body: (inout MutableRawSpan) -> Result
    ) throws(Errno) -> Result {
        guard var buffer = FixedBuffer<UInt8>(count: CoreRegisters.byteCount, repeating: 0) else {
            throw .outOfMemory
        }
        var bytes = buffer.mutableBytes
        tracee.registers.write(.general, to: &bytes)
        return body(&bytes)
    }

    // MARK: Calls

    /// Offsets in struct ptrace_syscall_info, and its sizes by what it tells.
    private enum CallInformation {
        static let architecture = 4
        static let instruction = 8
        static let stack = 16
        static let first = 24
        static let entryByteCount = 80
        static let exitByteCount = 33
        static let plainByteCount = 24
        // AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64
        static var architectureNumber: UInt32 {
            ABI.current == .x86_64 ? 0xc000_003e : 0xc000_00b7
        }
    }
    /// PTRACE_GET_SYSCALL_INFO: stores as much as there is room for; returns how much there is to tell.
    private static func storeCall(
        of tracee: Tracee, at pointer: VirtualAddress, room: UInt64
    ) throws(Errno) -> Int {
        typealias Place = CallInformation
        let registers = tracee.registers
        var storage = InlineArray<88, UInt8>(repeating: 0)
        let count: Int
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            bytes.storeLittleEndian(Place.architectureNumber, at: Place.architecture)
            bytes.storeLittleEndian(registers.instruction.rawValue, at: Place.instruction)
            bytes.storeLittleEndian(registers.stack.rawValue, at: Place.stack)
            switch tracee.stop {
            case .callEntry:
                bytes.storeLittleEndian(UInt8(1), at: 0)
                let number = UInt64(bitPattern: Int64(registers.callNumber))
                bytes.storeLittleEndian(number, at: Place.first)
                for index in 0..<6 {
                    bytes.storeLittleEndian(
                        registers.argument(index), at: Place.first + 8 + index * 8)
                }
                count = Place.entryByteCount
            case .callExit:
                bytes.storeLittleEndian(UInt8(2), at: 0)
                bytes.storeLittleEndian(registers.result, at: Place.first)
                let isError = (-4095..<0).contains(registers.result)
                bytes.storeLittleEndian(UInt8(isError ? 1 : 0), at: Place.first + 8)
                count = Place.exitByteCount
            case .signal, .group, .event, nil: count = Place.plainByteCount
            }
        }
        let stored = min(count, Int(clamping: room))
        try ProgramMemory.copyOut(storage.span.raw.extracting(first: stored), to: pointer)
        return count
    }
}
