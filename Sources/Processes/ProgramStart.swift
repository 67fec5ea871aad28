package import Base
internal import Files
internal import Hardware
internal import LinuxABI
package import Memory
internal import Wire

/// Starting a program: from a path to its first instruction, as execve(2) of a new process.
package enum ProgramStart {
    /// Where a program begins: its first instruction and its stack pointer.
    package struct Registers: Equatable, Sendable {
        package let entry: VirtualAddress
        package let stack: VirtualAddress
    }

    /// A layout for a new address space, random but under ADDR_NO_RANDOMIZE (personality(2)).
    package static func layout(for process: Process?) -> AddressLayout {
        let noRandomization: UInt32 = 0x0004_0000
        let stackLimit = process?.limits[.stack].soft ?? 8 << 20
        guard process.map({ $0.attributes.personality & noRandomization == 0 }) ?? true else {
            return AddressLayout(entropy: .none, stackLimit: stackLimit)
        }
        return AddressLayout(
            entropy: .init(
                stack: Entropy.word(), map: Entropy.word(), executable: Entropy.word(),
                heap: Entropy.word()),
            stackLimit: stackLimit)
    }

    /// Loads a program into the first process, whose address space is empty.
    @export(interface)
    package static func load(
        path: RawSpan, arguments: consuming ProgramStrings, environment: borrowing ProgramStrings,
        workingDirectory: RawSpan?
    ) throws(StartFailure) -> Registers {
        let process = Process.current
        if let workingDirectory { try enter(workingDirectory, process) }
        let entry: DirectoryEntry
        do throws(Errno) {
            entry = try process.fileContext.resolve(path)
        } catch {
            throw .path(error)
        }
        let program = try load(
            entry, path, .lasting, arguments: arguments, environment: environment,
            into: process.memory, for: process)
        process.signals.trampoline = process.memory.trampoline
        ProgramThread.current.setName(fromPath: path)
        ExtendedState.reset()
        return program.registers
    }

    /// Whether a script's interpreter will find the script by its path.
    package enum PathAccess: Sendable {
        case lasting
        /// It leads through a descriptor that execve(2) closes.
        case closing
    }
    /// A program in memory that nothing runs in yet.
    struct Loaded {
        let registers: Registers
        /// What the process becomes by running it.
        let credentials: ProcessCredentials
        /// Whether it gains rights by that (AT_SECURE).
        let isSecure: Bool
        /// Whether who runs the file may read it.
        let isReadable: Bool
    }
    /// Loads what `entry` is, or the interpreter that it names, into memory of its own.
    static func load(
        _ entry: DirectoryEntry, _ path: RawSpan, _ access: PathAccess,
        arguments: consuming ProgramStrings, environment: borrowing ProgramStrings,
        into memory: ProcessMemory, for process: Process
    ) throws(StartFailure) -> Loaded {
        guard var strings = Optional(arguments), strings.hasFirst() else {
            throw .memory(.outOfMemory)
        }
        try checkSize(strings, environment, path, process)
        let entry = try findInterpreters(entry, path, access, &strings, process)
        let file = try executable(entry, process)
        let image = try ProgramImage(checking: file)
        do throws(Errno) {
            // While it runs, nobody writes to it (ETXTBSY).
            try file.denyWriting()
        } catch {
            throw .path(error)
        }
        memory.setExecutable(file, entry)
        let credentials = process.credentials.afterExecution(of: file, process.privilegeGain)
        let linker = try loadInterpreter(of: image, memory.space, process)
        do throws(Errno) {
            var program = try image.map(into: memory.space)
            if let linker { program.interpreterBase = linker.base }
            let stack = try makeStack(
                memory, process, credentials, program, path, strings, environment,
                isExecutable: image.layout.hasExecutableStack ? .allowed : .forbidden)
            return Loaded(
                registers: Registers(entry: linker?.entry ?? program.entry, stack: stack),
                credentials: credentials.new, isSecure: credentials.isSecure,
                isReadable: file.allows(.read, for: process.fileCredentials))
        } catch {
            throw error == .argumentListTooLong ? .tooManyArguments : .memory(error)
        }
    }

    /// Interpreters of scripts that are scripts themselves, at most (fs/exec.c, exec_binprm).
    private static let mostScripts = 5
    /// Follows scripts to what runs them, whose arguments become the interpreter, what is behind it, the
    /// script, and the old ones but the first (fs/binfmt_script.c).
    private static func findInterpreters(
        _ entry: DirectoryEntry, _ path: RawSpan, _ access: PathAccess,
        _ arguments: inout ProgramStrings, _ process: Process
    ) throws(StartFailure) -> DirectoryEntry {
        guard var current = try script(entry, process) else { return entry }
        guard access == .lasting else { throw .path(.noSuchFile) }
        guard arguments.replaceFirst(by: current.interpreter, current.argument, path) else {
            throw .memory(.outOfMemory)
        }
        for _ in 0..<mostScripts {
            let next: DirectoryEntry
            do throws(Errno) {
                next = try process.fileContext.resolve(current.interpreter)
            } catch {
                throw .interpreter(error)
            }
            guard let line = try script(next, process) else { return next }
            guard
                arguments.replaceFirst(
                    by: line.interpreter, line.argument, current.interpreter)
            else { throw .memory(.outOfMemory) }
            current = line
        }
        throw .path(.tooManySymbolicLinks)
    }
    /// The first line of a script; `nil` where a file is none.
    private static func script(
        _ entry: DirectoryEntry, _ process: Process
    ) throws(StartFailure) -> ScriptLine? {
        let file = try executable(entry, process)
        do throws(Errno) { try file.loadContents() } catch { throw .memory(error) }
        return try ScriptLine(of: file)
    }
    /// The file that may be executed.
    private static func executable(
        _ entry: DirectoryEntry, _ process: Process
    ) throws(StartFailure) -> RegularNode {
        guard let file = entry.node as? RegularNode else { throw .notRegular }
        guard file.allows(.execute, for: process.fileCredentials) else {
            throw .path(.permissionDenied)
        }
        guard !file.isOpenForWriting else { throw .path(.textBusy) }
        return file
    }

    private static func enter(_ path: RawSpan, _ process: Process) throws(StartFailure) {
        do throws(Errno) {
            let entry = try process.fileContext.resolve(path)
            guard entry.node.kind == .directory else { throw .notDirectory }
            process.workingDirectory = entry
        } catch {
            throw .workingDirectory(error)
        }
    }
    /// Maps the dynamic linker that a program names; `nil` where it is static.
    private static func loadInterpreter(
        of image: borrowing ProgramImage, _ space: AddressSpace, _ process: Process
    ) throws(StartFailure) -> (entry: VirtualAddress, base: VirtualAddress)? {
        guard let range = image.layout.interpreter else { return nil }
        let entry = try findInterpreter(try image.interpreterPath(at: range), process)
        guard let file = entry.node as? RegularNode else { throw .interpreter(.permissionDenied) }
        do throws(StartFailure) {
            let linker = try ProgramImage(checking: file)
            do throws(Errno) {
                try admitObject()
                // What listings name; nothing is read or written through it.
                let owner = try OpenFile(entry, flags: .path)
                return try linker.mapInterpreter(into: space, for: owner)
            } catch {
                throw .memory(error)
            }
        } catch {
            if case .memory = error { throw error }
            // fs/binfmt_elf.c: ELIBBAD for what is no ELF file of this machine.
            throw .interpreter(.badLibrary)
        }
    }
    private static func findInterpreter(
        _ path: borrowing FixedBuffer<UInt8>, _ process: Process
    ) throws(StartFailure) -> DirectoryEntry {
        do throws(Errno) {
            let entry = try process.fileContext.resolve(path.bytes)
            guard let file = entry.node as? RegularNode,
                file.allows(.execute, for: process.fileCredentials)
            else { throw .permissionDenied }
            return entry
        } catch {
            throw .interpreter(error)
        }
    }
    /// The limits of execve(2): all strings and pointers a quarter of the stack's limit but at least
    /// 128 KiB and at most 6 MiB, one string 128 KiB.
    package static func stringLimit(for process: Process) -> UInt64 {
        max(min(process.limits[.stack].soft / 4, 6 << 20), 128 << 10)
    }
    private static func checkSize(
        _ arguments: borrowing ProgramStrings, _ environment: borrowing ProgramStrings,
        _ path: RawSpan, _ process: Process
    ) throws(StartFailure) {
        let limit = stringLimit(for: process)
        let pointers = (arguments.count + environment.count) * 8
        let strings = arguments.byteCount + environment.byteCount + path.byteCount
        guard UInt64(pointers + strings) <= limit, path.byteCount < PathLimit.path else {
            throw .tooManyArguments
        }
        guard arguments.longest <= 128 << 10, environment.longest <= 128 << 10 else {
            throw .tooManyArguments
        }
    }

    private static func makeStack(
        _ memory: ProcessMemory, _ process: Process,
        _ credentials: ProcessCredentials.AfterExecution, _ program: LoadedProgram,
        _ path: RawSpan, _ arguments: borrowing ProgramStrings,
        _ environment: borrowing ProgramStrings,
        isExecutable: ProgramStack.StackExecution
    ) throws(Errno) -> VirtualAddress {
        let stringBytes = arguments.byteCount + environment.byteCount + path.byteCount
        let pointerBytes = (arguments.count + environment.count) * 8
        var stack = try ProgramStack(
            in: memory.space, room: stringBytes + pointerBytes + 16384,
            isExecutable: isExecutable)
        let zero: StaticString = "\0"
        _ = try stack.push(zero.bytes)
        let name = try stack.push(path)
        let environmentStart = try stack.push(environment.bytes)
        let argumentStart = try stack.push(arguments.bytes)
        memory.argumentRange = argumentStart..<environmentStart
        memory.environmentRange = environmentStart..<name

        try stack.skip(random: Entropy.word())
        let terminator: StaticString = "\0"
        _ = try stack.push(terminator.bytes)
        let platform = try stack.push(ProcessorFeatures.name.bytes)
        var seed = InlineArray<16, UInt8>(repeating: 0)
        do {
            var span = seed.mutableSpan
            var bytes = span.mutableRaw
            Entropy.fill(&bytes)
        }
        let random = try stack.push(seed.span.raw)

        let sharedObject = try SharedClocks.map(into: memory.space)
        memory.trampoline = VDSO.signalReturn(in: sharedObject)
        let vector = AuxiliaryVector(
            program: program, credentials: credentials.new, isSecure: credentials.isSecure,
            name: name, platform: platform,
            random: random, sharedObject: sharedObject)
        let items = 1 + arguments.count + 1 + environment.count + 1
        let table = try stack.pushTable(
            words: items + AuxiliaryVector.wordCount, rounded: AuxiliaryVector.wordCount)
        var words = TableWriter(at: table)
        try words.append(UInt64(arguments.count), to: stack)
        try words.append(arguments, at: argumentStart, to: stack)
        try words.append(environment, at: environmentStart, to: stack)
        memory.auxiliaryVector = words.address
        try vector.write(to: &words, stack)
        return table
    }
}
