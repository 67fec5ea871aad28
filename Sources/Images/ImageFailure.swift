package import LinuxABI
internal import LinuxHost

/// A fault of what the user gave, as one line that says what it is and, if it can, what to do.
package struct ImageFailure: Error, Equatable, Sendable {
    package let line: String

    package init(_ line: String) { self.line = line }
    /// What a path has, is, or can't do: the path comes first, as in the messages of other tools.
    package init(_ path: [UInt8], _ reason: String) {
        line = "\(Self.text(path)): \(reason)"
    }
    /// An action on a path that the host refused.
    package init(_ path: [UInt8], _ action: String, _ error: Errno) {
        let reason = Host.description(of: error)
        line =
            "\(Self.text(path)): \(action): \(reason.prefix(1).lowercased())\(reason.dropFirst())"
    }

    /// A path for a message: on one line, whatever bytes it holds.
    package static func text(_ path: [UInt8]) -> String {
        String(
            decoding: path.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
    }
}

/// Does something with the file at `path`; a refusal of the host names the path and the action.
package func attempt<Result: ~Copyable>(
    _ path: [UInt8], _ action: String, _ body: () throws(Errno) -> Result
) throws(ImageFailure) -> Result {
    do throws(Errno) {
        return try body()
    } catch {
        throw ImageFailure(path, action, error)
    }
}
