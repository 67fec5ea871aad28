internal import LinuxABI
internal import LinuxHost

/// The first line of a script, which names what runs it (execve(2), "Interpreter scripts").
package struct Script: Equatable, Sendable {
    package let interpreter: [UInt8]
    /// All that follows the interpreter on the line, as one argument; `nil` where nothing does.
    package let argument: [UInt8]?

    /// Of the line, Linux reads so many bytes (BINPRM_BUF_SIZE).
    private static let byteCount = 256

    /// Reads the file at `path`; `nil` where it is no script, or no file that can be read.
    package init?(at path: [UInt8]) {
        guard let file = try? Host.open(path),
            let start = try? file.borrowed.contents(from: 0, atMost: Self.byteCount)
        else { return nil }
        self.init(start)
    }
    /// The bytes that a script begins with.
    package init?(_ start: [UInt8]) {
        guard start.starts(with: "#!".utf8) else { return nil }
        let blanks: [UInt8] = [0x20, 0x09]
        let line = start.dropFirst(2).prefix { $0 != 0x0a && $0 != 0 }.drop { blanks.contains($0) }
        let interpreter = line.prefix { !blanks.contains($0) }
        guard !interpreter.isEmpty else { return nil }
        var rest = line.dropFirst(interpreter.count).drop { blanks.contains($0) }
        while let last = rest.last, blanks.contains(last) { rest.removeLast() }
        self.interpreter = Array(interpreter)
        argument = rest.isEmpty ? nil : Array(rest)
    }

    /// The interpreter's path and its arguments before the script's. What env(1) would look up is looked up
    /// here, in this shell's PATH: a program that starts another comes later.
    package var command: (path: [UInt8], arguments: [[UInt8]]) {
        guard let looked = nameForEnv else { return (interpreter, argument.map { [$0] } ?? []) }
        return (Host.lookUp(looked), [])
    }
    /// What env(1) would look up, where it is the interpreter and does nothing else.
    var nameForEnv: [UInt8]? {
        let dash = UInt8(ascii: "-")
        guard let argument,
            interpreter.split(separator: UInt8(ascii: "/")).last == Array("env".utf8)[...],
            argument.first != dash, !argument.contains(UInt8(ascii: "=")),
            !argument.contains(UInt8(ascii: " "))
        else { return nil }
        return argument
    }
}
