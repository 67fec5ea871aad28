/// Files that well-known language runtimes and libraries read beside the libraries that they are linked with.
package enum RuntimeFiles {
    /// A folder of the host, or a file, that is needed at the same place inside; it does no harm where it is
    /// not there.
    package struct Item: Equatable {
        package let path: [UInt8]
        /// Names directly within it that are left out.
        package let exceptions: [[UInt8]]

        init(_ path: String, except exceptions: [String] = []) {
            self.path = Array(path.utf8)
            self.exceptions = exceptions.map { Array($0.utf8) }
        }
    }

    private static let triples = ["x86_64-linux-gnu", "aarch64-linux-gnu"]

    /// What a program needs, by the name of what its path leads to.
    package static func items(of program: [UInt8]) -> [Item] {
        let path = String(decoding: LinkChain(from: program).end, as: UTF8.self)
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        // `python3` is a link that tells the version.
        if name.hasPrefix("python3") { return python(version: name.dropFirst("python".count)) }
        if name == "perl" || name.hasPrefix("perl5") { return perl }
        if name.hasPrefix("ruby") { return ruby }
        if name.hasPrefix("php") { return php }
        if name.hasPrefix("lua") { return lua }
        switch name {
        case "node", "nodejs": return node
        case "java": return java(path)
        // The C library's modules for other character sets.
        case "iconv": return inTriples("gconv")
        case "locale": return [Item("/usr/lib/locale")]
        case "git": return [Item("/etc/gitconfig"), Item("/usr/share/git-core")]
        case "gdb": return [Item("/etc/gdb"), Item("/usr/share/gdb")]
        case "tclsh", "tclsh8.6", "wish", "wish8.6":
            return ["/usr/share/tcltk", "/usr/lib/tcltk"].map { Item($0) }
        case _ where name == "vi" || name.hasPrefix("vim"):
            return ["/etc/vim", "/usr/share/vim"].map { Item($0) }
        default: return imageMagick(name)
        }
    }
    private static func inTriples(_ folders: String...) -> [Item] {
        triples.flatMap { triple in folders.map { Item("/usr/lib/\(triple)/\($0)") } }
    }
    private static func python(version: Substring) -> [Item] {
        ["/usr/lib", "/usr/local/lib"].map { Item("\($0)/python\(version)", except: ["test"]) }
            + [Item("/usr/lib/python3"), Item("/etc/python\(version)")]
    }
    private static var perl: [Item] {
        ["/etc/perl", "/usr/local/share/perl", "/usr/share/perl5", "/usr/share/perl"].map {
            Item($0)
        } + inTriples("perl-base", "perl5", "perl")
    }
    private static var ruby: [Item] {
        ["/usr/lib/ruby", "/usr/share/rubygems-integration", "/var/lib/gems"].map { Item($0) }
            + inTriples("ruby")
    }
    /// Debian's reads the host's time zones by their list.
    private static var php: [Item] {
        ["/etc/php", "/usr/lib/php", "/usr/share/php"].map { Item($0) }
            + [Item("/usr/share/zoneinfo", except: ["posix", "right"])]
    }
    private static var lua: [Item] {
        ["/usr/share/lua", "/usr/local/share/lua", "/usr/local/lib/lua"].map { Item($0) }
            + inTriples("lua")
    }
    private static var node: [Item] {
        ["/usr/share/nodejs", "/usr/share/node_modules", "/usr/lib/nodejs"].map { Item($0) }
            + inTriples("nodejs")
    }
    /// The folder above that of the launcher, but for sources and modules that only tools read; and Debian's
    /// settings, to which links of it lead.
    private static func java(_ path: String) -> [Item] {
        let components = path.split(separator: "/")
        guard path.first == "/", components.count > 2 else { return [] }
        let home = "/" + components.dropLast(2).joined(separator: "/")
        return [
            Item("\(home)/lib", except: ["src.zip", "ct.sym"]), Item("\(home)/conf"),
            Item("\(home)/release"),
        ] + (8...30).map { Item("/etc/java-\($0)-openjdk") }
    }
    private static func imageMagick(_ name: String) -> [Item] {
        let programs = [
            "convert", "identify", "mogrify", "composite", "montage", "compare", "magick",
        ]
        guard programs.contains(where: { name == $0 || name.hasPrefix($0 + "-im") }) else {
            return []
        }
        return (6...7).map { Item("/etc/ImageMagick-\($0)") }
            + ["6.9.11", "7.1.1"].flatMap { inTriples("ImageMagick-\($0)") }
            + (6...7).map { Item("/usr/share/ImageMagick-\($0)") }
    }

    /// What libraries need, by their names.
    package static func items(ofLibrary name: [UInt8]) -> [Item] {
        let name = String(decoding: name, as: UTF8.self)
        guard let end = name.firstRange(of: ".so")?.lowerBound else { return [] }
        let library = name[..<end]
        switch library {
        // OpenSSL's settings and the certificates of those whom the host trusts.
        case "libssl", "libcrypto":
            return [
                "/usr/lib/ssl", "/etc/ssl/openssl.cnf", "/etc/ssl/certs/ca-certificates.crt",
            ].map { Item($0) }
        // Terminals, by terminfo(5); Debian has the common ones here.
        case "libtinfo", "libtinfow", "libncurses", "libncursesw":
            return ["/etc/terminfo", "/lib/terminfo"].map { Item($0) }
        case "libmagic":
            return ["/etc/magic", "/usr/share/misc/magic.mgc", "/usr/lib/file/magic.mgc"].map {
                Item($0)
            }
        default:
            return library.hasPrefix("libpython3.")
                ? python(version: library.dropFirst("libpython".count)) : []
        }
    }
    /// What the C library of a dynamically linked program reads, by the program's environment (locale(7),
    /// tzset(3)).
    package static func items(ofEnvironment environment: [[UInt8]]) -> [Item] {
        // Programs that want UTF-8 fall back on this locale, as python does (PEP 538).
        var items = [Item("/etc/localtime"), Item("/usr/lib/locale/C.utf8")]
        for variable in environment.map({ String(decoding: $0, as: UTF8.self) }) {
            let parts = variable.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, !parts[1].contains("..") else { continue }
            let value = String(parts[1])
            if parts[0] == "TZ" {
                let zone = value.hasPrefix(":") ? String(value.dropFirst()) : value
                items.append(Item(zone.hasPrefix("/") ? zone : "/usr/share/zoneinfo/\(zone)"))
            } else if parts[0] == "LANG" || parts[0] == "LANGUAGE" || parts[0].hasPrefix("LC_") {
                guard !["C", "POSIX"].contains(value), !value.contains("/") else { continue }
                items += [value, value.replacingUTF8].map { Item("/usr/lib/locale/\($0)") }
                items.append(Item("/usr/lib/locale/locale-archive"))
            }
        }
        return items
    }
}

extension String {
    /// The name of a locale's folder: the character set in the C library's own spelling.
    fileprivate var replacingUTF8: String {
        for spelling in [".UTF-8", ".utf-8", ".UTF8"] where hasSuffix(spelling) {
            return dropLast(spelling.count) + ".utf8"
        }
        return self
    }
}
