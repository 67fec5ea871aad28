import ArgumentParser
import Images
import LinuxHost

/// The tool: thin commands over the libraries below it.
struct Martlet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Run Linux programs as unikernels.",
        discussion: """
            Examples:
              martlet run ./hello                   boot a static program
              martlet run /bin/busybox ls -l /      with arguments of its own
              martlet build ./hello -o hello.image  make one file of it
              martlet run hello.image               and start that
              martlet inspect hello.image           see what is in it
              martlet doctor                        see what this host lacks

            Exit status: the program's; 128+n when it dies of signal n; 1 for bad
            input, 64 for wrong usage, 70 when the kernel fails, 71 when the VMM or
            the host does.
            """,
        subcommands: [
            Run.self, Build.self, Inspect.self, Doctor.self, Completion.self, Version.self,
        ])

    /// What ended the tool, as its exit status; the line says it on standard error.
    enum Status: Int32 {
        case badInput = 1
        case hostFailure = 71
    }

    /// Says one line on standard error and returns the status to end with.
    static func fail(_ line: String, _ status: Status) -> Int32 {
        Descriptor.standardError.writeLine("martlet: \(line)")
        return status.rawValue
    }
}
