import ArgumentParser
import Images
import LinuxHost
import Wire

extension ImageWriter.Form: ExpressibleByArgument {}

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
              martlet build --arch arm64 --format image ./hello -o hello.Image
            """)

    @OptionGroup var contents: ContentsOptions

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The image to write.", valueName: "image"),
        completion: .file())
    var output: String

    @Option(
        name: .customLong("arch"),
        help: ArgumentHelp(
            "The CPU that the image must be for: x86_64 or arm64. The program decides; another one's is refused.",
            valueName: "arch"), transform: Build.architecture(named:))
    var architecture: Architecture?

    @Option(
        help: ArgumentHelp(
            "What the kernel is in the image: elf, an ELF file; or image, a Linux Image, for arm64.",
            valueName: "elf|image"))
    var format = ImageWriter.Form.elf

    @Argument(help: "A Linux program, a script, or a Swift package's folder.", completion: .file())
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

    private static func architecture(named name: String) throws -> Architecture {
        guard let architecture = Architecture(named: name) else {
            throw ValidationError("'\(name)' is no CPU that Martlet has; use x86_64 or arm64")
        }
        return architecture
    }

    private func build() throws(ImageFailure) {
        let name = Array(program.utf8)
        // The last arguments of the process, as bytes: a String can't hold all of them.
        var arguments = [name] + ThisProcess.arguments.suffix(arguments.count)
        var contents = contents.contents
        var place = Host.lookUp(name)
        if let built = try contents.build(place) {
            place = built
            arguments[0] = built
        }
        let executable = try contents.open(place, &arguments)
        let path = executable.path
        guard try executable.kind() == .program else {
            throw ImageFailure(path, "is an image already")
        }
        try executable.checkProgram()
        let found = try executable.architecture()
        if let architecture, architecture != found {
            throw ImageFailure(path, "is for \(found.title), not for \(architecture.title)")
        }
        try ImageWriter.write(
            to: Array(output.utf8), format,
            kernel: try Executable(opening: Installation.kernel(for: found)),
            files: try contents.files(
                of: executable, with: RuntimeFiles.items(of: executable.path)),
            commandLine: contents.commandLine(of: executable, arguments: arguments))
    }
}
