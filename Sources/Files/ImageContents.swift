internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Wire

/// The root file system's image where it lies in memory. Nothing writes its frames: each is held once
/// for the image, whoever else uses it.
final class RootImage {
    private let first: Frame
    private let byteCount: Int

    init(frames: Range<UInt32>, byteCount: Int) {
        precondition(byteCount <= frames.count << Page.shift)
        first = Frame(number: frames.lowerBound)
        self.byteCount = byteCount
    }

    /// Lends the image. EUCLEAN where it is damaged, as Linux has it; the errors of `body`.
    func withImage<Result>(
        _ body: (borrowing EROFSImage) throws(ImageError) -> Result
    ) throws(Errno) -> Result {
        do throws(ImageError) {
            return try BootMemory.withBytes(at: first.address, byteCount: byteCount) {
                bytes throws(ImageError) in
                let image: EROFSImage
                do throws(EROFSFailure) {
                    // The checksum was checked by `RootFileSystem.populate(fromImage:)`.
                    image = try EROFSImage(checking: bytes, .trusted)
                } catch { throw .damaged }
                return try body(image)
            }
        } catch {
            switch error {
            case .damaged: throw .needsCleaning
            case .other(let error): throw error
            }
        }
    }

    /// A reference to the frame at a page boundary of the image.
    func frame(at offset: Int) -> Frame {
        let frame = Frame(number: first.number + UInt32(offset >> Page.shift))
        // Its first use: this reference is the image's, and stays.
        if Frames.shareCount(frame) == 0 {
            Frames.adopt(foreignFrames: frame.number..<frame.number + 1)
        }
        Frames.retain(frame)
        return frame
    }

    enum ImageError: Error {
        case damaged
        case other(Errno)
    }
}

/// The contents of a file of the image, until somebody opens it.
struct ImageContents {
    let image: RootImage
    let inode: EROFSInode
    var byteCount: Int64 { inode.byteCount }

    /// Makes the image's pages those of a file: whole pages where they lie, the last one by copy.
    /// ENOMEM, EUCLEAN; then some pages may be there.
    func load(into pages: PageCache) throws(Errno) {
        try image.withImage { image throws(RootImage.ImageError) in
            var offset: Int64 = 0
            while offset < inode.byteCount {
                let extent: EROFSExtent
                do throws(EROFSFailure) {
                    extent = try image.extent(of: inode, at: offset)
                } catch { throw .damaged }
                do throws(Errno) {
                    if case .bytes(let range) = extent {
                        try add(range, of: image, to: pages, at: offset)
                    }
                } catch { throw .other(error) }
                offset += extent.byteCount
            }
        }
        pages.byteCount = inode.byteCount
    }
    private func add(
        _ range: Range<Int>, of image: borrowing EROFSImage, to pages: PageCache, at offset: Int64
    ) throws(Errno) {
        var start = range.lowerBound
        var page = Int(offset >> Int64(Page.shift))
        while start < range.upperBound {
            let count = min(Page.size, range.upperBound - start)
            if count == Page.size, start & (Page.size - 1) == 0 {
                try pages.adopt(self.image.frame(at: start), at: page)
            } else {
                let bytes = image.bytes.extracting(start..<start + count)
                let done = try pages.write(
                    at: Int64(page) << Int64(Page.shift), from: bytes)
                guard done == count else { throw .outOfMemory }
            }
            start += count
            page += 1
        }
    }
}

extension PageCache {
    /// Makes every page one that is this file's alone; mappings find the new ones. ENOSPC.
    func copyAll() throws(Errno) {
        var next = nextPage(from: 0)
        while let page = next {
            guard let old = existingFrame(at: page) else { break }
            guard Frames.freeCount > KernelReserve.frames + 8,
                let new = try? Frames.allocateForProgram()
            else { throw .noSpace }
            new.copy(from: old)
            try adopt(new, at: page)
            next = nextPage(from: page + 1)
        }
        forgetMappedPages()
    }
}
