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
