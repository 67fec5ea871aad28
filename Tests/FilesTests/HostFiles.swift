@testable import Files
import Glibc
import LinuxABI
import Memory

/// The operations that the comparison makes, with paths relative to a working directory.
enum Operation: CustomStringConvertible {
    case stat(String)
    case lstat(String)
    case open(String, OpenFlags)
    case makeDirectory(String)
    case removeDirectory(String)
    case unlink(String)
    case symlink(String)
    case readlink(String)
    case makeFile(String)
    case linkFrom(String)
    case linkTo(String)
    case rename(String, String, UInt32)
    case truncate(String)
    case chmod(String)
    case touch(String)

    /// Whether success changes more than times.
    var changesFiles: Bool {
        switch self {
        case .stat, .lstat, .readlink, .touch: false
        case .open(_, let flags): !flags.isDisjoint(with: [.create, .truncate])
        default: true
        }
    }

    var description: String {
        switch self {
        case .stat(let path): "stat(\(path.short))"
        case .lstat(let path): "lstat(\(path.short))"
        case .open(let path, let flags):
            "open(\(path.short), 0o\(String(flags.rawValue, radix: 8)))"
        case .makeDirectory(let path): "mkdir(\(path.short))"
        case .removeDirectory(let path): "rmdir(\(path.short))"
        case .unlink(let path): "unlink(\(path.short))"
        case .symlink(let path): "symlink(f, \(path.short))"
        case .readlink(let path): "readlink(\(path.short))"
        case .makeFile(let path): "mknod(\(path.short))"
        case .linkFrom(let path): "link(\(path.short), new)"
        case .linkTo(let path): "link(f, \(path.short))"
        case .rename(let old, let new, let flags): "rename(\(old.short), \(new.short), \(flags))"
        case .truncate(let path): "truncate(\(path.short))"
        case .chmod(let path): "chmod(\(path.short))"
        case .touch(let path): "utimensat(\(path.short))"
        }
    }
}

extension String {
    fileprivate var short: String { utf8.count > 60 ? prefix(20) + "…(\(utf8.count))" : self }
}

/// One thing that exists before an operation.
enum Fixture {
    case directory(String, UInt32)
    case file(String, UInt32)
    case link(String, String)
    case owned(String, UInt32)
}

/// Runs operations on the host's kernel, below a directory of its own.
struct HostSide {
    let directory: Int32

    /// Makes `path` and the fixtures in it. Fails the test run where it can't.
    init(at path: String, _ fixtures: [Fixture]) {
        precondition(Glibc.mkdir(path, 0o777) == 0)
        directory = Glibc.open(path, O_RDONLY | O_DIRECTORY)
        precondition(directory >= 0)
        for fixture in fixtures {
            switch fixture {
            case .directory(let name, let mode):
                precondition(mkdirat(directory, name, 0o777) == 0)
                precondition(fchmodat(directory, name, mode, 0) == 0)
            case .file(let name, let mode):
                let file = openat(directory, name, O_CREAT | O_WRONLY, 0o666)
                precondition(file >= 0)
                precondition(fchmod(file, mode) == 0)
                Glibc.close(file)
            case .link(let name, let target):
                precondition(symlinkat(target, directory, name) == 0)
            case .owned(let name, let user):
                precondition(fchownat(directory, name, user, user, AT_SYMLINK_NOFOLLOW) == 0)
            }
        }
    }
    func close() { Glibc.close(directory) }

