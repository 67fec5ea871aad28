internal import LinuxABI

extension Host {
    /// The file that a name means: as it is, or, without a slash and no file here, found in PATH.
    package static func lookUp(_ name: [UInt8]) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        if name.contains(slash) || (try? status(of: name, .follow)) != nil { return name }
        for folder in (environment("PATH") ?? "").split(separator: ":") {
            let path = Array(folder.utf8) + [slash] + name
            if problem(with: path, for: .execution) == nil,
                (try? status(of: path, .follow))?.kind == .regular
            {
                return path
            }
        }
        return name
    }
}
