internal import LinuxABI
internal import LinuxHost
internal import Wire

/// The dynamic linker and the libraries that programs need, found on this host as their dynamic linker
/// finds them (ld.so(8), glibc's and musl's), and put where it will look inside.
package struct SharedLibraries {
    /// Folders of LD_LIBRARY_PATH in the program's environment.
    private let environmentFolders: [[UInt8]]
    /// What was found, by its place inside.
    private var found: [GuestPath: [UInt8]] = [:]
    /// The same in the order of the places, so that equal input makes equal images.
    package var inOrder: [(guest: GuestPath, host: [UInt8])] {
        found.map { ($0.key, $0.value) }
            .sorted { $0.guest.bytes.lexicographicallyPrecedes($1.guest.bytes) }
    }
    /// Names that are resolved already.
    private var resolved: Set<[UInt8]> = []
    private var linker: Linker?

    /// A file on the host, and where it is inside.
    private struct Place {
        let host: [UInt8]
        let guest: GuestPath
    }
    /// What loaded an object, for DT_RPATH, which holds for what is loaded by it in turn.
    private final class Loader {
        let object: DynamicObject
        let place: Place
        let loader: Loader?
        init(_ object: DynamicObject, _ place: Place, by loader: Loader?) {
            self.object = object
            self.place = place
            self.loader = loader
        }
    }

    package init(libraryPath: [UInt8]?) {
        environmentFolders = DynamicObject.folders(libraryPath ?? [])
    }

    package var isEmpty: Bool { found.isEmpty }

    /// Finds what a program needs that is `host` on this host, without links, and lies at `guest` inside; nothing where it is static, or where `tree`
    /// has a dynamic linker for it: then the libraries are the user's too.
    package mutating func add(
        _ executable: borrowing Executable, from host: [UInt8], at guest: GuestPath,
        besides tree: FileTree
    ) throws(ImageFailure) {
        guard executable.segments.contains(where: { $0.kind == .interpreter }) else { return }
        let object = try DynamicObject(executable)
        guard let interpreter = object.interpreter,
            let architecture = Architecture(object.machine),
            !tree.holds(GuestPath(interpreter))
        else { return }
        guard Host.problem(with: interpreter, for: .reading) == nil else {
            throw ImageFailure(
                executable.path,
                "needs the dynamic linker \(ImageFailure.text(interpreter)), which is not on this host; install its C library, link the program with -static, or bring linker and libraries with --file"
            )
        }
        found[GuestPath(interpreter)] = interpreter
        resolved.insert(GuestPath(interpreter).components.last ?? [])
        let linker = Linker(interpreter, architecture)
        if self.linker == nil { self.linker = linker }
        try addNeeded(
            by: Loader(object, Place(host: host, guest: guest), by: nil), linker)
    }
    /// Finds what the programs among files need, which a program may execute. One whose libraries are not all on
    /// this host is left as it is: it may never be.
    package mutating func addPrograms(of tree: FileTree) {
        for (guest, host) in tree.programs {
            do throws(ImageFailure) {
                try add(try Executable(opening: host), from: host, at: guest, besides: tree)
            } catch {}
        }
    }
    /// Finds what libraries need that a program of `tree` may load while it runs (dlopen(3)). What is nowhere
    /// is left out, as such a library may never be loaded.
    package mutating func addLibraries(of tree: FileTree) {
        guard let linker else { return }
        for (guest, host) in tree.libraries {
            do throws(ImageFailure) {
                let executable = try Executable(opening: host)
                let object = try DynamicObject(executable)
                guard Architecture(object.machine) == linker.architecture else { continue }
                try addNeeded(by: Loader(object, Place(host: host, guest: guest), by: nil), linker)
            } catch {}
        }
    }

    private mutating func addNeeded(
        by first: Loader, _ linker: Linker
    ) throws(ImageFailure) {
        var waiting = [first]
        while !waiting.isEmpty {
            let loader = waiting.removeFirst()
            for name in loader.object.needed
            where !resolved.contains(name) && !linker.isBuiltIn(name) {
                let next = try find(name, for: loader, linker, program: first.place.host)
                resolved.insert(name)
                for library in next { if let own = library.object.name { resolved.insert(own) } }
                waiting += next
            }
        }
    }

    /// The library, and what a folder has of it for better CPUs.
    private mutating func find(
        _ name: [UInt8], for loader: Loader, _ linker: Linker, program: [UInt8]
    ) throws(ImageFailure) -> [Loader] {
        if name.contains(UInt8(ascii: "/")) {
            let place = Place(host: name, guest: GuestPath(name))
            if let next = take(place, for: loader) { return [next] }
            throw Self.missing(name, program)
        }
        for place in candidates(name, for: loader, linker) {
            let next = takeAll(place, for: loader, linker)
            if !next.isEmpty { return next }
        }
        for host in linker.cache.places(of: name) {
            if let next = take(Place(host: host, guest: GuestPath(host)), for: loader) {
                found[GuestPath(Linker.cachePath)] = Linker.cachePath
                return [next]
            }
        }
        for folder in linker.standardFolders {
            let host = folder + [0x2f] + name
            let next = takeAll(Place(host: host, guest: GuestPath(host)), for: loader, linker)
            if !next.isEmpty { return next }
        }
        throw Self.missing(name, program)
    }
    /// Which of several the dynamic linker takes depends on the machine's CPU, so that all of them go in.
    private mutating func takeAll(
        _ place: Place, for loader: Loader, _ linker: Linker
    ) -> [Loader] {
        var libraries: [Loader] = []
        for folder in linker.foldersOfBetterCPUs {
            let better = Place(
                host: Self.path(place.host, below: folder),
                guest: GuestPath(Self.path(place.guest.bytes, below: folder)))
            guard (try? Host.status(of: better.host, .follow)) != nil else { continue }
            if let library = take(better, for: loader) { libraries.append(library) }
        }
        if let library = take(place, for: loader) { libraries.append(library) }
        return libraries
    }
    /// The path with a folder put before its last component.
    private static func path(_ path: [UInt8], below folder: String) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        guard let end = path.lastIndex(of: slash) else { return path }
        return path[...end] + Array(folder.utf8) + path[end...]
    }
    private static func missing(_ name: [UInt8], _ program: [UInt8]) -> ImageFailure {
        ImageFailure(
            program,
            "needs the library \(ImageFailure.text(name)), which is nowhere that its dynamic linker looks; install it, or name its folder with --env LD_LIBRARY_PATH=FOLDER"
        )
    }

    /// Where the object's own paths and the environment say to look (ld.so(8)).
    private func candidates(
        _ name: [UInt8], for loader: Loader, _ linker: Linker
    ) -> [Place] {
        var places: [Place] = []
        func look(_ folders: [[UInt8]], from loader: Loader) {
            for folder in folders {
                places.append(linker.place(of: name, in: folder, loader.place))
            }
        }
        // musl takes both paths for the same (ldso/dynlink.c, fixup_rpath).
        if loader.object.runPath == nil || linker.kind == .musl {
            var holder: Loader? = loader
            while let current = holder {
                if linker.kind == .musl {
                    look(current.object.runPath ?? current.object.searchPath, from: current)
                } else if current.object.runPath == nil {
                    look(current.object.searchPath, from: current)
                }
                holder = current.loader
            }
        }
        look(environmentFolders, from: loader)
        if linker.kind == .glibc { look(loader.object.runPath ?? [], from: loader) }
        return places
    }

    /// Takes a file where it is a library for the same CPU, as dynamic linkers pass over others.
    private mutating func take(_ place: Place, for loader: Loader) -> Loader? {
        do throws(ImageFailure) {
            let executable = try Executable(opening: place.host)
            let object = try DynamicObject(executable)
            guard object.machine == loader.object.machine else { return nil }
            found[place.guest] = place.host
            return Loader(object, place, by: loader)
        } catch {
            return nil
        }
    }

    private struct Linker {
        enum Kind { case glibc, musl }
        static let cachePath = Array("/etc/ld.so.cache".utf8)
        let kind: Kind
        let architecture: Architecture
        let cache: LinkerCache
        let standardFolders: [[UInt8]]

        init(_ interpreter: [UInt8], _ architecture: Architecture) {
            self.architecture = architecture
            let name = GuestPath(interpreter).components.last ?? []
            kind = name.starts(with: "ld-musl-".utf8) ? .musl : .glibc
            switch kind {
            case .musl:
                cache = LinkerCache()
                // ldso/dynlink.c: /etc/ld-musl-ARCH.path, else these.
                let list = Self.contents(
                    "/etc/ld-musl-\(architecture == .x86_64 ? "x86_64" : "aarch64").path")
                let separators: [UInt8] = [0x0a, 0x3a]
                standardFolders =
                    list.map { $0.split { separators.contains($0) }.map { Array($0) } }
                    ?? ["/lib", "/usr/local/lib", "/usr/lib"].map { Array($0.utf8) }
            case .glibc:
                cache =
                    Self.contents("/etc/ld.so.cache").map { LinkerCache($0, for: architecture) }
                    ?? LinkerCache()
                let triple = Self.triple(architecture)
                standardFolders = [
                    "/lib/\(triple)", "/usr/lib/\(triple)", "/lib64", "/usr/lib64", "/lib",
                    "/usr/lib",
                ].map { Array($0.utf8) }
            }
        }
        private static func triple(_ architecture: Architecture) -> String {
            architecture == .x86_64 ? "x86_64-linux-gnu" : "aarch64-linux-gnu"
        }
        private static func contents(_ path: String) -> [UInt8]? {
            guard let file = try? Host.open(Array(path.utf8)) else { return nil }
            return try? file.borrowed.contents(from: 0, atMost: 16 << 20)
        }

        /// Folders within each folder of libraries (ld.so(8), "glibc-hwcaps"), the best first.
        var foldersOfBetterCPUs: [String] {
            guard kind == .glibc, architecture == .x86_64 else { return [] }
            return [4, 3, 2].map { "glibc-hwcaps/x86-64-v\($0)" }
        }

        /// Whether a library is a part of the dynamic linker itself (ldso/dynlink.c, load_library).
        func isBuiltIn(_ name: [UInt8]) -> Bool {
            guard kind == .musl else { return name.starts(with: "linux-vdso.".utf8) }
            return ["c", "pthread", "rt", "m", "dl", "util", "xnet"].contains {
                name.starts(with: "lib\($0).".utf8)
            }
        }

        /// A library in a folder of which an object at `place` speaks.
        func place(of name: [UInt8], in folder: [UInt8], _ place: Place) -> Place {
            let slash = UInt8(ascii: "/")
            let host = place.host.lastIndex(of: slash).map { Array(place.host[..<$0]) } ?? [0x2e]
            let guest = GuestPath(Array("..".utf8), relativeTo: place.guest)
            return Place(
                host: expand(folder, origin: host) + [slash] + name,
                guest: GuestPath(expand(folder, origin: guest.bytes) + [slash] + name))
        }
        /// `$ORIGIN`, `$LIB` and `$PLATFORM`, with or without braces (ld.so(8), "Dynamic string tokens").
        private func expand(_ folder: [UInt8], origin: [UInt8]) -> [UInt8] {
            let values: [(name: String, value: [UInt8])] = [
                ("ORIGIN", origin), ("LIB", Array("lib/\(Self.triple(architecture))".utf8)),
                ("PLATFORM", Array((architecture == .x86_64 ? "x86_64" : "aarch64").utf8)),
            ]
            var result: [UInt8] = []
            var rest = folder[...]
            scan: while let byte = rest.first {
                for (name, value) in values where byte == UInt8(ascii: "$") {
                    for token in ["${\(name)}", "$\(name)"] where rest.starts(with: token.utf8) {
                        result += value
                        rest = rest.dropFirst(token.utf8.count)
                        continue scan
                    }
                }
                result.append(byte)
                rest = rest.dropFirst()
            }
            return result
        }
    }
}
