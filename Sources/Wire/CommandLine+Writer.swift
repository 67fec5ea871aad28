/// What a kernel command line says, as values; the writer of the lines `CommandLineView` reads.
package struct CommandLine: Equatable, Sendable {
    package var program: [UInt8]
    /// The program's arguments, argv[0] first.
    package var arguments: [[UInt8]]
    /// The program's environment, each `NAME=VALUE`.
    package var environment: [[UInt8]]
    package var workingDirectory: [UInt8]?
    package var logLevel: UInt8?
    /// Whether system-call sites may become jumps.
    package var changesCallSites = true
    /// Whether the host takes a core file.
    package var takesCore = false
    /// The host's terminal, as `TerminalDescription` has it.
    package var terminal: [UInt8]?

    package init(
        program: [UInt8], arguments: [[UInt8]], environment: [[UInt8]] = [],
        workingDirectory: [UInt8]? = nil, logLevel: UInt8? = nil
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.logLevel = logLevel
    }

    /// The values of a checked line.
    package init(_ view: borrowing CommandLineView) {
        program = []
        if let word = view.program { program = Self.bytes(word) }
        if let word = view.workingDirectory { workingDirectory = Self.bytes(word) }
        logLevel = view.logLevel
        changesCallSites = view.changesCallSites
        takesCore = view.takesCore
        if let word = view.terminal { terminal = Self.bytes(word) }
        arguments = Self.list(view.arguments)
        environment = Self.list(view.environment)
    }

    /// The line that stands for these values; throws `nulByte` where one holds a NUL.
    package func encoded() throws(CommandLineError) -> [UInt8] {
        var line: [UInt8] = []
        line.append(contentsOf: "program=".utf8)
        try Self.append(program, to: &line)
        if let workingDirectory {
            line.append(contentsOf: " vfs.cwd=".utf8)
            try Self.append(workingDirectory, to: &line)
        }
        if let logLevel { line.append(contentsOf: " log.level=\(logLevel)".utf8) }
        if !changesCallSites { line.append(contentsOf: " calls.rewrite=0".utf8) }
        if takesCore { line.append(contentsOf: " core=1".utf8) }
        if let terminal {
            line.append(contentsOf: " tty=".utf8)
            try Self.append(terminal, to: &line)
        }
        if !environment.isEmpty {
            line.append(contentsOf: " env.vars=[".utf8)
            for variable in environment {
                line.append(UInt8(ascii: " "))
                try Self.append(variable, to: &line)
            }
            line.append(contentsOf: " ]".utf8)
        }
        line.append(contentsOf: " --".utf8)
        for argument in arguments {
            line.append(UInt8(ascii: " "))
            try Self.append(argument, to: &line)
        }
        return line
    }

    /// Appends a value, in quotes unless it is made of letters, digits and a few safe signs only.
    private static func append(
        _ value: [UInt8], to line: inout [UInt8]
    ) throws(CommandLineError) {
        if value.contains(0) { throw .nulByte }
        if !value.isEmpty, value.allSatisfy(isPlain) {
            line.append(contentsOf: value)
            return
        }
        line.append(CommandLineScanner.quote)
        for byte in value {
            if byte == CommandLineScanner.quote || byte == CommandLineScanner.backslash {
                line.append(CommandLineScanner.backslash)
            }
            line.append(byte)
        }
        line.append(CommandLineScanner.quote)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            // "/", digits and ":", which lie side by side.
            UInt8(ascii: "-")...UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "="),
            UInt8(ascii: ","), UInt8(ascii: "@"), UInt8(ascii: "+"), UInt8(ascii: "%"):
            true
        default: false
        }
    }

    private static func bytes(_ word: borrowing CommandLineWord) -> [UInt8] {
        var result: [UInt8] = []
        word.forEachByte { result.append($0) }
        return result
    }
    private static func list(_ words: consuming CommandLineWords) -> [[UInt8]] {
        var result: [[UInt8]] = []
        while let word = words.next() { result.append(bytes(word)) }
        return result
    }
}
