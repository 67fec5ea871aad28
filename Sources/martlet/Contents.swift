import Images
import LinuxHost
import Wire

/// What the program finds when it starts, as the user asks for it.
struct Contents: Equatable {
    /// Each `NAME=VALUE`, or `NAME` for the value of the tool's own environment.
    var environment: [[UInt8]] = []
    var workingDirectory: [UInt8]?
    /// Each `HOST` or `HOST:GUEST`.
    var files: [[UInt8]] = []
    /// Which program of a Swift package is meant, where it has several.
    var product: String?
    /// The script that the program is to run, where one was named in its place.
    var script: [UInt8]?

    /// What every program gets, as in a container.
    private static let defaultEnvironment = [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
    ]

    static var defaultEnvironmentBytes: [[UInt8]] { defaultEnvironment.map { Array($0.utf8) } }

    /// What can't be meant so; `nil` where all is well.
    var problem: String? {
        for variable in environment where variable.isEmpty || variable.first == UInt8(ascii: "=") {
            return "'--env \(ImageFailure.text(variable))' names no variable"
        }
        if let workingDirectory, workingDirectory.first != UInt8(ascii: "/") {
            return "'--workdir \(ImageFailure.text(workingDirectory))' begins with no slash"
        }
        for file in files where file.isEmpty || file.first == UInt8(ascii: ":") {
            return "'--file \(ImageFailure.text(file))' names no file"
        }
        return nil
    }

    /// The program at the place its path has inside, and the files of `--file`.
    ///
    /// `items` are what its runtime reads, and `held` files of this host that the root file system has.
    func files(
        of executable: borrowing Executable, with items: [RuntimeFiles.Item],
        besides held: Set<[UInt8]> = []
    ) throws(ImageFailure) -> FileTree {
        var tree = FileTree()
        // A link stays one, so that the program finds itself where it is on this host.
        let program = LinkChain(from: executable.path)
        try tree.add(linksOf: program, relativeTo: base(workingDirectory))
        if !held.contains(program.end) {
            try tree.add(
                host: program.end, at: GuestPath(program.end, relativeTo: base(workingDirectory)))
        }
        if let script {
            try tree.add(host: script, at: GuestPath(script, relativeTo: base(workingDirectory)))
        }
        try add(to: &tree, base: base(workingDirectory))
        for item in items { try tree.addIfThere(item) }
        let libraries = try libraries(of: executable, tree)
        try tree.add(libraries, except: held)
        if !libraries.isEmpty {
            let names = tree.names + held.compactMap { GuestPath($0).components.last }
            for name in Set(names) {
                for item in RuntimeFiles.items(ofLibrary: name) { try tree.addIfThere(item) }
            }
            for item in RuntimeFiles.items(ofEnvironment: fullEnvironment) {
                try tree.addIfThere(item)
            }
        }
        if let workingDirectory { tree.addFolder(at: GuestPath(workingDirectory)) }
        return tree
    }
    /// What the program needs to be linked at its start, and what libraries among the files need.
    private func libraries(
        of executable: borrowing Executable, _ tree: FileTree
    ) throws(ImageFailure) -> SharedLibraries {
        var libraries = SharedLibraries(libraryPath: libraryPath)
        let place = LinkChain(from: executable.path).end
        try libraries.add(
            executable, from: place, at: GuestPath(place, relativeTo: base(workingDirectory)),
            besides: tree)
        libraries.addPrograms(of: tree)
        libraries.addLibraries(of: tree)
        return libraries
    }
    /// LD_LIBRARY_PATH of the program.
    var libraryPath: [UInt8]? {
        let prefix = Array("LD_LIBRARY_PATH=".utf8)
        let variable = fullEnvironment.last { $0.starts(with: prefix) }
        return variable.map { Array($0.dropFirst(prefix.count)) }
    }
    /// What the user asks for of the environment.
    private var fullEnvironment: [[UInt8]] {
        var line = CommandLine(program: [], arguments: [], environment: [])
        change(&line)
        return line.environment
    }
    /// Opens the named file; of a script the program that runs it, with the script as a file and its words
    /// before the others. `arguments` are the named program's, its name first.
    mutating func open(
        _ path: [UInt8], _ arguments: inout [[UInt8]]
    ) throws(ImageFailure) -> Executable {
        do throws(ImageFailure) {
            return try Executable(opening: path)
        } catch {
            guard let command = Script(at: path)?.command else { throw error }
            script = path
            arguments = [command.path] + command.arguments + [path] + arguments.dropFirst()
            return try Executable(opening: command.path)
        }
    }
    /// The files of `--file` alone, for an image that has the others.
    func files(workingDirectory: [UInt8]?) throws(ImageFailure) -> FileTree {
        var tree = FileTree()
        try add(to: &tree, base: base(workingDirectory))
        return tree
    }

