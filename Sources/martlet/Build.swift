import ArgumentParser
import Images
import LinuxHost
import Wire

/// `martlet build`: makes one bootable file of a program.
struct Build: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make an image, one bootable file, of a program.",
        usage: "martlet build PROGRAM -o IMAGE [OPTION ...] [-- ARGUMENT ...]",
        discussion: """
            The image holds the kernel, the program, its files and its command line;
            'martlet run IMAGE' starts it.

            Examples:
              martlet build ./hello -o hello.image
              martlet build --file ./site:/srv/www ./httpd -o site.image -- -p 8080
            """)

    @OptionGroup var contents: ContentsOptions

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The image to write.", valueName: "image"),
        completion: .file())
    var output: String

    @Argument(help: "A static Linux program.", completion: .file())
    var program: String

    @Argument(parsing: .postTerminator, help: "The program's arguments.")
    var arguments: [String] = []

    func validate() throws {
        if output.isEmpty { throw ValidationError("'--output' names no file") }
        if program.isEmpty { throw ValidationError("Missing expected argument 'PROGRAM'") }
    }

    func run() throws {
        do throws(ImageFailure) {
            try build()
        } catch {
            throw ExitCode(Martlet.fail(error.line, .badInput))
        }
    }

    private func build() throws(ImageFailure) {
        let name = Array(program.utf8)
        let path = Host.lookUp(name)
        let executable = try Executable(opening: path)
        guard try executable.kind() == .program else {
            throw ImageFailure(path, "is an image already")
        }
        try executable.checkProgram()
        // The last arguments of the process, as bytes: a String can't hold all of them.
        let arguments = [name] + ThisProcess.arguments.suffix(arguments.count)
        let contents = contents.contents
        try ImageWriter.write(
            to: Array(output.utf8), kernel: try Executable(opening: Installation.kernel),
            files: try contents.files(of: executable),
            commandLine: contents.commandLine(of: executable, arguments: arguments))
    }
}
