import ArgumentParser

/// The options that say what the program finds when it starts.
struct ContentsOptions: ParsableArguments {
    @Option(
        name: .customLong("env"), parsing: .singleValue,
        help: ArgumentHelp(
            "A variable of the program's environment; NAME alone takes this shell's value.",
            valueName: "name=value"))
    var environment: [String] = []

    @Option(
        help: ArgumentHelp("The directory in which the program starts.", valueName: "directory"))
    var workdir: String?

    @Option(
        name: .customLong("file"), parsing: .singleValue,
        help: ArgumentHelp(
            "A file or folder to put in, where the same path leads inside, or at GUEST.",
            valueName: "host[:guest]"), completion: .file())
    var files: [String] = []

    @Option(
        help: ArgumentHelp(
            "Which program of a Swift package PROGRAM is, where it has several.", valueName: "name")
    )
    var product: String?

    func validate() throws {
        if let problem = contents.problem { throw ValidationError(problem) }
    }

    /// The options as values.
    var contents: Contents {
        Contents(
            environment: environment.map { Array($0.utf8) },
            workingDirectory: workdir.map { Array($0.utf8) }, files: files.map { Array($0.utf8) },
            product: product)
    }
}