    static let productInRoot = "'--product' is of a Swift package, and no program of '--rootfs'"

    /// The program of a root file system that the first of `words` names, and its command line.
    func program(
        _ words: [[UInt8]], in image: RootImage
    ) throws(ImageFailure) -> (Architecture, CommandLine) {
        var commandLine = CommandLine(
            program: [], arguments: [], environment: Self.defaultEnvironmentBytes)
        change(&commandLine)
        let prefix = Array("PATH=".utf8)
        let path = commandLine.environment.last { $0.starts(with: prefix) } ?? []
        let (architecture, place, arguments) = try image.files().program(
            words[0], words,
            in: path.dropFirst(prefix.count).split(separator: UInt8(ascii: ":")).map { Array($0) },
            from: workingDirectory.map { GuestPath($0) } ?? .root)
        commandLine.program = place.bytes
        commandLine.arguments = arguments
        return (architecture, commandLine)
    }

    /// The command line of a program; its log level is the caller's.
    func commandLine(
        of executable: borrowing Executable, arguments: [[UInt8]]
    ) -> CommandLine {
        var commandLine = CommandLine(
            program: place(of: executable).bytes, arguments: arguments,
            environment: Self.defaultEnvironment.map { Array($0.utf8) })
        change(&commandLine)
        return commandLine
    }

    /// Sets the variables and the directory that are asked for.
    func change(_ commandLine: inout CommandLine) {
        if let workingDirectory {
            commandLine.workingDirectory = GuestPath(workingDirectory).bytes
        }
        let equals = UInt8(ascii: "=")
        for wanted in environment {
            let prefix = wanted.prefix { $0 != equals } + [equals]
            let variable =
                wanted.contains(equals)
                ? wanted : ThisProcess.environment.last { $0.starts(with: prefix) }
            guard let variable else { continue }
            commandLine.environment.removeAll { $0.starts(with: prefix) }
            commandLine.environment.append(variable)
        }
    }

    /// A program lies where the path that named it leads inside: `./hello` is `/hello`.
    private func place(of executable: borrowing Executable) -> GuestPath {
        GuestPath(executable.path, relativeTo: base(workingDirectory))
    }
    private func base(_ workingDirectory: [UInt8]?) -> GuestPath {
        workingDirectory.map { GuestPath($0) } ?? .root
    }

    private func add(to tree: inout FileTree, base: GuestPath) throws(ImageFailure) {
        for file in files {
            guard let colon = file.lastIndex(of: UInt8(ascii: ":")) else {
                try tree.add(host: file, at: GuestPath(file, relativeTo: base))
                continue
            }
            let host = Array(file[..<colon])
            let named = Array(file[(colon + 1)...])
            var guest = GuestPath(named, relativeTo: base)
            // As with cp: a slash at the end names the directory to put the file in.
            if named.last == UInt8(ascii: "/"), named.count > 1,
                let name = GuestPath(host).components.last
            {
                guest = guest.appending(name)
            }
            try tree.add(host: host, at: guest)
        }
    }
}
