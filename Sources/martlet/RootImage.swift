import Base
import Images
import LinuxABI
import LinuxHost
import Wire

/// An EROFS image that can be a machine's root file system.
struct RootImage {
    let path: [UInt8]
    /// All of the file.
    let range: Launch.FileRange

    /// The image at a path, or that of the folder or the archive there.
    init(of path: [UInt8]) throws(ImageFailure) {
        let kind = (try? Host.status(of: path, .follow))?.kind
        if kind == .directory {
            try self.init(opening: RootImageCache.image(of: path))
        } else if kind == .regular, let file = try? Host.open(path),
            let head = try? file.borrowed.contents(from: 0, atMost: 512),
            RootImageCache.isArchive(head)
        {
            try self.init(opening: RootImageCache.image(ofArchive: path))
        } else {
            try self.init(opening: path)
        }
    }
    /// Checks the superblock; says what to do where the image can't be used.
    init(opening path: [UInt8]) throws(ImageFailure) {
        guard let text = String(validating: path, as: UTF8.self) else {
            throw ImageFailure(path, "is no name in UTF-8, which a root file system's must be")
        }
        let head: [UInt8]
        let status: Descriptor.Status
        do throws(Errno) {
            let file = try OwnedDescriptor.reading(path: text)
            status = try file.borrowed.status()
            head =
                status.isRegular ? try file.borrowed.contents(from: 0, atMost: Page.size) : []
        } catch { throw ImageFailure(path, "can't be read", error) }
        self.path = path
        range = Launch.FileRange(path: path, range: 0..<max(Int(status.byteCount), 0))
        guard status.isRegular else {
            throw ImageFailure(
                path, "is neither a folder, an archive nor an EROFS image")
        }
        do throws(EROFSFailure) {
            _ = try EROFSImage(
                checking: head.span.raw, fileByteCount: Int(status.byteCount))
        } catch { throw ImageFailure(path, Self.reason(error)) }
    }

    func files() throws(ImageFailure) -> RootFiles {
        do throws(Errno) {
            let file = try Host.open(path)
            let byteCount = try file.borrowed.status().byteCount
            return try RootFiles(file.borrowed, byteCount: Int(byteCount))
        } catch { throw ImageFailure(path, "can't be read", error) }
    }

    private static func reason(_ failure: EROFSFailure) -> String {
        switch failure {
        case .notAnImage:
            "is neither an EROFS image nor an archive of tar; mkfs.erofs (package erofs-utils) makes one"
        case .truncated: "is an EROFS image that is cut off; make it again"
        case .badChecksum, .damaged: "is a damaged EROFS image; make it again"
        case .unsupportedBlockSize:
            "is an EROFS image with blocks that are not of 4096 bytes; make it again with such"
        case .compressed:
            "is a compressed EROFS image, which can't be used in place; make it without '-z'"
        case .unsupportedFeatures:
            "is an EROFS image with features that are not known here; make it with mkfs.erofs 1.5's defaults"
        }
    }
}
