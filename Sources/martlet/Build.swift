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

    @Option(
        help: ArgumentHelp(
            "A folder, an archive, or an EROFS image without compression, that is the root file system; PROGRAM is then looked for in it.",
            valueName: "root"), completion: .file())
    var rootfs: String?

    @Argument(help: "A Linux program, a script, or a Swift package's folder.", completion: .file())
    var program: String

    @Argument(parsing: .postTerminator, help: "The program's arguments.")
    var arguments: [String] = []

    func validate() throws {
        if output.isEmpty { throw ValidationError("'--output' names no file") }
        if rootfs != nil, contents.product != nil {
            throw ValidationError(Contents.productInRoot)
        }
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
        if let rootfs {
            return try build(
                in: RootImage(of: Array(rootfs.utf8)),
                [name] + ThisProcess.arguments.suffix(self.arguments.count))
        }
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
        try check(found, path)
        try ImageWriter.write(
            to: Array(output.utf8), format,
            kernel: try Executable(opening: Installation.kernel(for: found)),
            files: ImageWriter.Files(
                try contents.files(
                    of: executable, with: RuntimeFiles.items(of: executable.path))),
            commandLine: contents.commandLine(of: executable, arguments: arguments))
    }
    /// The image of a program of a root file system, which goes in whole.
    private func build(in root: RootImage, _ words: [[UInt8]]) throws(ImageFailure) {
        let (found, commandLine) = try contents.contents.program(words, in: root)
        try check(found, commandLine.program)
        try ImageWriter.write(
            to: Array(output.utf8), format,
            kernel: try Executable(opening: Installation.kernel(for: found)),
            files: ImageWriter.Files(
                try contents.contents.files(
                    workingDirectory: contents.contents.workingDirectory), rootImage: root.path),
            commandLine: commandLine)
    }
    private func check(_ found: Architecture, _ path: [UInt8]) throws(ImageFailure) {
        guard let architecture, architecture != found else { return }
        throw ImageFailure(path, "is for \(found.title), not for \(architecture.title)")
    }
}
