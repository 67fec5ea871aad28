internal import CLinux
internal import Glibc
package import LinuxABI

/// The running process: its arguments as bytes, and its replacement.
package enum ThisProcess {
    /// The arguments as the kernel handed them over; Swift's own list mends what is no UTF-8.
    package static var arguments: [[UInt8]] {
        var result: [[UInt8]] = []
        for index in 0..<Int(CommandLine.argc) {
            guard let argument = unsafe CommandLine.unsafeArgv[index] else { break }
            // SAFETY: argv's strings end in NUL and live as long as the process.
            result.append(
                unsafe [UInt8](UnsafeRawBufferPointer(start: argument, count: strlen(argument))))
        }
        return result
    }
    /// The environment, each `NAME=VALUE`.
    package static var environment: [[UInt8]] {
        var result: [[UInt8]] = []
        var position = unsafe environ
        while let variable = unsafe position.pointee {
            result.append(
                unsafe [UInt8](UnsafeRawBufferPointer(start: variable, count: strlen(variable))))
            unsafe position += 1
        }
        return result
    }

    /// Runs another program in this process; returns only if that fails, with the reason (execv(3)).
    package static func replace(by path: [UInt8], arguments: [[UInt8]]) -> Errno {
        let result = unsafe withPointers(path, arguments) { unsafe execv($0, $1) }
        return result == nil ? .outOfMemory : .last
    }

    /// Calls `body` with a path and a list of words as C has them; `nil` where memory ran out.
    ///
    /// The copies are never freed: either they go with the old program, or the caller ends soon.
    @unsafe static func withPointers<Result>(
        _ path: [UInt8], _ arguments: [[UInt8]],
        _ body: (
            UnsafeMutablePointer<CChar>, UnsafePointer<UnsafeMutablePointer<CChar>?>
        ) -> Result
    ) -> Result? {
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { argument in
            unsafe copy(argument)
        }
        unsafe pointers.append(nil)
        guard let program = unsafe copy(path) else { return nil }
        return unsafe pointers.withUnsafeBufferPointer { words in
            guard let base = words.baseAddress else { return nil }
            return unsafe body(program, base)
        }
    }

    private static func copy(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar>? {
        // SAFETY: the source ends in the NUL that was appended.
        unsafe (bytes + [0]).withUnsafeBytes { source in
            unsafe source.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else { return nil }
                return unsafe strdup(start)
            }
        }
    }
}
