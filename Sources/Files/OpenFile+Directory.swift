package import Base
internal import Hardware
package import LinuxABI
internal import Memory

extension OpenFile {
    /// Writes records of the directory's next names to the program, as getdents64(2); returns their
    /// bytes, 0 at the end. ENOTDIR, ENOENT for a removed directory, EINVAL where not even one fits.
    package func readDirectory(
        _ layout: DirectoryRecord.Layout, byteCount limit: Int, to address: VirtualAddress
    ) throws(Errno) -> Int {
        guard let directory = entry.directory else { throw .notDirectory }
        guard entry.isLinked || entry.parent == nil else { throw .noSuchFile }
        var output = RecordOutput(layout: layout, limit: limit, address: address)
        if offset == 0 {
            guard try output.append(directory.number, 1, .directory, ".") else {
                return try output.finish()
            }
            offset = 1
        }
        if offset == 1 {
            let parent = entry.parent?.node.number ?? directory.number
            guard try output.append(parent, 2, .directory, "..") else {
                return try output.finish()
            }
            offset = 2
        }
        var position = offset
        try directory.list(from: position) { listed throws(Errno) in
            guard
                try output.append(
                    listed.number, listed.nextPosition, listed.kind, listed.name)
            else { return false }
            position = listed.nextPosition
            return true
        }
        offset = position
        node.touchAccessed(self)
        entry.tell(.accessed)
        return try output.finish()
    }
}

/// Records on their way into the program's buffer.
private struct RecordOutput {
    let layout: DirectoryRecord.Layout
    let limit: Int
    let address: VirtualAddress
    private var done = 0
    private var isFull = false

    init(layout: DirectoryRecord.Layout, limit: Int, address: VirtualAddress) {
        self.layout = layout
        self.limit = limit
        self.address = address
    }
    mutating func append(
        _ number: UInt64, _ next: Int64, _ kind: FileKind, _ name: StaticString
    ) throws(Errno) -> Bool {
        try append(number, next, kind, name.bytes)
    }
    /// Adds a record; false where it does not fit. EFAULT, unless records came before.
    mutating func append(
        _ number: UInt64, _ next: Int64, _ kind: FileKind, _ name: RawSpan
    ) throws(Errno) -> Bool {
        let size = DirectoryRecord.size(nameByteCount: name.byteCount, layout)
        guard size <= limit - done else {
            isFull = true
            return false
        }
        var record = InlineArray<280, UInt8>(repeating: 0)
        do {
            var span = record.mutableSpan
            var bytes = span.mutableRaw
            DirectoryRecord.encode(
                number: number, nextPosition: next, type: kind.directoryEntryType, name: name,
                layout, into: &bytes)
        }
        guard let target = address.advanced(by: UInt64(done)) else { throw .badAddress }
        do throws(Errno) {
            try ProgramMemory.copyOut(record.span.raw.extracting(first: size), to: target)
        } catch {
            if done > 0 { return false }
            throw error
        }
        done += size
        return true
    }
    func finish() throws(Errno) -> Int {
        if done == 0, isFull { throw .invalidArgument }
        return done
    }
}
