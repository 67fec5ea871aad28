internal import LinuxABI
internal import LinuxHost

/// The files that go into an archive, before any byte of them is read.
package struct FileTree: Sendable {
    /// One file, folder or symbolic link.
    struct Entry: Sendable {
        let path: GuestPath
        let status: HostFileStatus
        let content: Content
    }
    enum Content: Sendable {
        case folder
        case link(target: [UInt8])
        case file(host: [UInt8])
    }

    private(set) var entries: [Entry] = []
    private var indices: [GuestPath: Int] = [:]

    package init() {}

    /// Adds a file, or a folder with all it holds; a symbolic link is followed only when it is
    /// `host` itself.
    package mutating func add(host: [UInt8], at guest: GuestPath) throws(ImageFailure) {
        let status = try attempt(host, "cannot be put in") { () throws(Errno) in
            try Host.status(of: host, .follow)
        }
        try add(host: host, status, at: guest)
    }

    /// Adds libraries but those that are there already; what the user put at the same place stays.
    package mutating func add(
        _ libraries: SharedLibraries, except held: Set<[UInt8]> = []
    ) throws(ImageFailure) {
        for (guest, host) in libraries.inOrder
        where indices[guest] == nil && !(held.contains(host) && guest.bytes == host) {
            try add(host: host, at: guest)
        }
    }
    /// Whether something is to be put there.
    func holds(_ guest: GuestPath) -> Bool { indices[guest] != nil }
    /// Adds a folder or file of the host at the same place, if it is there and nothing of the user's is; a
    /// link with what it leads to.
    package mutating func addIfThere(_ item: RuntimeFiles.Item) throws(ImageFailure) {
        let chain = LinkChain(from: item.path)
        let guest = GuestPath(chain.end)
        guard indices[GuestPath(item.path)] == nil,
            let status = try? Host.status(of: chain.end, .keep),
            status.kind == .directory || status.kind == .regular
        else { return }
        try add(linksOf: chain)
        guard indices[guest] == nil else { return }
        if status.kind == .directory {
            try insert(Entry(path: guest, status: status, content: .folder))
            try addContents(ofFolder: chain.end, at: guest, except: item.exceptions)
        } else {
            try add(host: chain.end, status, at: guest)
        }
    }
    /// Adds the links of a chain at the same places, where nothing is yet.
    package mutating func add(
        linksOf chain: LinkChain, relativeTo base: GuestPath = .root
    ) throws(ImageFailure) {
        for link in chain.links {
            let guest = GuestPath(link.path, relativeTo: base)
            guard indices[guest] == nil, let status = try? Host.status(of: link.path, .keep) else {
                continue
            }
            try insert(Entry(path: guest, status: status, content: .link(target: link.target)))
        }
    }
    /// The last components of the files' places.
    package var names: [[UInt8]] { entries.compactMap { $0.path.components.last } }
    /// Files whose names are those of libraries, by their places inside.
    var libraries: [(guest: GuestPath, host: [UInt8])] {
        entries.compactMap { entry in
            guard case .file(let host) = entry.content,
                let name = entry.path.components.last,
                String(decoding: name, as: UTF8.self).contains(".so")
            else { return nil }
            return (entry.path, host)
        }
    }

    /// Files that may be executed and are no libraries, by their places inside.
    var programs: [(guest: GuestPath, host: [UInt8])] {
        let execute: UInt32 = 0o111
        return entries.compactMap { entry in
            guard case .file(let host) = entry.content, entry.status.mode & execute != 0,
                let name = entry.path.components.last,
                !String(decoding: name, as: UTF8.self).contains(".so")
            else { return nil }
            return (entry.path, host)
        }
    }

    /// Adds an empty folder, unless the folder holds something already.
    package mutating func addFolder(at guest: GuestPath) {
        guard guest != .root, !entries.contains(where: { guest.isPrefix(of: $0.path) }) else {
            return
        }
        indices[guest] = entries.count
        entries.append(Entry(path: guest, status: .newFolder, content: .folder))
    }

    private mutating func add(
        host: [UInt8], _ status: HostFileStatus, at guest: GuestPath
    ) throws(ImageFailure) {
        switch status.kind {
        case .regular:
            guard status.byteCount <= Int64(UInt32.max) else {
                throw ImageFailure(
                    host, "is larger than 4 GiB, the most that a file in an image has")
            }
            try insert(Entry(path: guest, status: status, content: .file(host: host)))
        case .symbolicLink:
            let target = try attempt(host, "cannot be read") { () throws(Errno) in
                try Host.target(ofLink: host)
            }
            try insert(Entry(path: guest, status: status, content: .link(target: target)))
        case .directory:
            try insert(Entry(path: guest, status: status, content: .folder))
            try addContents(ofFolder: host, at: guest)
        case .other:
            throw ImageFailure(host, "is a device, pipe or socket, which an image cannot hold")
        }
    }

    private mutating func addContents(
        ofFolder host: [UInt8], at guest: GuestPath, except exceptions: [[UInt8]] = []
    ) throws(ImageFailure) {
        let names = try attempt(host, "cannot be read") { () throws(Errno) in
            try Host.names(inDirectory: host)
        }
        for name in names where !exceptions.contains(name) {
            let path = host.last == UInt8(ascii: "/") ? host + name : host + [0x2f] + name
            let status = try attempt(path, "cannot be read") { () throws(Errno) in
                try Host.status(of: path, .keep)
            }
            try add(host: path, status, at: guest.appending(name))
        }
    }

    private mutating func insert(_ entry: Entry) throws(ImageFailure) {
        if entry.path == .root {
            guard case .folder = entry.content else {
                throw ImageFailure("only a folder can be put at /")
            }
            return  // The root is there already.
        }
        guard let index = indices[entry.path] else {
            indices[entry.path] = entries.count
            entries.append(entry)
            return
        }
        if case .folder = entry.content, case .folder = entries[index].content { return }
        throw ImageFailure("two files are to be put at \(ImageFailure.text(entry.path.bytes))")
    }
}