    /// The errno of an operation, 0 for success.
    func run(_ operation: Operation) -> Int32 {
        var status = Glibc.stat()
        let result: Int32
        switch operation {
        case .stat(let path): result = fstatat(directory, path, &status, 0)
        case .lstat(let path): result = fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW)
        case .open(let path, let flags):
            result = openat(directory, path, flags.rawValue, 0o644)
            if result >= 0 { Glibc.close(result) }
        case .makeDirectory(let path): result = mkdirat(directory, path, 0o755)
        case .removeDirectory(let path): result = unlinkat(directory, path, AT_REMOVEDIR)
        case .unlink(let path): result = unlinkat(directory, path, 0)
        case .symlink(let path): result = symlinkat("f", directory, path)
        case .readlink(let path):
            var buffer = [CChar](repeating: 0, count: 5000)
            result = Int32(readlinkat(directory, path, &buffer, 5000))
        case .makeFile(let path): result = mknodat(directory, path, S_IFREG | 0o644, 0)
        case .linkFrom(let path): result = linkat(directory, path, directory, "new", 0)
        case .linkTo(let path): result = linkat(directory, "f", directory, path, 0)
        case .rename(let old, let new, let flags):
            result = renameat2(directory, old, directory, new, flags)
        case .truncate(let path):
            // There is no truncateat: a path below /proc would change what is resolved.
            precondition(fchdir(directory) == 0)
            result = Glibc.truncate(path, 1)
        case .chmod(let path): result = fchmodat(directory, path, 0o600, 0)
        case .touch(let path): result = utimensat(directory, path, nil, 0)
        }
        return result < 0 ? errno : 0
    }
    /// Names, kinds, modes and link counts of everything below.
    func listing() -> [String] {
        var lines: [String] = []
        list(dup(directory), "", &lines)
        return lines.sorted()
    }
    private func list(_ descriptor: Int32, _ prefix: String, _ lines: inout [String]) {
        guard let stream = fdopendir(descriptor) else { return }
        defer { closedir(stream) }
        rewinddir(stream)
        while let entry = Glibc.readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            var status = Glibc.stat()
            fstatat(dirfd(stream), name, &status, AT_SYMLINK_NOFOLLOW)
            // Modes of links are always 0777; file systems differ on a directory's link count.
            let count = status.st_mode & S_IFMT == S_IFDIR ? 0 : status.st_nlink
            lines.append(
                "\(prefix)\(name) \(String(status.st_mode, radix: 8)) \(count) \(status.st_size == 0 || status.st_mode & S_IFMT == S_IFDIR ? 0 : status.st_size)"
            )
            if status.st_mode & S_IFMT == S_IFDIR {
                let child = openat(dirfd(stream), name, O_RDONLY | O_DIRECTORY)
                if child >= 0 { list(child, "\(prefix)\(name)/", &lines) }
            }
        }
    }
}

/// Runs the same operations on a tree of ours.
struct OurSide {
    var tree: Tree

    init(_ fixtures: [Fixture]) throws {
        tree = try Tree()
        tree.context.mask = []
        for fixture in fixtures {
            switch fixture {
            case .directory(let name, let mode):
                try makeDirectory(name)
                try tree.resolve(name).node.mode = FileMode(rawValue: mode)
            case .file(let name, let mode):
                let file = try tree.open(name, [.create, .writeOnly])
                file.release()
                try tree.resolve(name).node.mode = FileMode(rawValue: mode)
            case .link(let name, let target):
                try symlink(target, name)
            case .owned(let name, let user):
                let node = try tree.resolve(name, .keep).node
                node.owner = user
                node.group = user
            }
        }
        tree.context.mask = FileMode(rawValue: 0o022)
    }
    private func makeDirectory(_ path: String) throws(Errno) {
        let bytes = Array(path.utf8)
        try tree.context.makeDirectory(
            bytes.span.bytes, from: tree.context.workingDirectory, mode: FileMode(rawValue: 0o755))
    }
    private func symlink(_ target: String, _ path: String) throws(Errno) {
        let (target, path) = (Array(target.utf8), Array(path.utf8))
        try tree.context.makeSymbolicLink(
            to: target.span.bytes, path.span.bytes, from: tree.context.workingDirectory)
    }

