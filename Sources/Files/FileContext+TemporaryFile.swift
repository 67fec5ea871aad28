internal import Base
internal import LinuxABI
internal import Memory

extension FileContext {
    /// Makes and opens a file without a name in the directory that `path` leads to, as O_TMPFILE of
    /// open(2). ENOTDIR, EACCES, EOPNOTSUPP in /proc, ENOMEM, path errors.
    func openTemporaryFile(
        _ path: RawSpan, from base: DirectoryEntry, _ flags: OpenFlags, mode: FileMode
    ) throws(Errno) -> OpenFile {
        let entry = try resolve(path, from: base, flags.contains(.noFollow) ? .keep : .follow)
        guard let directory = entry.directory else { throw .notDirectory }
        try directory.require([.write, .execute], for: credentials)
        try directory.fileSystem.requireWritable()
        guard directory.isMutable else { throw .notSupported }
        try KernelReserve.admit()
        let node = RegularNode(
            in: directory.fileSystem, mode: mode.subtracting(mask), owner: credentials.user,
            group: group(in: directory))
        node.linkCount = 0
        // linkat(2) may give it a name, unless it was to stay without one.
        node.isLinkable = !flags.contains(.exclusive)
        var name = InlineArray<24, UInt8>(repeating: 0)
        let length: Int
        do {
            var span = name.mutableSpan
            var text = TextBuffer(into: span.mutableRaw)
            text.append(byte: 0x23)
            text.append(node.number)
            length = text.writtenCount
        }
        // Shown as "/tmp/#7 (deleted)".
        let unnamed = try DirectoryEntry(
            node: node, name: name.span.raw.extracting(first: length), parent: entry)
        return try open(unnamed, flags, isNew: true)
    }
}
