package import Base
package import LinuxABI
package import Wire

/// Why a program could not be started.
package enum StartFailure: Error, Equatable, Sendable {
    /// Its path leads nowhere, or may not be executed.
    case path(Errno)
    case notRegular
    /// Begins with `#!`.
    case script
    case file(ELFFailure)
    /// Its dynamic linker is not there, or can't be used.
    case interpreter(Errno)
    case workingDirectory(Errno)
    case tooManyArguments
    /// The program does not fit into the machine's memory or its address space.
    case memory(Errno)

    /// The number that execve(2) gives.
    package var error: Errno {
        switch self {
        case .path(let error), .interpreter(let error), .workingDirectory(let error),
            .memory(let error):
            error
        case .notRegular: .permissionDenied
        case .script, .file: .badExecutable
        case .tooManyArguments: .argumentListTooLong
        }
    }

    /// Writes the one line that a user reads: the program's path, and what is wrong with it.
    @_lifetime(line: copy line)
    package func describe(_ path: RawSpan, to line: inout TextBuffer) {
        line.append(path)
        switch self {
        case .path(let error): line.append(Self.sentence(error))
        case .notRegular: line.append(" is not a regular file")
        case .script: line.append(" is a script whose first line names no interpreter")
        case .file(let failure):
            line.append(" ")
            line.append(failure.reason)
            if case .otherMachine(let machine) = failure { line.append(machine.name) }
        case .interpreter:
            line.append(
                " cannot be started: its interpreter or dynamic linker is not in the image, or is damaged"
            )
        case .workingDirectory:
            line.append(" cannot be started: the working directory does not exist")
        case .tooManyArguments:
            line.append(" cannot be started: arguments and environment are too long")
        case .memory(let error):
            line.append(
                error == .outOfMemory
                    ? " does not fit into the machine's memory; give it more with --memory"
                    : " has a segment at an address that no program may have")
        }
    }
    private static func sentence(_ error: Errno) -> StaticString {
        switch error {
        case .noSuchFile, .notDirectory: " does not exist"
        case .permissionDenied: " may not be executed; it lacks the permission"
        case .tooManySymbolicLinks: " leads through too many symbolic links"
        case .nameTooLong: " is too long a path"
        case .textBusy: " is being written to"
        default: " cannot be read"
        }
    }
}
