internal import Base
package import LinuxABI
package import Memory

/// A regular file: bytes in reference-counted page frames.
package final class RegularNode: Node {
    /// The contents, shared with every mapping of the file.
    package let pages = PageCache()
    /// Whether it may get a name though it has none: made by O_TMPFILE (open(2)).
    var isLinkable = false
    /// What can't be done to it any more; only memfd_create(2) makes files that take seals.
    package internal(set) var seals: FileSeals = .seal
    /// How often the node is open for writing; negative: how often writing is denied because the
    /// file runs as a program (ETXTBSY, execve(2)).
    private var writers = 0

    package init(in fileSystem: FileSystem, mode: FileMode, owner: UInt32 = 0, group: UInt32 = 0) {
        super.init(.regular, in: fileSystem, mode: mode, owner: owner, group: group)
    }
    /// A file of an image. `pages` are empty until `loadContents()`, which opening calls.
    init(_ contents: ImageContents, in fileSystem: FileSystem) {
        self.contents = contents
        super.init(.regular, in: fileSystem, mode: [])
    }
    /// What is in the image still.
    private var contents: ImageContents?
    /// Whether pages are the image's, which nobody may write.
    private var hasImagePages = false

    /// Brings the contents of a file of an image into `pages`, where they are not yet: to be called
    /// before they are looked at without an open file. ENOMEM, EUCLEAN.
    package func loadContents() throws(Errno) {
        guard let contents else { return }
        try contents.load(into: pages)
        self.contents = nil
        hasImagePages = true
    }
    /// The same, and makes all pages the file's own. ENOMEM, ENOSPC, EUCLEAN.
    private func makeWritable() throws(Errno) {
        try loadContents()
        guard hasImagePages else { return }
        try pages.copyAll()
        hasImagePages = false
    }

    package override var byteCount: Int64 { contents?.byteCount ?? pages.byteCount }
    package override var blockCount: Int64 {
        if let contents { return (contents.byteCount + 4095) / 4096 * 8 }
        return Int64(pages.allocatedPages) * 8
    }
    package override var isSeekable: Bool { true }

    /// Forbids writing while the file runs; ETXTBSY while somebody has it open for writing.
    package func denyWriting() throws(Errno) {
        guard writers <= 0 else { throw .textBusy }
        writers -= 1
    }
    /// Takes back one `denyWriting()`.
    package func allowWriting() {
        precondition(writers < 0)
        writers += 1
    }
    var isWritingDenied: Bool { writers < 0 }
    package var isOpenForWriting: Bool { writers > 0 }
    /// Whether files that are open for writing keep it from being run: not those of memfd_create(2).
    var countsWriters = true

    override func opened(_ file: OpenFile) throws(Errno) {
        guard file.flags.allowsWriting else { return try loadContents() }
        guard !isWritingDenied else { throw .textBusy }
        try makeWritable()
        if countsWriters { writers += 1 }
    }
    override func closed(_ file: OpenFile) {
        if file.flags.allowsWriting, countsWriters { writers -= 1 }
    }
    override func read(
        _ file: OpenFile, at offset: Int64, count: Int, to address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        let done = try pages.read(at: offset, count: count, to: address)
        touchAccessed(file)
        return done
    }
    override func read(
        _ file: OpenFile, at offset: Int64, into bytes: inout MutableRawSpan
    ) throws(Errno) -> Int {
        let done = pages.read(at: offset, into: &bytes)
        touchAccessed(file)
        return done
    }
    override func write(
        _ file: OpenFile, at offset: Int64, count: Int, from address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard count > 0 else { return 0 }
        let count = try countAllowedBySeals(offset, count)
        let done = try pages.write(at: offset, count: count, from: address)
        touchModified()
        return done
    }
    override func write(
        _ file: OpenFile, at offset: Int64, _ bytes: RawSpan, _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard bytes.byteCount > 0 else { return 0 }
        let count = try countAllowedBySeals(offset, bytes.byteCount)
        let done = try pages.write(at: offset, from: bytes.extracting(first: count))
        touchModified()
        return done
    }
    override func truncate(to byteCount: Int64) throws(Errno) {
        guard byteCount >= 0 else { throw .invalidArgument }
        if seals.contains(.shrink), byteCount < self.byteCount { throw .operationNotPermitted }
        if seals.contains(.grow), byteCount > self.byteCount { throw .operationNotPermitted }
        try makeWritable()
        try pages.truncate(to: byteCount)
        touchModified()
    }
}

extension RegularNode {
    /// How much of a write seals allow. EPERM where it is nothing.
    ///
    /// Linux writes a page at a time, each wholly within the length or not at all.
    private func countAllowedBySeals(_ offset: Int64, _ count: Int) throws(Errno) -> Int {
        guard seals.isDisjoint(with: [.write, .futureWrite]) else { throw .operationNotPermitted }
        guard seals.contains(.grow), offset + Int64(count) > byteCount else { return count }
        let end = byteCount & ~Int64(Page.offsetMask)
        guard end > offset else { throw .operationNotPermitted }
        return Int(end - offset)
    }
    /// Adds seals, as F_ADD_SEALS. EPERM once F_SEAL_SEAL is set.
    package func addSeals(_ new: FileSeals) throws(Errno) {
        guard !seals.contains(.seal) else { throw .operationNotPermitted }
        var new = new
        // What runs is not changed either (mm/memfd.c).
        if new.contains(.execute), !mode.isDisjoint(with: .anyExecute) {
            new.formUnion([.shrink, .grow, .write, .futureWrite])
        }
        seals.formUnion(new)
    }
}
