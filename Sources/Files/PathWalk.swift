internal import Base
package import LinuxABI
internal import Memory

/// One resolution of a path (path_resolution(7)), in the order of checks that Linux has (fs/namei.c).
///
/// `walkToLast` goes through all components but the last and leaves the walk in the directory that
/// holds it; callers then look it up, create or remove it. Links in the way are followed by
/// recursion, at most 40 deep.
struct PathWalk {
    let context: FileContext
    /// Where the walk is.
    private(set) var entry: DirectoryEntry
    private var linkCount = 0
    private let start: DirectoryEntry

    /// The last component of a path.
    struct Last {
        enum Kind: Equatable {
            /// The path is "/" alone.
            case root
            case dot
            case dotDot
            case name
        }
        let kind: Kind
        /// The component's bytes in the path.
        let range: Range<Int>
        /// Whether slashes follow: the path then names a directory.
        let hasTrailingSlash: Bool
    }

    /// Begins at `base` (the working directory, or what a descriptor is open on).
    init(_ context: FileContext, from base: DirectoryEntry) {
        self.context = context
        entry = base
        start = base
    }

    /// Walks to the directory of the path's last component. ENOENT for an empty path, ENOTDIR,
    /// EACCES, ELOOP, ENAMETOOLONG.
    mutating func walkToLast(_ path: RawSpan) throws(Errno) -> Last {
        let count = path.byteCount
        guard count > 0 else { throw .noSuchFile }
        var offset = 0
        if path.byte(at: 0) == Self.slash {
            guard !context.confinement.contains(.beneath) else { throw .crossDeviceLink }
            entry = context.root
            try requireSameFileSystem()
        } else {
            guard entry.node.kind == .directory else { throw .notDirectory }
        }
        while offset < count, path.byte(at: offset) == Self.slash { offset += 1 }
        guard offset < count else {
            return Last(kind: .root, range: 0..<0, hasTrailingSlash: false)
        }
        while true {
            // The search permission is asked for before the component is looked at (may_lookup).
            try entry.node.require(.execute, for: context.credentials)
            let start = offset
            while offset < count, path.byte(at: offset) != Self.slash { offset += 1 }
            let range = start..<offset
            let kind = Self.kind(of: range, in: path)
            while offset < count, path.byte(at: offset) == Self.slash { offset += 1 }
            if offset == count {
                return Last(kind: kind, range: range, hasTrailingSlash: range.upperBound < count)
            }
            switch kind {
            case .dot, .root: break
            case .dotDot: try goUp()
            case .name:
                guard let child = try lookUp(path.extracting(range)) else {
                    throw missing(path.extracting(range.lowerBound..<count))
                }
                try enter(child, .follow)
            }
            guard entry.node.kind == .directory else { throw .notDirectory }
        }
    }

    /// Resolves the whole path; the walk ends at what it names. The errors of `walkToLast`.
    mutating func walk(_ path: RawSpan, _ finalLink: FinalLink) throws(Errno) {
        let last = try walkToLast(path)
        try step(to: last, of: path, finalLink)
    }

    /// Goes on to the last component, which must exist.
    mutating func step(
        to last: Last, of path: RawSpan, _ finalLink: FinalLink
    ) throws(Errno) {
        switch last.kind {
        case .root, .dot: return
        case .dotDot: try goUp()
        case .name:
            guard let child = try lookUp(path.extracting(last.range)) else {
                throw missing(path.extracting(last.range))
            }
            try enter(child, last.hasTrailingSlash ? .follow : finalLink)
            if last.hasTrailingSlash, entry.node.kind != .directory { throw .notDirectory }
        }
    }

    /// The error of a path whose rest begins with a name that is not there, for who lists such.
    private func missing(_ rest: RawSpan) -> Errno {
        MissingFiles.note(rest, in: entry, of: context)
        return .noSuchFile
    }

    /// The entry of a name in the directory where the walk is, `nil` where there is none.
    func lookUp(_ name: RawSpan) throws(Errno) -> DirectoryEntry? {
        guard let directory = entry.directory else { throw .notDirectory }
        guard name.byteCount <= PathLimit.name else { throw .nameTooLong }
        return try directory.find(name, in: entry)
    }

    /// Goes to an entry of the present directory, or along the link that it is.
    mutating func enter(_ child: DirectoryEntry, _ link: FinalLink) throws(Errno) {
        guard link == .follow, let symbolic = child.node as? SymbolicLinkNode else {
            entry = child
            return try requireSameFileSystem()
        }
        if let destination = try countLink(symbolic) {
            entry = destination
            return try requireSameFileSystem()
        }
        let target = try symbolic.path()
        try walk(target.bytes, .follow)
    }

    /// Counts a link that is followed; returns where it leads without a path. ELOOP, ENOENT.
    mutating func countLink(_ link: SymbolicLinkNode) throws(Errno) -> DirectoryEntry? {
        linkCount += 1
        guard linkCount <= PathLimit.links else { throw .tooManySymbolicLinks }
        let confinement = context.confinement
        guard !confinement.contains(.noLinks) else { throw .tooManySymbolicLinks }
        guard let destination = try link.jump() else { return nil }
        guard !confinement.contains(.noMagicLinks) else { throw .tooManySymbolicLinks }
        guard confinement.isDisjoint(with: [.beneath, .inRoot]) else { throw .crossDeviceLink }
        return destination
    }
    private mutating func goUp() throws(Errno) {
        if entry === start, context.confinement.contains(.beneath) { throw .crossDeviceLink }
        if entry !== context.root { entry = entry.parent ?? entry }
        try requireSameFileSystem()
    }
    private func requireSameFileSystem() throws(Errno) {
        guard context.confinement.contains(.noCrossing) else { return }
        guard entry.node.fileSystem === start.node.fileSystem else { throw .crossDeviceLink }
    }

    private static let slash: UInt8 = 0x2f
    private static func kind(of range: Range<Int>, in path: RawSpan) -> Last.Kind {
        guard path.byte(at: range.lowerBound) == 0x2e else { return .name }
        if range.count == 1 { return .dot }
        return range.count == 2 && path.byte(at: range.lowerBound + 1) == 0x2e ? .dotDot : .name
    }
}

extension FileContext {
    /// What `path` names, from `base` on (where it is not absolute). The errors of path resolution.
    package func resolve(
        _ path: RawSpan, from base: DirectoryEntry, _ finalLink: FinalLink = .follow
    ) throws(Errno) -> DirectoryEntry {
        var walk = PathWalk(self, from: base)
        try walk.walk(path, finalLink)
        return walk.entry
    }
    /// What `path` names, from the working directory on.
    package func resolve(
        _ path: RawSpan, _ finalLink: FinalLink = .follow
    ) throws(Errno) -> DirectoryEntry {
        try resolve(path, from: workingDirectory, finalLink)
    }
}