extension FileTree {
    /// Copies everything into an empty folder of this host, with permissions and times.
    package func copy(to folder: [UInt8]) throws(ImageFailure) {
        var made: Set<GuestPath> = [.root]
        for entry in entries {
            let path = folder + entry.path.bytes
            var parent = GuestPath.root
            for component in entry.path.components.dropLast() {
                parent = parent.appending(component)
                guard made.insert(parent).inserted else { continue }
                let parent = folder + parent.bytes
                try attempt(parent, "cannot be made") { () throws(Errno) in
                    try Host.makeFolder(parent)
                }
            }
            try attempt(path, "cannot be copied") { () throws(Errno) in
                switch entry.content {
                case .folder:
                    made.insert(entry.path)
                    try Host.makeFolder(path)
                case .link(let target): try Host.makeLink(path, to: target)
                case .file(let host):
                    let source = try Host.open(host)
                    let copy = try Host.create(path, permissions: 0o600)
                    guard
                        try copy.borrowed.append(
                            from: source.borrowed, at: 0, byteCount: entry.status.byteCount)
                            == entry.status.byteCount
                    else { throw .inputOutput }
                    try copy.borrowed.set(
                        permissions: entry.status.mode & 0o7777,
                        modificationTime: entry.status.modificationTime)
                }
            }
        }
        // Permissions of folders last, as they may keep from writing into them.
        for entry in entries {
            guard case .folder = entry.content else { continue }
            let path = folder + entry.path.bytes
            try attempt(path, "cannot be changed") { () throws(Errno) in
                let opened = try Host.open(path)
                try opened.borrowed.set(
                    permissions: entry.status.mode & 0o7777 | 0o700,
                    modificationTime: entry.status.modificationTime)
            }
        }
    }
}
