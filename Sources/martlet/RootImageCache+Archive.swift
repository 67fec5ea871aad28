import Base
import Images
import LinuxABI
import LinuxHost

// An archive (tar, compressed or not) is unpacked beside its image, which is then made of that.
extension RootImageCache {
    /// Unpacks and makes the image: $1 the archive, $2 the folder to unpack to, $3 the image. What owners and
    /// devices there are is kept; the folder goes whatever happens.
    private static let script = """
        rm -rf "$2" && mkdir -m 755 "$2" &&
            tar --extract --preserve-permissions --same-owner --numeric-owner --xattrs --xattrs-include='*' \
                --delay-directory-restore --file "$1" --directory "$2" && mkfs.erofs --quiet "$3" "$2"
        status=$?
        chmod -R u+rwx "$2" 2>/dev/null
        rm -rf "$2"
        exit $status
        """

    /// Whether a file begins as tar's archives do, or as what compresses them.
    static func isArchive(_ head: [UInt8]) -> Bool {
        let starts: [[UInt8]] = [
            [0x1f, 0x8b], Array("BZh".utf8), [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
            [0x28, 0xb5, 0x2f, 0xfd],
        ]
        // POSIX's ustar, and GNU's form of it (tar(5)).
        let magic = Array("ustar".utf8)
        return head.count >= 512 && Array(head[257..<262]) == magic
            || starts.contains { head.starts(with: $0) }
    }

    /// The image of an archive as it is now.
    static func image(ofArchive archive: [UInt8]) throws(ImageFailure) -> [UInt8] {
        guard let text = String(validating: archive, as: UTF8.self) else {
            throw ImageFailure(archive, "is no name in UTF-8, which a root file system's must be")
        }
        let real = try Images.attempt(archive, "cannot be read") { () throws(Errno) in
            try Host.realPath(text)
        }
        var manifest = FolderManifest()
        try manifest.add(Array(real.utf8))
        let bytes = manifest.bytes
        return try kept(real) { _ in
            bytes
        } make: { (new) throws(ImageFailure) in
            try make(
                new, of: real, by: command(for: real) + [script, "sh", real, "\(new).d", new])
            return bytes
        }
    }
    /// Who runs the script: only root may make files of others, which fakeroot pretends to.
    private static func command(for archive: String) throws(ImageFailure) -> [String] {
        func require(
            _ name: String, of package: String, _ what: String
        ) throws(ImageFailure) -> String {
            guard let path = Host.executable(named: name) else {
                throw ImageFailure(
                    Array(archive.utf8), "is an archive, \(what); install the package \(package)")
            }
            return path
        }
        _ = try require("tar", of: "tar", "which tar unpacks")
        _ = try require("mkfs.erofs", of: "erofs-utils", "of which mkfs.erofs makes an image")
        let shell = ["/bin/sh", "-c"]
        guard Host.userIdentity != 0 else { return shell }
        return [
            try require("fakeroot", of: "fakeroot", "whose owners only root and fakeroot can keep"),
            "--",
        ] + shell
    }
}
