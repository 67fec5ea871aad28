internal import LinuxABI
internal import LinuxHost

/// Files that well-known language runtimes read beside their libraries.
package enum RuntimeFiles {
    /// The folders of the host that a program needs at the same places inside, by its name; those that are
    /// not there do no harm.
    package static func folders(of program: [UInt8]) -> [[UInt8]] {
        let name = name(of: program)
        if name.hasPrefix("python3") {
            // `python3` is a link that tells the version.
            let version = name.dropFirst("python".count)
            return ["/usr/lib/python\(version)", "/usr/local/lib/python\(version)"].map {
                Array($0.utf8)
            }
        }
        if name == "perl" || name.hasPrefix("perl5") {
            let triples = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
            let folders =
                ["/etc/perl", "/usr/local/share/perl", "/usr/share/perl5", "/usr/share/perl"]
                + triples.flatMap { triple in
                    ["perl-base", "perl5", "perl"].map { "/usr/lib/\(triple)/\($0)" }
                }
            return folders.map { Array($0.utf8) }
        }
        return []
    }
    /// The last component of where links lead from a program's path.
    private static func name(of program: [UInt8]) -> String {
        var path = program
        for _ in 0..<40 {
            guard let target = try? Host.target(ofLink: path) else { break }
            let slash = UInt8(ascii: "/")
            let folder = path.lastIndex(of: slash).map { Array(path[...$0]) } ?? []
            path = target.first == slash ? target : folder + target
        }
        return String(
            decoding: path.split(separator: UInt8(ascii: "/")).last ?? [], as: UTF8.self)
    }
}
