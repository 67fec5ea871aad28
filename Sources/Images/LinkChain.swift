internal import LinuxABI
internal import LinuxHost

/// The symbolic links of this host that a path leads over by its last component.
package struct LinkChain {
    package struct Link {
        package let path: [UInt8]
        package let target: [UInt8]
    }
    package private(set) var links: [Link] = []
    /// Where the last one leads: no link itself, or not there.
    package private(set) var end: [UInt8]

    /// Linux follows as many (path_resolution(7)).
    private static let mostLinks = 40

    package init(from path: [UInt8]) {
        end = path
        for _ in 0..<Self.mostLinks {
            guard let target = try? Host.target(ofLink: end) else { return }
            links.append(Link(path: end, target: target))
            let slash = UInt8(ascii: "/")
            let folder = end.lastIndex(of: slash).map { Array(end[...$0]) } ?? []
            end = target.first == slash ? target : folder + target
        }
    }
}
