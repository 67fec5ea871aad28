import ArgumentParser
import LinuxHost

/// `martlet run`: starts a program or an image, by turning into the VMM.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Boot a program or an image as a unikernel.",
        usage: "martlet run [OPTION ...] PROGRAM [ARGUMENT ...]",
        discussion: """
            Options come before the program; all after it is the program's. For an
            image, arguments replace those that are stored in it. A name without a
            slash that is no file here is looked for in PATH.

            Examples:
              martlet run ./hello one two
              martlet run --env DEBUG=1 --workdir /tmp --memory 256M ./server
              martlet run --file script.sh /bin/busybox sh script.sh
              martlet run --file ./site:/srv/www ./httpd
              martlet run hello.image other arguments
              martlet run ./SwiftPackage
              martlet run --vmm qemu --accelerator tcg ./hello
            """)

    @OptionGroup var contents: ContentsOptions

    @Option(
        help: ArgumentHelp("Memory of the machine, for instance 64M or 1G.", valueName: "size"))
    var memory = MemorySize.standard

    @Option(
        help: ArgumentHelp(
            "What the machine runs on: martlet, our own VMM on KVM; qemu, its smallest machine of the program's CPU; qemu:q35, a PC; or qemu:virt, for arm64. Without it martlet, or qemu where /dev/kvm can't be used or the program is for arm64.",
            valueName: "vmm"))
    var vmm: VMMChoice?

    @Option(
        help: ArgumentHelp(
            "Who runs QEMU's instructions: kvm, or tcg, which needs no rights. Without it kvm where it can be used.",
            valueName: "kvm|tcg"))
    var accelerator: AcceleratorChoice?

    @Option(help: ArgumentHelp("CPUs of the machine, 1 to 64.", valueName: "number"))
    var cpus = ProcessorCount.one

    @Option(
        help: ArgumentHelp(
            "The time that the machine's clock starts from, for instance 2026-01-02T03:04:05Z (UTC where no zone is named), or @SECONDS since 1970. Without it the host's time.",
            valueName: "date"))
    var rtc: ClockStart?

    @Option(
        help: ArgumentHelp(
            "Write the program's memory and registers there when a signal such as SIGSEGV ends it, for a debugger. The file is made, empty, before the program starts.",
            valueName: "file"), completion: .file())
    var core: String?

    @Option(
        help: ArgumentHelp(
            "A folder, an archive, or an EROFS image without compression, that is the root file system; PROGRAM is then looked for in it. What the program changes is gone when it ends.",
            valueName: "root"), completion: .file())
    var rootfs: String?

    @Flag(
        name: .customLong("no-rewrite"),
        help: "Leave the program's system-call instructions as they are; calls are slower.")
    var leavesCallSites = false

    @Flag(
        name: .shortAndLong,
        help: "Show a timeline of the start and the kernel's log; twice for all of it.")
    var verbose: Int

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp(
            "A Linux program, a script, an image, or a Swift package's folder, and its arguments."),
        completion: .file())
    var program: [String] = []

    func validate() throws {
        // The parser hands over everything from the first word it does not know.
        if ["--help", "-h"].contains(program.first) { throw CleanExit.helpRequest(self) }
        if let word = program.first, word.hasPrefix("-"), word != "--" {
            throw ValidationError("Unknown option '\(word)'")
        }
        let words = RunRequest(
            contents: contents.contents, rootImage: rootfs.map { Array($0.utf8) }, vmm: vmm,
            accelerator: accelerator)
        if let problem = words.problem { throw ValidationError(problem) }
        if (program.first == "--" ? program.dropFirst() : program[...]).first ?? "" == "" {
            throw ValidationError("Missing expected argument 'PROGRAM'")
        }
    }

    func run() throws {
        // As bytes, which a String can't always hold; they are the process's last arguments.
        throw ExitCode(request(words: ThisProcess.arguments.suffix(program.count)).perform())
    }

    /// What was asked for; `words` are the bytes of `program`.
    func request(words: [[UInt8]]) -> RunRequest {
        let words = Array(words.first == Array("--".utf8) ? words.dropFirst() : words[...])
        return RunRequest(
            contents: contents.contents, memory: memory, processors: cpus, verbosity: verbose,
            clockStart: rtc, core: core.map { Array($0.utf8) },
            rootImage: rootfs.map { Array($0.utf8) }, leavesCallSites: leavesCallSites,
            vmm: vmm, accelerator: accelerator,
            program: words.first ?? [], arguments: Array(words.dropFirst()))
    }
}
