internal import Base
package import LinuxABI
package import LinuxHost
package import Wire

/// The files of a root file system's image, as the tool looks at them before the start.
package struct RootFiles: ~Copyable {
    private let mapping: Mapping

    /// Maps an image, which may lie in a file from a page boundary on.
    package init(_ file: Descriptor, from offset: Int64 = 0, byteCount: Int) throws(Errno) {
        mapping = try Mapping.reading(file, from: offset, byteCount: byteCount)
    }

    /// What the tool wants to know of a file.
    package struct File: Equatable, Sendable {
        package let isRegular: Bool
        package let byteCount: Int64
        /// Whether anybody may execute it.
        package let isExecutable: Bool
        /// The bytes that it begins with, at most as many as a script's first line may have.
        package let start: [UInt8]
    }
    private static let startByteCount = 256
    private static let mostLinks = 40

    /// The file that a path leads to, over links; `nil` where there is none. `damaged` and what else an image
    /// can be.
    package func file(at path: GuestPath) throws(EROFSFailure) -> File? {
        let image = try EROFSImage(checking: mapping.bytes, .trusted)
        guard let inode = try Self.inode(at: path, in: image) else { return nil }
        return File(
            isRegular: inode.isRegular, byteCount: inode.byteCount,
            isExecutable: inode.mode & 0o111 != 0,
            start: inode.isRegular ? try Self.start(of: inode, in: image) : [])
    }

    private static func inode(
        at path: GuestPath, in image: borrowing EROFSImage
    ) throws(EROFSFailure) -> EROFSInode? {
        var folders = [try image.inode(image.rootNumber)]
        var rest = path.components
        var linkCount = 0
        while !rest.isEmpty {
            let name = rest.removeFirst()
            if name == [0x2e] { continue }
            if name == [0x2e, 0x2e] {
                if folders.count > 1 { folders.removeLast() }
                continue
            }
            guard let folder = folders.last, folder.isDirectory,
                let record = try image.find(name.span.raw, in: folder)
            else { return nil }
            let inode = try image.inode(record.number)
            guard inode.isSymbolicLink else {
                folders.append(inode)
                continue
            }
            linkCount += 1
            guard linkCount <= mostLinks else { return nil }
            let range = try image.target(of: inode)
            let target = image.bytes.extracting(range)
            let bytes = (0..<target.byteCount).map { target.byte(at: $0) }
            if bytes.first == UInt8(ascii: "/") { folders.removeLast(folders.count - 1) }
            rest = bytes.split(separator: UInt8(ascii: "/")).map { Array($0) } + rest
        }
        return folders.last
    }
    private static func start(
        of inode: EROFSInode, in image: borrowing EROFSImage
    ) throws(EROFSFailure) -> [UInt8] {
        var start: [UInt8] = []
        let wanted = min(inode.byteCount, Int64(startByteCount))
        while start.count < wanted {
            switch try image.extent(of: inode, at: Int64(start.count)) {
            case .bytes(let range):
                let bytes = image.bytes.extracting(range)
                for index in 0..<min(bytes.byteCount, Int(wanted) - start.count) {
                    start.append(bytes.byte(at: index))
                }
            case .hole(let count):
                start += Array(repeating: 0, count: Int(min(count, wanted - Int64(start.count))))
            }
        }
        return start
    }
}

extension RootFiles {
    /// The program that a name means in a machine that begins with these files: its path, and its words, the
    /// first its name. Without a slash it is looked for in `folders`, which are PATH's; of a script it is the
    /// program that runs it.
    package func program(
        _ name: [UInt8], _ words: [[UInt8]], in folders: [[UInt8]], from base: GuestPath
    ) throws(ImageFailure) -> (Architecture, path: GuestPath, words: [[UInt8]]) {
        var (name, words) = (name, words)
        for _ in 0..<Self.mostScripts {
            let (path, file) = try find(name, in: folders, from: base)
            if let script = Script(file.start) {
                let interpreter = script.nameForEnv ?? script.interpreter
                let arguments =
                    script.nameForEnv == nil ? script.argument.map { [$0] } ?? [] : []
                words = [interpreter] + arguments + [path.bytes] + words.dropFirst()
                name = interpreter
                continue
            }
            guard file.start.starts(with: [0x7f, 0x45, 0x4c, 0x46]), file.start.count >= 20 else {
                throw ImageFailure(path.bytes, "is neither an ELF program nor a script")
            }
            let machine = ELFMachine(
                rawValue: UInt16(file.start[18]) | UInt16(file.start[19]) << 8)
            guard let architecture = Architecture(machine) else {
                throw ImageFailure(path.bytes, "is for a CPU that Martlet has no kernel for")
            }
            return (architecture, path, words)
        }
        throw ImageFailure(name, "is a script that scripts run, more than Linux allows")
    }
    /// Linux goes through as many (fs/exec.c, exec_binprm).
    private static let mostScripts = 5

    private func find(
        _ name: [UInt8], in folders: [[UInt8]], from base: GuestPath
    ) throws(ImageFailure) -> (path: GuestPath, file: File) {
        let slash = UInt8(ascii: "/")
        let isPath = name.contains(slash)
        for folder in isPath ? [[]] : folders {
            let path = GuestPath(isPath ? name : folder + [slash] + name, relativeTo: base)
            let file: File?
            do throws(EROFSFailure) { file = try self.file(at: path) } catch {
                throw ImageFailure(path.bytes, "lies where the root file system's image is damaged")
            }
            if let file, file.isRegular, file.isExecutable { return (path, file) }
            guard isPath else { continue }
            throw ImageFailure(
                path.bytes,
                file == nil
                    ? "is not in the root file system"
                    : "is no file in the root file system that can be executed")
        }
        throw ImageFailure(name, "is in no folder of PATH in the root file system")
    }
}
