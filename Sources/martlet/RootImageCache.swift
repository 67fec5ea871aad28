import Images
import LinuxABI
import LinuxHost

/// EROFS images of folders, made by mkfs.erofs and kept, one a folder, until something in it changes: in
/// `$XDG_CACHE_HOME/martlet` or `~/.cache/martlet`, with the manifest that each was made of beside it.
enum RootImageCache {
    /// The image of a folder as it is now.
    static func image(of folder: [UInt8]) throws(ImageFailure) -> [UInt8] {
        guard let text = String(validating: folder, as: UTF8.self) else {
            throw ImageFailure(folder, "is no name in UTF-8, which a root file system's must be")
        }
        let real = try Images.attempt(folder, "cannot be read") { () throws(Errno) in
            try Host.realPath(text)
        }
        guard real != "/" else {
            throw ImageFailure(
                "/ is this host's own root, with its devices and processes; name a folder of files")
        }
        var manifest = FolderManifest()
        try manifest.add(Array(real.utf8))
        let bytes = manifest.bytes
        return try kept(real) { _ in
            bytes
        } make: { (new) throws(ImageFailure) in
            try make(new, of: real)
            return bytes
        }
    }

    /// The image that is kept by a name. `current` tells what its manifest would be now, by the one that is
    /// kept; `make` makes the image, and returns its manifest.
    static func kept(
        _ origin: String, _ current: (_ kept: [UInt8]) -> [UInt8]?,
        make: (_ new: String) throws(ImageFailure) -> [UInt8]
    ) throws(ImageFailure) -> [UInt8] {
        let name = try "\(place())/\(name(of: origin))"
        let (image, list, new) = ("\(name).erofs", "\(name).manifest", "\(name).new")
        func isCurrent() -> Bool {
            guard Host.problem(with: Array(image.utf8), for: .reading) == nil,
                let file = try? OwnedDescriptor.readingWithoutFollowing(path: list),
                let status = try? file.borrowed.status(), status.owner == Host.userIdentity,
                let kept = try? file.borrowed.contents(
                    from: 0, atMost: Int(clamping: status.byteCount))
            else { return false }
            return current(kept) == kept
        }
        if isCurrent() { return Array(image.utf8) }
        // Who comes while another makes it waits, and finds it made. What a killed process left is replaced.
        let lock = try attempt("\(name).lock") { () throws(Errno) in
            let file = try OwnedDescriptor.opened(path: "\(name).lock")
            try file.borrowed.lock()
            return file
        }
        // Held to the end.
        defer { _ = lock.borrowed }
        if isCurrent() { return Array(image.utf8) }
        let manifest = try make(new)
        try attempt(image) { () throws(Errno) in
            Host.remove(list)
            try Host.rename(new, to: image)
            let written = try OwnedDescriptor.emptied(path: "\(list).new")
            try written.borrowed.write(all: manifest)
            try Host.rename("\(list).new", to: list)
        }
        return Array(image.utf8)
    }
    /// Readable, and unlike others' of the same last component: FNV-1a of the path (64 bits).
    private static func name(of path: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in path.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let last = path.split(separator: "/").last.map { $0.prefix(64) } ?? "root"
        return "\(last)-\(String(hash, radix: 16))"
    }
    /// The folder of images, made where it is not there.
    private static func place() throws(ImageFailure) -> String {
        let base: String
        if let cache = Host.environment("XDG_CACHE_HOME"), cache.hasPrefix("/") {
            base = cache
        } else if let home = Host.environment("HOME"), home.hasPrefix("/") {
            base = "\(home)/.cache"
        } else {
            throw ImageFailure(
                "there is no place for the folder's image; set HOME or XDG_CACHE_HOME, or make the image with mkfs.erofs yourself"
            )
        }
        try attempt(base) { () throws(Errno) in
            try Host.makeFolder(Array(base.utf8))
            try Host.makeFolder(Array("\(base)/martlet".utf8))
        }
        return "\(base)/martlet"
    }
    static func attempt<Result: ~Copyable>(
        _ path: String, _ body: () throws(Errno) -> Result
    ) throws(ImageFailure) -> Result {
        try Images.attempt(Array(path.utf8), "cannot be written (set XDG_CACHE_HOME)", body)
    }

    /// What tar says last, after the reason.
    private static let tarsLast = [
        "tar: Exiting with", "tar: Error is not recoverable", "tar: Child returned",
    ].map { Array($0.utf8) }

