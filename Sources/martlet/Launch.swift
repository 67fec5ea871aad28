import Images
import LinuxABI
import LinuxHost
import Wire

/// The start of a machine: this process becomes the VMM, so that no second one stays.
struct Launch {
    let kernel: [UInt8]
    let memory: MemorySize
    let commandLine: CommandLine
    let logLevel: UInt8
    let showsTimeline: Bool

    /// Where the archive of the program and its files is.
    enum Files: ~Copyable {
        case archive(OwnedDescriptor)
        case range(of: [UInt8], Range<Int>)
    }

    /// The kernel refuses a longer argument (execve(2), MAX_ARG_STRLEN), its NUL included.
    private static let longestArgument = 1 << 17

    /// Starts the VMM; returns only when that failed, with the line that says why.
    func perform(_ files: consuming Files) -> String {
        if let problem = Self.virtualizationProblem { return problem }
        var arguments = [Installation.monitor, Array("--kernel".utf8), kernel]
        func add(_ option: String, _ value: [UInt8]) {
            arguments += [Array(option.utf8), value]
        }
        switch consume files {
        case .archive(let descriptor):
            add("--files-fd", Array("\(descriptor.leak().rawValue)".utf8))
        case .range(let path, let range):
            add("--files", path + Array(":\(range.lowerBound):\(range.count)".utf8))
        }
        // An image's kernel has no symbols: the installed one's will do where it is the same build.
        if kernel != Installation.kernel { add("--symbols", Installation.kernel) }
        // No memory at all is too little like any other amount: the VMM says how much will do.
        add("--memory", Array("\(max(memory.byteCount, 1))".utf8))
        do throws(CommandLineError) {
            let line = try commandLine.encoded()
            // The VMM reads its arguments as text, which not every line is.
            guard line.count < Self.longestArgument else {
                return "arguments and environment are longer than 128 KiB"
            }
            if String(validating: line, as: UTF8.self) != nil {
                add("--command-line", line)
            } else {
                do throws(Errno) {
                    let file = try OwnedDescriptor.memoryFile(named: "command-line")
                    try file.borrowed.write(all: line)
                    add("--command-line-file", Array("/proc/self/fd/\(file.leak().rawValue)".utf8))
                } catch {
                    return "the command line cannot be handed over: \(Host.description(of: error))"
                }
            }
        } catch {
            return "an argument holds a NUL"
        }
        add("--log-level", Array("\(logLevel)".utf8))
        if showsTimeline { arguments.append(Array("--timeline".utf8)) }
        let error = ThisProcess.replace(by: Installation.monitor, arguments: arguments)
        return ImageFailure(Installation.monitor, "cannot be started", error).line
    }

    /// Why /dev/kvm can't be used, in a line that says what to do.
    private static var virtualizationProblem: String? {
        let device = Array("/dev/kvm".utf8)
        switch Host.problem(with: device, for: .readingAndWriting) {
        case nil: return nil
        case .noSuchFile?:
            return
                "/dev/kvm: not there; this host has no virtualization, or its module is not loaded"
                + " (modprobe kvm_intel, or kvm_amd)"
        case .permissionDenied?:
            return
                "/dev/kvm: permission denied; join its group (usermod -aG kvm NAME) and log in again"
        case let error?:
            return ImageFailure(device, "cannot be opened", error).line
        }
    }
}

extension FileTree {
    /// The tree as an archive in memory.
    func written() throws(ImageFailure) -> OwnedDescriptor {
        let file = try Self.memoryFile()
        _ = try ArchiveWriter(to: file.borrowed).write(self)
        return file
    }
    /// The files of an image and these, which come later and so replace what they name again.
    func written(
        after image: Image, of executable: borrowing Executable
    ) throws(ImageFailure) -> OwnedDescriptor {
        let file = try Self.memoryFile()
        _ = try ArchiveWriter(to: file.borrowed, copying: image, of: executable).write(self)
        return file
    }
    private static func memoryFile() throws(ImageFailure) -> OwnedDescriptor {
        do throws(Errno) {
            return try OwnedDescriptor.memoryFile(named: "martlet-files")
        } catch {
            throw ImageFailure("no file in memory can be made: \(Host.description(of: error))")
        }
    }
}
