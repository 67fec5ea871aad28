package import Base
package import Hardware
package import LinuxABI

/// The contents of one file or shared object: reference-counted frames, sparse.
///
/// The cache owns one reference of each of its frames, every mapping of a frame another one. A page
/// that was never written is a hole: it reads as zeroes and has no frame. Bytes beyond the end of
/// the file in its last page are always zero. Files of up to four pages need no tree.
package final class PageCache {
    static let directCount = 4
    private var direct = InlineArray<4, UInt32>(repeating: 0)
    private var tree = FrameTree()
    private var size: Int64 = 0
    /// Frames that the cache holds.
    package private(set) var allocatedPages = 0 {
        didSet { Self.total.value &+= allocatedPages - oldValue }
    }
    private static let total = Global(0)
    /// Frames that all caches hold: files' contents and shared memory.
    package static var totalPages: Int { total.value }
    /// Regions that map this cache, linked through their nodes; see AddressSpace.
    var firstMapping: Region?

    /// Whether it is a program or a library, which nobody changes under the private mappings of its data: pages
    /// may be copied before they are written.
    package var isProgram = false

    package init() {}
    deinit {
        Self.total.value &-= allocatedPages
        // Class instances of any number of pages: no allocation, only frames given back.
        for index in 0..<Self.directCount where direct[index] != 0 {
            Frames.release(Frame(number: direct[index]))
        }
        tree.removeAll(from: 0) { Frames.release($0) }
    }

    /// Whether a mapping may change the contents, now or after mprotect(2).
    package var isMappedForWriting: Bool {
        var region = firstMapping
        while let current = region {
            if current.sharing == .shared, current.maximum.contains(.write) { return true }
            region = current.nextMapping
        }
        return false
    }
    /// Length of the file. Setting it neither frees nor makes pages: after `adopt`; else `truncate`.
    package var byteCount: Int64 {
        get { size }
        set {
            precondition(newValue >= 0)
            size = newValue
        }
    }
    /// Pages that the file's length covers, the last one in part.
    package var pageCount: Int { Int((size >> Int64(Page.shift)) + (size & 4095 == 0 ? 0 : 1)) }

    // MARK: Pages

    /// The frame of a page, `nil` for a hole. The cache keeps its reference: retain to hold it.
    @export(interface)
    package func existingFrame(at pageIndex: Int) -> Frame? {
        guard pageIndex >= Self.directCount else {
            guard pageIndex >= 0, direct[pageIndex] != 0 else { return nil }
            return Frame(number: direct[pageIndex])
        }
        return tree[pageIndex]
    }
    /// The frame of a page, made of zeroes where a hole was. ENOMEM. Borrowed, as above.
    @export(interface)
    package func frame(at pageIndex: Int) throws(Errno) -> Frame {
        if let frame = existingFrame(at: pageIndex) { return frame }
        // A file never takes the last pages, so that the program can still say that it is full.
        guard Frames.freeCount > KernelReserve.frames + 8 else { throw .outOfMemory }
        let frame = try Frames.allocateForProgram()
        try adopt(frame, at: pageIndex)
        return frame
    }
    /// Takes over one reference to `frame` as the page's contents; what was there goes. ENOMEM
    /// (then the reference was given back).
    @export(interface)
    package func adopt(_ frame: Frame, at pageIndex: Int) throws(Errno) {
        precondition(pageIndex >= 0)
        let previous = existingFrame(at: pageIndex)
        if pageIndex < Self.directCount {
            direct[pageIndex] = frame.number
        } else if !tree.set(frame, at: pageIndex) {
            Frames.release(frame)
            throw .outOfMemory
        }
        if let previous { Frames.release(previous) } else { allocatedPages += 1 }
    }

    /// Changes the length; pages beyond the new end are freed and leave every mapping.
    @export(interface)
    package func truncate(to newSize: Int64) throws(Errno) {
        guard newSize >= 0 else { throw .invalidArgument }
        defer { size = newSize }
        guard newSize < size else { return }
        let offset = Int(newSize & 4095)
        let lastPage = Int(newSize >> Int64(Page.shift))
        let firstGone = lastPage + (offset == 0 ? 0 : 1)
        if offset != 0, let frame = existingFrame(at: lastPage) {
            frame.zero(from: offset, to: Page.size)
        }
        size = newSize
        unmapEverywhere(from: firstGone)
        removePages(from: firstGone)
    }
    /// Takes every page out of every mapping, which finds it anew.
    package func forgetMappedPages() { unmapEverywhere(from: 0) }
    func nextInTree(from index: Int) -> Int? { tree.next(from: index) }
    /// Makes a page a hole. Precondition: it has a frame, and nothing maps the file.
    func removePage(_ index: Int) {
        guard let frame = existingFrame(at: index) else { return }
        if index < Self.directCount { direct[index] = 0 } else { tree.remove(at: index) }
        allocatedPages -= 1
        Frames.release(frame)
    }
    private func removePages(from first: Int) {
        for index in 0..<Self.directCount where index >= first && direct[index] != 0 {
            Frames.release(Frame(number: direct[index]))
            direct[index] = 0
            allocatedPages -= 1
        }
        // Taken out and put back: `body` must not find the tree in use.
        var tree = self.tree
        var removed = 0
        tree.removeAll(from: first) {
            Frames.release($0)
            removed += 1
        }
        self.tree = tree
        allocatedPages -= removed
    }

    // MARK: Bytes

    /// Bytes at `offset` within one page, at most `count`.
    private static func piece(at offset: Int64, count: Int) -> (page: Int, start: Int, count: Int) {
        let start = Int(offset & 4095)
        return (Int(offset >> Int64(Page.shift)), start, min(count, Page.size - start))
    }
    private func readable(at offset: Int64, count: Int) throws(Errno) -> Int {
        guard offset >= 0, count >= 0 else { throw .invalidArgument }
        return offset >= size ? 0 : Int(min(Int64(count), size - offset))
    }

    /// Copies up to `count` bytes to the program; returns how many, less at the end of the file or
    /// where the program's memory ends after some. EFAULT.
    @export(interface)
    package func read(
        at offset: Int64, count: Int, to address: VirtualAddress
    ) throws(Errno) -> Int {
        let total = try readable(at: offset, count: count)
        var done = 0
        while done < total {
            let piece = Self.piece(at: offset + Int64(done), count: total - done)
            guard let target = address.advanced(by: UInt64(done)) else { throw .badAddress }
            do throws(Errno) {
                try copyOut(piece.page, at: piece.start, count: piece.count, to: target)
            } catch {
                // The program's memory may end within the piece: what lies before is copied.
                let first = Self.bytesInPage(from: target)
                if first < piece.count,
                    (try? copyOut(piece.page, at: piece.start, count: first, to: target)) != nil
                {
                    done += first
                }
                if done > 0 { return done }
                throw error
            }
            done += piece.count
        }
        return done
    }
    private func copyOut(
        _ pageIndex: Int, at start: Int, count: Int, to target: VirtualAddress
    ) throws(Errno) {
        if let frame = existingFrame(at: pageIndex) {
            try ProgramMemory.copyOut(frame, at: start, count: count, to: target)
        } else {
            try ProgramMemory.zero(target, count: count)
        }
    }
    /// How far an address is from the end of its page.
    private static func bytesInPage(from address: VirtualAddress) -> Int {
        Page.size - Int(address.rawValue & UInt64(Page.size - 1))
    }
    /// Copies bytes into `bytes`; returns how many, less at the end of the file.
    @export(interface)
    package func read(at offset: Int64, into bytes: inout MutableRawSpan) -> Int {
        guard offset >= 0, offset < size else { return 0 }
        let total = Int(min(Int64(bytes.byteCount), size - offset))
        var done = 0
        while done < total {
            let piece = Self.piece(at: offset + Int64(done), count: total - done)
            if let frame = existingFrame(at: piece.page) {
                frame.copyOut(at: piece.start, count: piece.count, into: &bytes, at: done)
            } else {
                bytes.zero(from: done, count: piece.count)
            }
            done += piece.count
        }
        return done
    }

    /// Copies `count` bytes of the program into the file, which grows as needed; returns how many,
    /// less where memory ran out or the program's ended after some. EFAULT, EFBIG, ENOSPC.
    @export(interface)
    package func write(
        at offset: Int64, count: Int, from address: VirtualAddress
    ) throws(Errno) -> Int {
        let total = try writable(at: offset, count: count)
        var done = 0
        while done < total {
            let piece = Self.piece(at: offset + Int64(done), count: total - done)
            do throws(Errno) {
                guard let source = address.advanced(by: UInt64(done)) else { throw .badAddress }
                // No access to the cache's storage is held here: the copy may fault into it.
                let frame = try frameToWrite(at: piece.page)
                do throws(Errno) {
                    try ProgramMemory.copyIn(
                        from: source, count: piece.count, into: frame, at: piece.start)
                } catch {
                    done += partialCopy(from: source, piece.count, into: frame, piece.start)
                    if done > 0 { size = max(size, offset + Int64(done)) }
                    clearBeyondEnd(frame, piece.page)
                    throw error
                }
            } catch {
                if done > 0 { return done }
                throw error
            }
            done += piece.count
            size = max(size, offset + Int64(done))
        }
        return done
    }
    /// Copies `bytes` into the file, which grows as needed; returns how many, less where memory ran
    /// out after some. EFBIG, ENOSPC.
    @export(interface)
    package func write(at offset: Int64, from bytes: RawSpan) throws(Errno) -> Int {
        let total = try writable(at: offset, count: bytes.byteCount)
        var done = 0
        while done < total {
            let piece = Self.piece(at: offset + Int64(done), count: total - done)
            do throws(Errno) {
                let frame = try frameToWrite(at: piece.page)
                frame.copyIn(bytes, at: done, count: piece.count, to: piece.start)
            } catch {
                if done > 0 { return done }
                throw error
            }
            done += piece.count
            size = max(size, offset + Int64(done))
        }
        return done
    }
    /// Copies what lies before the end of the program's page, where a whole piece failed; how much.
    private func partialCopy(
        from source: VirtualAddress, _ count: Int, into frame: Frame, _ start: Int
    ) -> Int {
        let first = Self.bytesInPage(from: source)
        guard first < count,
            (try? ProgramMemory.copyIn(from: source, count: first, into: frame, at: start)) != nil
        else { return 0 }
        return first
    }
    /// Zeroes what a failed copy left behind the end of the file.
    private func clearBeyondEnd(_ frame: Frame, _ pageIndex: Int) {
        let start = Int64(pageIndex) << Int64(Page.shift)
        guard size < start + Int64(Page.size) else { return }
        frame.zero(from: Int(max(0, size - start)), to: Page.size)
    }
    private func writable(at offset: Int64, count: Int) throws(Errno) -> Int {
        guard offset >= 0, count >= 0 else { throw .invalidArgument }
        guard offset < Int64.max else { throw .fileTooLarge }
        return Int(min(Int64(count), Int64.max - offset))
    }
    private func frameToWrite(at pageIndex: Int) throws(Errno) -> Frame {
        do throws(Errno) {
            return try frame(at: pageIndex)
        } catch {
            // As a full tmpfs says it, write(2).
            throw .noSpace
        }
    }
}
