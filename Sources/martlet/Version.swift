import ArgumentParser
import LinuxHost
import NucleusInterface

/// `martlet version`.
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the version of martlet, and that of the images it starts.")

    static let number = "0.1.0"

    func run() {
        Descriptor.standardOutput.writeLine(
            "martlet \(Self.number) (interface \(NucleusInterface.version))")
    }
}
