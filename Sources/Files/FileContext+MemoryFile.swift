internal import Base
package import LinuxABI
internal import Memory

extension FileContext {
    /// Makes a file without a name in any directory and opens it for reading and writing, as
    /// memfd_create(2). `name`, at most 249 bytes, is what /proc shows. ENOMEM.
    package func openMemoryFile(
        named name: RawSpan, seals: FileSeals, mode: FileMode
    ) throws(Errno) -> OpenFile {
        try KernelReserve.admit()
        let node = RegularNode(
            in: root.node.fileSystem, mode: mode, owner: credentials.user,
            group: credentials.group)
        node.linkCount = 0
        node.countsWriters = false
        node.seals = seals
        var description = InlineArray<272, UInt8>(repeating: 0)
        let length: Int
        do {
            var span = description.mutableSpan
            var text = TextBuffer(into: span.mutableRaw)
            text.append("/memfd:")
            text.append(name)
            text.append(" (deleted)")
            length = text.writtenCount
        }
        let entry = try DirectoryEntry(
            unnamed: node, description: description.span.raw.extracting(first: length))
        return try OpenFile(entry, flags: [.readWrite, .largeFile])
    }
}
