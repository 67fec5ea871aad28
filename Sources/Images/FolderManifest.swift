internal import LinuxABI
internal import LinuxHost

/// All that lies in a folder and below, by names and what stat(2) says of each: whatever changes there
/// changes it.
package struct FolderManifest {
    package private(set) var bytes: [UInt8] = []
    /// Files, folders and links.
    package private(set) var count = 0
    /// What the files hold.
    package private(set) var contentByteCount: Int64 = 0

    package init() {}

    /// A folder that python keeps compiled modules in. It replaces them by renaming (PEP 3147), which the folder's
    /// own time of change tells: half of what there is to look at needs no look.
    private static let compiledFolder = Array("/__pycache__".utf8)

    /// Adds a file, or a folder with all it holds but what names directly within it leave out.
    package mutating func add(
        _ path: [UInt8], except exceptions: [[UInt8]] = []
    ) throws(ImageFailure) {
        let status = try attempt(path, "cannot be read") { () throws(Errno) in
            try Host.status(of: path, .keep)
        }
        count += 1
        if status.kind == .regular { contentByteCount += status.byteCount }
        bytes += path + [0]
        for value in [
            UInt64(status.mode), UInt64(status.owner) << 32 | UInt64(status.group),
            UInt64(bitPattern: status.byteCount), status.identity.number,
            UInt64(bitPattern: status.changeTime),
        ] {
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
            }
        }
        guard status.kind == .directory,
            !path.suffix(Self.compiledFolder.count).elementsEqual(Self.compiledFolder)
        else { return }
        let names = try attempt(path, "cannot be read") { () throws(Errno) in
            try Host.names(inDirectory: path)
        }
        for name in names where !exceptions.contains(name) {
            try add(path + [UInt8(ascii: "/")] + name)
        }
    }
    /// Adds what is there of a runtime's files, with the links that lead to it.
    package mutating func addIfThere(_ item: RuntimeFiles.Item) throws(ImageFailure) {
        let chain = LinkChain(from: item.path)
        guard (try? Host.status(of: chain.end, .keep)) != nil else { return }
        for link in chain.links { try add(link.path) }
        try add(chain.end, except: item.exceptions)
    }
}
