import Images
import LinuxABI
import LinuxHost

/// The files that belong to the tool: they lie beside it.
enum Installation {
    /// The folder of the running executable.
    static let folder: [UInt8] = {
        let link = try? Host.target(ofLink: Array("/proc/self/exe".utf8))
        guard let link, let slash = link.lastIndex(of: UInt8(ascii: "/")) else { return [0x2e] }
        return Array(link[..<slash])
    }()
    /// The VMM; `MARTLET_VMM` names another, such as one that is being worked on.
    static let monitor = otherMonitor ?? folder + Array("/martlet-vmm".utf8)
    static let otherMonitor = Host.environment("MARTLET_VMM").map { Array($0.utf8) }
    static func kernel(for architecture: Architecture) -> [UInt8] {
        folder + Array("/\(architecture.kernelName)".utf8)
    }
}

extension Host {
    /// The file that a name means: as it is, or, without a slash and no file here, found in PATH.
    static func lookUp(_ name: [UInt8]) -> [UInt8] {
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