    func run(_ operation: Operation) -> Int32 {
        do throws(Errno) {
            try perform(operation)
            return 0
        } catch {
            return error.rawValue
        }
    }
    private func perform(_ operation: Operation) throws(Errno) {
        let context = tree.context
        let base = context.workingDirectory
        switch operation {
        case .stat(let path): _ = try tree.resolve(checked(path))
        case .lstat(let path): _ = try tree.resolve(checked(path), .keep)
        case .open(let path, let flags):
            try tree.open(checked(path), flags, mode: 0o644).release()
        case .makeDirectory(let path): try makeDirectory(checked(path))
        case .removeDirectory(let path):
            try context.removeDirectory(Array(checked(path).utf8).span.bytes, from: base)
        case .unlink(let path): try context.unlink(Array(checked(path).utf8).span.bytes, from: base)
        case .symlink(let path): try symlink("f", checked(path))
        case .readlink(let path):
            guard try tree.resolve(checked(path), .keep).node is SymbolicLinkNode else {
                throw .invalidArgument
            }
        case .makeFile(let path):
            try context.makeNode(
                Array(checked(path).utf8).span.bytes, from: base, kind: .regular,
                mode: FileMode(rawValue: 0o644))
        case .linkFrom(let path):
            try context.makeLink(
                to: tree.resolve(checked(path), .keep), Array("new".utf8).span.bytes, from: base)
        case .linkTo(let path):
            try context.makeLink(
                to: tree.resolve("f", .keep), Array(checked(path).utf8).span.bytes, from: base)
        case .rename(let old, let new, let flags):
            let flags = RenameFlags(rawValue: flags)
            guard flags.areValid else { throw .invalidArgument }
            let (old, new) = (Array(try checked(old).utf8), Array(try checked(new).utf8))
            try context.rename(old.span.bytes, from: base, to: new.span.bytes, from: base, flags)
        case .truncate(let path):
            try tree.resolve(checked(path)).node.truncate(to: 1, by: context.credentials)
        case .chmod(let path):
            try tree.resolve(checked(path)).node.changeMode(
                to: FileMode(rawValue: 0o600), by: context.credentials)
        case .touch(let path):
            try tree.resolve(checked(path)).node.changeTimes(.now, by: context.credentials)
        }
    }
    /// What the system calls check before they resolve: the length of the whole path.
    private func checked(_ path: String) throws(Errno) -> String {
        guard path.utf8.count < PathLimit.path else { throw .nameTooLong }
        return path
    }
    func listing() throws -> [String] {
        var lines: [String] = []
        try list(tree.system.root, "", &lines)
        return lines.sorted()
    }
    private func list(_ entry: DirectoryEntry, _ prefix: String, _ lines: inout [String]) throws {
        guard let directory = entry.directory else { return }
        var found: [(String, DirectoryEntry)] = []
        try directory.list(from: 0) { listed throws(Errno) in
            let name = String(
                decoding: (0..<listed.name.byteCount).map { listed.name.byte(at: $0) },
                as: UTF8.self)
            if let child = try directory.find(listed.name, in: entry) {
                if !child.isMountPoint { found.append((name, child)) }
            }
            return true
        }
        for (name, child) in found {
            let status = child.node.status
            let isDirectory = child.node.kind == .directory
            lines.append(
                "\(prefix)\(name) \(String(status.mode, radix: 8)) \(isDirectory ? 0 : status.linkCount) \(isDirectory ? 0 : status.byteCount)"
            )
            try list(child, "\(prefix)\(name)/", &lines)
        }
    }
}

// What Glibc's module leaves out (_GNU_SOURCE).
@_silgen_name("renameat2")
func renameat2(
    _ oldDirectory: Int32, _ old: UnsafePointer<CChar>, _ newDirectory: Int32,
    _ new: UnsafePointer<CChar>, _ flags: UInt32
) -> Int32
@_silgen_name("setfsuid") @discardableResult func setfsuid(_ user: UInt32) -> Int32
@_silgen_name("setfsgid") @discardableResult func setfsgid(_ group: UInt32) -> Int32
