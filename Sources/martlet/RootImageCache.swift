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
        let manifest = try FolderManifest.bytes(of: Array(real.utf8))
        let name = try "\(place())/\(name(of: real))"
        let (image, list, new) = ("\(name).erofs", "\(name).manifest", "\(name).new")
        if isCurrent(image, list, manifest) { return Array(image.utf8) }
        // Who comes while another makes it waits, and finds it made. What a killed process left is used again.
        let file = try attempt(new) { () throws(Errno) in try OwnedDescriptor.opened(path: new) }
        try attempt(new) { () throws(Errno) in try file.borrowed.lock() }
        if isCurrent(image, list, manifest) { return Array(image.utf8) }
        try make(new, of: real)
        try attempt(image) { () throws(Errno) in
            Host.remove(list)
            try Host.rename(new, to: image)
            let written = try OwnedDescriptor.emptied(path: "\(list).new")
            try written.borrowed.write(all: manifest)
            try Host.rename("\(list).new", to: list)
        }
        return Array(image.utf8)
    }

    private static func isCurrent(_ image: String, _ list: String, _ manifest: [UInt8]) -> Bool {
        guard Host.problem(with: Array(image.utf8), for: .reading) == nil,
            let file = try? OwnedDescriptor.readingWithoutFollowing(path: list),
            let status = try? file.borrowed.status(), status.owner == Host.userIdentity,
            status.byteCount == Int64(manifest.count),
            let kept = try? file.borrowed.contents(from: 0, atMost: manifest.count)
        else { return false }
        return kept == manifest
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
            try Host.makeFolder(base)
            try Host.makeFolder("\(base)/martlet")
        }
        return "\(base)/martlet"
    }
    private static func attempt<Result: ~Copyable>(
        _ path: String, _ body: () throws(Errno) -> Result
    ) throws(ImageFailure) -> Result {
        try Images.attempt(Array(path.utf8), "cannot be written (set XDG_CACHE_HOME)", body)
    }

    /// Runs mkfs.erofs; a failure's last line is the reason.
    private static func make(_ image: String, of folder: String) throws(ImageFailure) {
        let maker = Host.lookUp(Array("mkfs.erofs".utf8))
        guard maker.contains(UInt8(ascii: "/")), let path = String(validating: maker, as: UTF8.self)
        else {
            throw ImageFailure(
                Array(folder.utf8),
                "is a folder, of which mkfs.erofs makes an image; install the package erofs-utils")
        }
        let log = try attempt(image) { () throws(Errno) in
            try OwnedDescriptor.memoryFile(named: "mkfs.erofs")
        }
        let end: ChildProcess.End
        do throws(Errno) {
            let child = try ChildProcess(
                path, arguments: [maker] + ["--quiet", image, folder].map { Array($0.utf8) },
                descriptors: [], output: log.borrowed)
            end = child.wait()
        } catch { throw ImageFailure(maker, "cannot be run", error) }
        guard end != .exited(status: 0) else { return }
        let words = (try? log.borrowed.contents(from: 0, atMost: 65536)) ?? []
        let last = words.split(separator: UInt8(ascii: "\n")).last.map { Array($0) } ?? []
        throw ImageFailure(
            Array(folder.utf8),
            "cannot be made an image by mkfs.erofs: \(last.isEmpty ? "it failed" : ImageFailure.text(last))"
        )
    }
}
