package import Base
package import LinuxABI

/// A file whose text is made when it is opened, as those of /proc (proc(5)).
package final class GeneratedNode: Node {
    /// Writes the file's text; called again with more room when it did not fit, so it must not
    /// change anything.
    package typealias Provider = (_ text: inout TextBuffer) -> Void
    let provider: Provider

    package init(
        in fileSystem: FileSystem, mode: FileMode = FileMode(rawValue: 0o444),
        _ provider: @escaping Provider
    ) {
        self.provider = provider
        super.init(.regular, in: fileSystem, mode: mode)
    }
    package override var isSeekable: Bool { true }
}
