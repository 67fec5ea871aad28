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

    /// A random layout for a new address space.
    package static func randomLayout(stackLimit: UInt64 = 8 << 20) -> AddressLayout {
        AddressLayout(
            entropy: .init(
                stack: Entropy.word(), map: Entropy.word(), executable: Entropy.word(),
                heap: Entropy.word()),
            stackLimit: stackLimit)
    }

    /// Loads a program into the current process, whose address space is empty.
    @export(interface)
    package static func load(
        path: RawSpan, arguments: borrowing ProgramStrings, environment: borrowing ProgramStrings,
        workingDirectory: RawSpan?
    ) throws(StartFailure) -> Registers {
        try load(
            into: Process.current, path: path, arguments: arguments, environment: environment,
            workingDirectory: workingDirectory)
    }

    static func load(
        into process: Process, path: RawSpan, arguments: borrowing ProgramStrings,
        environment: borrowing ProgramStrings, workingDirectory: RawSpan?
    ) throws(StartFailure) -> Registers {
        if let workingDirectory { try enter(workingDirectory, process) }
        let file = try findExecutable(path, process)
        let image = try ProgramImage(checking: file)
        try checkSize(arguments, environment, path, process)
        do throws(Errno) {
            // While it runs, nobody writes to it (ETXTBSY).
            try file.denyWriting()
        } catch {
            throw .path(error)
        }
        let linker = try loadInterpreter(of: image, process)
        do throws(Errno) {
            var program = try image.map(into: process.addressSpace)
            if let linker { program.interpreterBase = linker.base }
            let stack = try makeStack(
                process, program, path, arguments, environment,
                isExecutable: image.layout.hasExecutableStack ? .allowed : .forbidden)
            ProgramThread.current.setName(fromPath: path)
            ExtendedState.reset()
            return Registers(entry: linker?.entry ?? program.entry, stack: stack)
        } catch {
            throw error == .argumentListTooLong ? .tooManyArguments : .memory(error)
        }
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
    private static func findExecutable(
        _ path: RawSpan, _ process: Process
    ) throws(StartFailure) -> RegularNode {
        let entry: DirectoryEntry
        do throws(Errno) {
            entry = try process.fileContext.resolve(path)
        } catch {
            throw .path(error)
        }
        guard let file = entry.node as? RegularNode else { throw .notRegular }
        guard file.allows(.execute, for: process.fileCredentials) else {
            throw .path(.permissionDenied)
        }
        process.executable = entry
        return file
    }
    /// Maps the dynamic linker that a program names; `nil` where it is static.
    private static func loadInterpreter(
        of image: borrowing ProgramImage, _ process: Process
    ) throws(StartFailure) -> (entry: VirtualAddress, base: VirtualAddress)? {
        guard let range = image.layout.interpreter else { return nil }
        let file = try findInterpreter(try image.interpreterPath(at: range), process)
        do throws(StartFailure) {
            let linker = try ProgramImage(checking: file)
            do throws(Errno) {
                return try linker.mapInterpreter(into: process.addressSpace)
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
    ) throws(StartFailure) -> RegularNode {
        do throws(Errno) {
            let node = try process.fileContext.resolve(path.bytes).node
            guard let file = node as? RegularNode,
                file.allows(.execute, for: process.fileCredentials)
            else { throw .permissionDenied }
            return file
        } catch {
            throw .interpreter(error)
        }
    }
    /// The limits of execve(2): all strings and pointers a quarter of the stack's limit but at least
    /// 128 KiB and at most 6 MiB, one string 128 KiB.
    private static func checkSize(
        _ arguments: borrowing ProgramStrings, _ environment: borrowing ProgramStrings,
        _ path: RawSpan, _ process: Process
    ) throws(StartFailure) {
        let limit = max(min(process.limits[.stack].soft / 4, 6 << 20), 128 << 10)
        let pointers = (arguments.count + environment.count) * 8
        let strings = arguments.byteCount + environment.byteCount + path.byteCount
        guard UInt64(pointers + strings) <= limit, path.byteCount < PathLimit.path else {
            throw .tooManyArguments
        }
        guard arguments.longest < 128 << 10, environment.longest < 128 << 10 else {
            throw .tooManyArguments
        }
    }

    private static func makeStack(
        _ process: Process, _ program: LoadedProgram, _ path: RawSpan,
        _ arguments: borrowing ProgramStrings, _ environment: borrowing ProgramStrings,
        isExecutable: ProgramStack.StackExecution
    ) throws(Errno) -> VirtualAddress {
        let stringBytes = arguments.byteCount + environment.byteCount + path.byteCount
        let pointerBytes = (arguments.count + environment.count) * 8
        var stack = try ProgramStack(
            in: process.addressSpace, room: stringBytes + pointerBytes + 16384,
            isExecutable: isExecutable)
        let zero: StaticString = "\0"
        _ = try stack.push(zero.bytes)
        let name = try stack.push(path)
        let environmentStart = try stack.push(environment.bytes)
        let argumentStart = try stack.push(arguments.bytes)
        process.argumentRange = argumentStart..<environmentStart
        process.environmentRange = environmentStart..<name

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

        let sharedObject = try SharedClocks.map(into: process.addressSpace)
        process.signals.trampoline = VDSO.signalReturn(in: sharedObject)
        let vector = AuxiliaryVector(
            program: program, credentials: process.credentials, name: name, platform: platform,
            random: random, sharedObject: sharedObject)
        let items = 1 + arguments.count + 1 + environment.count + 1
        let table = try stack.pushTable(
            words: items + AuxiliaryVector.wordCount, rounded: AuxiliaryVector.wordCount)
        var words = TableWriter(at: table)
        try words.append(UInt64(arguments.count), to: stack)
        try words.append(arguments, at: argumentStart, to: stack)
        try words.append(environment, at: environmentStart, to: stack)
        process.auxiliaryVector = words.address
        try vector.write(to: &words, stack)
        return table
    }
}