    /// Runs mkfs.erofs; a failure's last error is the reason.
    private static func make(
        _ image: String, of folder: String, options: [String] = []
    ) throws(ImageFailure) {
        guard let maker = Host.executable(named: "mkfs.erofs") else {
            throw ImageFailure(
                Array(folder.utf8),
                "is a folder, of which mkfs.erofs makes an image; install the package erofs-utils")
        }
        try make(image, of: folder, by: [maker, "--quiet"] + options + [image, folder])
    }
    /// Runs a command that makes an image of what `origin` names; a failure's last error is the reason.
    static func make(
        _ image: String, of origin: String, by words: [String]
    ) throws(ImageFailure) {
        let command = try HostCommand(running: words)
        if command.succeeded {
            // The disk must have it before its name says that it is whole.
            return try attempt(image) { () throws(Errno) in
                let made = try OwnedDescriptor.opened(path: image)
                try made.borrowed.synchronize()
            }
        }
        // Half an image may be what fills the disk.
        Host.remove(image)
        // mkfs.erofs begins its errors so; its usage may follow them.
        let lines = command.lines
        let last =
            lines.last { $0.starts(with: "<E>".utf8) }
            ?? lines.last { line in !tarsLast.contains { line.starts(with: $0) } }
            ?? []
        throw ImageFailure(
            Array(origin.utf8),
            "cannot be made an image: \(last.isEmpty ? "mkfs.erofs failed" : ImageFailure.text(last))"
        )
    }
}

// What language runtimes read is thousands of files, which would be copied at each start.
extension RootImageCache {
    /// An image is worth it from so many files on, or so many bytes.
    private static let leastFiles = 200
    private static let leastBytes: Int64 = 16 << 20

    /// An image, and files of this host that it has at the same places.
    struct Runtime {
        let path: [UInt8]
        let files: Set<[UInt8]>
    }

    /// An image with a program, what its runtime reads, and the libraries that all those need; `nil` where
    /// that is little. Precondition: the program's path is no link's.
    static func image(
        of items: [RuntimeFiles.Item], for program: [UInt8], libraryPath: [UInt8]?
    ) throws(ImageFailure) -> Runtime? {
        guard program.first == UInt8(ascii: "/"), GuestPath(program).bytes == program else {
            return nil
        }
        var files = FolderManifest()
        for item in items { try files.addIfThere(item) }
        try files.add(program)
        guard files.count >= leastFiles || files.contentByteCount >= leastBytes else { return nil }
        let walked = files.bytes
        var held: Set<[UInt8]> = [program]
        let origin = String(decoding: program, as: UTF8.self) + " runtime"
        let path = try kept(origin) { (kept) in
            guard let others = Others(in: kept) else { return nil }
            held = Set(others.paths).union([program])
            return others.manifest(walked)
        } make: { (new) throws(ImageFailure) in
            var tree = FileTree()
            try tree.add(host: program, at: GuestPath(program))
            for item in items { try tree.addIfThere(item) }
            var libraries = SharedLibraries(libraryPath: libraryPath)
            let executable = try Executable(opening: program)
            try libraries.add(executable, from: program, at: GuestPath(program), besides: tree)
            libraries.addLibraries(of: tree)
            try tree.add(libraries)
            let others = Others(
                [Array("/etc/ld.so.cache".utf8)] + libraries.inOrder.map(\.host))
            guard let manifest = others.manifest(walked) else {
                throw ImageFailure(program, "changed while its files were read")
            }
            let stage = Array("\(new).d".utf8)
            Host.removeTree(stage)
            defer { Host.removeTree(stage) }
            try attempt("\(new).d") { () throws(Errno) in try Host.makeFolder(stage) }
            try tree.copy(to: stage)
            try make(new, of: "\(new).d", options: ["--all-root"])
            held = Set(others.paths).union([program])
            return manifest
        }
        return Runtime(path: path, files: held)
    }

    /// Files that an image was made of beside the runtime's own: a manifest begins with their paths.
    private struct Others {
        let paths: [[UInt8]]
        init(_ paths: [[UInt8]]) { self.paths = paths }

        private static let separator: UInt8 = 0x0a
        /// Those of a manifest, which end with an empty one.
        init?(in manifest: [UInt8]) {
            var paths: [[UInt8]] = []
            var rest = manifest[...]
            while let end = rest.firstIndex(of: Self.separator) {
                guard end != rest.startIndex else {
                    self.paths = paths
                    return
                }
                paths.append(Array(rest[..<end]))
                rest = rest[(end + 1)...]
            }
            return nil
        }
        /// The whole manifest; `nil` where one of them is gone.
        func manifest(_ walked: [UInt8]) -> [UInt8]? {
            var others = FolderManifest()
            do throws(ImageFailure) {
                for path in paths { try others.add(LinkChain(from: path).end) }
            } catch { return nil }
            return Array(paths.joined(separator: [Self.separator]))
                + [Self.separator, Self.separator] + others.bytes + walked
        }
    }
}
