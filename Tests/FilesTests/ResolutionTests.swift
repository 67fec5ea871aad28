@testable import Files
import Glibc
import LinuxABI
import TestSupport
import Testing

/// The same operations on the host's kernel and on our tree give the same errors and the same files.
@Suite("Path resolution(7) as the host's Linux", .serialized) struct ResolutionTests {
    static let longName = String(repeating: "n", count: 255)
    static let fixtures: [Fixture] = {
        var fixtures: [Fixture] = [
            .directory("d", 0o755), .directory("d/e", 0o755), .file("d/e/f", 0o644),
            .file("f", 0o644), .file("g", 0o600), .directory("empty", 0o755),
            .link("lf", "f"), .link("ld", "d"), .link("ldangling", "missing"),
            .link("lloop", "lloop"), .link("ldslash", "d/"), .link("lfslash", "f/"),
            .link("ldot", "."), .link("lnew", "d/new"), .link("lnewslash", "d/new/"),
            .link("ld/ltof", "../f"), .link("lempty", "empty"),
            .directory("closed", 0o600), .file("closed/f", 0o644),
            .directory("fixed", 0o555), .file("fixed/f", 0o666), .directory("fixed/d", 0o777),
            .directory("sticky", 0o1777), .file("sticky/own", 0o644), .file("sticky/root", 0o644),
            .file("none", 0o000), .file("program", 0o755), .file(longName, 0o644),
            .link("c0", "f"),
        ]
        for index in 1...45 { fixtures.append(.link("c\(index)", "c\(index - 1)")) }
        // All belongs to the unprivileged user, but for what the sticky bit protects.
        let owned = [
            "d", "d/e", "d/e/f", "f", "g", "empty", "closed", "closed/f", "fixed", "fixed/f",
            "fixed/d", "sticky/own", "none", "program", longName,
        ]
        for name in owned { fixtures.append(.owned(name, 1000)) }
        return fixtures
    }()

    static let paths: [String] = [
        "", ".", "..", "./", "./.", "d", "d/", "d//", "d/.", "d/..", "d/../", "d/../f", "d/e/f",
        "d//e///f", "d/e/f/", "f", "f/", "f/.", "f/..", "f/x", "missing", "missing/", "missing/x",
        "missing/..", "d/missing", "d/missing/", "lf", "lf/", "lf/x", "lf/..", "ld", "ld/", "ld/e",
        "ld/e/f", "ld/.", "ld/ltof", "ldangling", "ldangling/", "ldangling/x", "lloop", "lloop/",
        "lloop/x", "ldslash", "ldslash/e", "lfslash", "lfslash/", "ldot", "ldot/f", "lnew", "lnew/",
        "lnewslash", "lempty", "lempty/", "c38", "c39", "c40", "c45", "closed", "closed/f",
        "closed/new", "fixed/f", "fixed/new", "fixed/d", "sticky/own", "sticky/root", "sticky/new",
        "none", "program", "empty", "empty/", "empty/.", "empty/..", longName, longName + "n",
        "d/" + longName, "f/" + longName + "n", longName + "n/x",
        String(repeating: "./", count: 2046) + "f", String(repeating: "./", count: 2047) + "f",
        String(repeating: "d/../", count: 818) + "f", String(repeating: "x", count: 5000),
        "...", "..f", ".f", "d/e/../../f", "d/e/../..", "d/e/..",
    ]
    static let openFlags: [OpenFlags] = [
        [], .writeOnly, .readWrite, OpenFlags(rawValue: 3), .directory, [.directory, .writeOnly],
        .noFollow, [.noFollow, .directory], .create, [.create, .writeOnly],
        [.create, .exclusive], [.create, .exclusive, .noFollow, .writeOnly],
        [.create, .noFollow, .readWrite], .truncate, [.truncate, .writeOnly],
        [.create, .truncate, .writeOnly], .append, .path, [.path, .noFollow],
        [.path, .directory], [.path, .directory, .noFollow], .noAccessTime,
        [.noAccessTime, .writeOnly], .exclusive,
    ]
    static let pairs: [String] = [
        "d", "d/", "d/e", "d/e/f", "d/e/new", "d/new", "d/.", "d/..", ".", "..", "f", "f/", "g",
        "missing", "missing/", "missing/x", "lf", "ld", "ld/", "ld/e", "lloop", "ldangling",
        "empty", "empty/", "empty/x", "f/x", "fixed/f", "fixed/d", "fixed/new", "sticky/own",
        "sticky/root", "sticky/new", "closed/f", "", longName + "n", "d/e/x/y", "lempty",
    ]

    /// Runs operations on both sides, each on fresh files; returns how they differ.
    private func differences(of operations: [Operation], as user: UInt32) throws -> [String] {
        TestArena.prepare()
        let shared = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        let folder = "\(shared)/martlet-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        precondition(Glibc.mkdir(folder, 0o777) == 0)
        chmod(folder, 0o777)
        let previous = Glibc.open(".", O_RDONLY)
        defer {
            fchdir(previous)
            Glibc.close(previous)
            let remover = "rm -rf '\(folder)'"
            _ = system(remover)
        }
        umask(0o022)
        var found: [String] = []
        var sides: (host: HostSide, ours: OurSide)?
        for (index, operation) in operations.enumerated() {
            // What failed changed nothing: the same files serve again.
            let pair: (host: HostSide, ours: OurSide)
            if let sides {
                pair = sides
            } else {
                pair = (
                    HostSide(at: "\(folder)/\(index)", Self.fixtures), try OurSide(Self.fixtures)
                )
                chmod("\(folder)/\(index)", 0o777)
                pair.ours.tree.system.root.node.mode = FileMode(rawValue: 0o777)
            }
            sides = pair
            let host = pair.host
            var ours = pair.ours
            if user != 0 {
                ours.tree.context.credentials = Credentials(user: user, group: user)
                // Of this thread alone; with the user go its capabilities over files.
                setfsgid(user)
                setfsuid(user)
            }
            let expected = host.run(operation)
            if user != 0 {
                setfsuid(0)
                setfsgid(0)
            }
            let actual = ours.run(operation)
            if expected != actual {
                found.append(
                    "\(operation): Linux \(String(cString: strerror(expected))), "
                        + "ours \(String(cString: strerror(actual)))")
            } else if expected == 0, operation.changesFiles {
                let (theirs, mine) = (host.listing(), try ours.listing())
                if theirs != mine {
                    let difference = Set(theirs).symmetricDifference(mine).sorted()
                    found.append("\(operation): files differ: \(difference)")
                }
            }
            if expected != actual || (expected == 0 && operation.changesFiles) {
                host.close()
                sides = nil
            }
        }
        sides?.host.close()
        return found
    }
    private static var users: [UInt32] { getuid() == 0 ? [0, 1000] : [] }

    @Test("looking, opening and changing", arguments: users)
    func simple(user: UInt32) throws {
        var operations: [Operation] = []
        for path in Self.paths {
            operations += [
                .stat(path), .lstat(path), .makeDirectory(path), .removeDirectory(path),
                .unlink(path), .symlink(path), .readlink(path), .makeFile(path), .linkFrom(path),
                .linkTo(path), .truncate(path), .chmod(path), .touch(path),
            ]
            for flags in Self.openFlags { operations.append(.open(path, flags)) }
        }
        if user != 0, !Self.protectsHardLinks {
            operations.removeAll { if case .linkFrom = $0 { true } else { false } }
        }
        let found = try differences(of: operations, as: user)
        #expect(found.isEmpty, "\(found.count) differ:\n\(found.joined(separator: "\n"))")
    }
    /// Whether the host has fs.protected_hardlinks on, as ours always has.
    private static var protectsHardLinks: Bool {
        let file = Glibc.open("/proc/sys/fs/protected_hardlinks", O_RDONLY)
        defer { Glibc.close(file) }
        var byte: UInt8 = 0
        return Glibc.read(file, &byte, 1) == 1 && byte == 0x31
    }

    @Test("every pair of names in a rename", arguments: users)
    func renames(user: UInt32) throws {
        var operations: [Operation] = []
        for old in Self.pairs {
            for new in Self.pairs {
                for flags in [0, 1, 2] as [UInt32] { operations.append(.rename(old, new, flags)) }
            }
        }
        let found = try differences(of: operations, as: user)
        #expect(found.isEmpty, "\(found.count) differ:\n\(found.joined(separator: "\n"))")
    }

    @Test("flags of renameat2 that do not go together") func renameFlags() throws {
        var operations: [Operation] = []
        for flags in 0..<16 as Range<UInt32> where flags & 4 == 0 {
            operations.append(.rename("f", "g", flags))
        }
        guard getuid() == 0 else { return }
        let found = try differences(of: operations, as: 0)
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }
}
