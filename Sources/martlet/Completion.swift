import ArgumentParser
import LinuxHost

/// `martlet completion`: what a shell completes for martlet.
struct Completion: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a script that makes a shell complete martlet's words.",
        discussion: """
            Examples:
              martlet completion bash > /etc/bash_completion.d/martlet
              martlet completion zsh > ~/.zsh/completions/_martlet
              martlet completion fish > ~/.config/fish/completions/martlet.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }
    @Argument(help: "The shell.")
    var shell: Shell

    func run() {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Descriptor.standardOutput.writeAll(Array(Martlet.completionScript(for: kind).utf8))
    }
}
