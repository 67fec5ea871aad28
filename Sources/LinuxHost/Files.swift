internal import CLinux
internal import Glibc
package import LinuxABI
internal import Synchronization

extension OwnedDescriptor {
    /// Opens a file for reading (open(2), O_CLOEXEC).
    package static func reading(path: String) throws(Errno) -> OwnedDescriptor {
        try OwnedDescriptor(checking: unsafe clinux_open_read(path))
    }
    /// Opens a file for reading unless it is a symbolic link (O_NOFOLLOW); never waits for one.
    package static func readingWithoutFollowing(path: String) throws(Errno) -> OwnedDescriptor {
        try OwnedDescriptor(checking: unsafe clinux_open_without_following(path))
    }
    /// Opens a file or device for reading and writing.
    package static func readingAndWriting(path: String) throws(Errno) -> OwnedDescriptor {
        try OwnedDescriptor(checking: unsafe clinux_open_read_write(path))
    }
    /// Creates a file for its owner only, or empties the one that is there, for writing.
    package static func emptied(path: String) throws(Errno) -> OwnedDescriptor {
        try OwnedDescriptor(checking: unsafe clinux_open_emptied(path, 0o600))
    }
    /// Opens a file for writing, or creates it for its owner only; not through a link.
    package static func opened(path: String) throws(Errno) -> OwnedDescriptor {
        try OwnedDescriptor(checking: unsafe clinux_open_or_create(path, 0o600))
    }
    /// Creates a file that must not exist yet, for its owner only.
    package static func creating(path: String) throws(Errno) -> OwnedDescriptor {
        try OwnedDescriptor(checking: unsafe clinux_create(path, 0o600))
    }
}

extension Descriptor {
    /// Owner and size of a file, and whether it is a regular one (fstat(2)).
    package struct Status: Sendable {
        package let owner: UInt32
        package let byteCount: Int64
        package let isRegular: Bool
        package let isWritableByOthers: Bool
    }

    /// Waits until nobody else has locked the file so (flock(2)); until it is closed.
    package func lock() throws(Errno) {
        while flock(rawValue, LOCK_EX) != 0 {
            guard Errno.last == .interrupted else { throw .last }
        }
    }

    package func status() throws(Errno) -> Status {
        var raw = stat()
        guard unsafe fstat(rawValue, &raw) == 0 else { throw .last }
        return Status(
            owner: raw.st_uid, byteCount: Int64(raw.st_size),
            isRegular: raw.st_mode & S_IFMT == S_IFREG,
            isWritableByOthers: raw.st_mode & (S_IWGRP | S_IWOTH) != 0)
    }

    /// Reads at most `byteCount` bytes from `offset`, fewer only at the end of the file.
    package func contents(from offset: Int64, atMost byteCount: Int) throws(Errno) -> [UInt8] {
        var failure: Errno?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            let result = unsafe clinux_read_at(rawValue, buffer.baseAddress, byteCount, Int(offset))
            if result < 0 { failure = .last }
            count = max(result, 0)
        }
        if let failure { throw failure }
        return bytes
    }

    /// Waits until a file's contents are on the disk (fsync(2)).
    package func synchronize() throws(Errno) {
        guard fsync(rawValue) == 0 else { throw .last }
    }

    /// Reads what there is, at most `byteCount` bytes; empty at the end (read(2)).
    package func read(atMost byteCount: Int) throws(Errno) -> [UInt8] {
        var failure: Errno?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            let result = unsafe Glibc.read(rawValue, buffer.baseAddress, byteCount)
            if result < 0 { failure = .last }
            count = max(result, 0)
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes what fits, and says how much that was (write(2)).
    package func write(_ bytes: [UInt8]) throws(Errno) -> Int {
        let result = unsafe bytes.withUnsafeBytes { buffer in
            unsafe Glibc.write(rawValue, buffer.baseAddress, buffer.count)
        }
        guard result >= 0 else { throw .last }
        return result
    }

    /// Writes all bytes, waiting where that is needed; errors are dropped.
    package func writeAll(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            do {
                rest = rest.dropFirst(try write(Array(rest)))
            } catch  where error == .interrupted {
                continue
            } catch  where error == .tryAgain {
                Poll.wait(for: self, .writable)
            } catch {
                return
            }
        }
    }

    /// Writes one line to this descriptor.
    ///
    /// A terminal that is raw wants a carriage return with each line's end.
    package func writeLine(_ line: String) {
        var bytes = Array(line.utf8) + [UInt8(ascii: "\n")]
        if HostTerminal.showsRaw.load(ordering: .relaxed), clinux_is_terminal(rawValue) != 0 {
            bytes = bytes.flatMap { $0 == UInt8(ascii: "\n") ? [UInt8(ascii: "\r"), $0] : [$0] }
        }
        writeAll(bytes)
    }
}

/// Facts of the host that need no descriptor.
package enum Host {
    package static var processIdentity: Int32 { getpid() }

    /// When a file's inode changed last, in nanoseconds since 1970; `nil` where there is none.
    package static func changeTime(ofPath path: String) -> Int64? {
        var raw = stat()
        guard unsafe stat(path, &raw) == 0 else { return nil }
        return Int64(raw.st_ctim.tv_sec) * 1_000_000_000 + Int64(raw.st_ctim.tv_nsec)
    }
    package static var userIdentity: UInt32 { getuid() }

    /// A variable of the environment (getenv(3)).
    package static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// Whole text of a small file (procfs), `nil` where it can't be read.
    package static func text(ofFile path: String, atMost byteCount: Int = 65536) -> String? {
        do {
            let file = try OwnedDescriptor.reading(path: path)
            return String(decoding: try file.borrowed.read(atMost: byteCount), as: UTF8.self)
        } catch {
            return nil
        }
    }

    /// Renames a file, replacing another (rename(2)).
    package static func rename(_ old: String, to new: String) throws(Errno) {
        guard unsafe Glibc.rename(old, new) == 0 else { throw .last }
    }
    package static func remove(_ path: String) { _ = unsafe unlink(path) }

    /// The path without links (realpath(3)).
    package static func realPath(_ path: String) throws(Errno) -> String {
        guard let real = unsafe realpath(path, nil) else { throw .last }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    /// Random bytes from the kernel (getrandom(2)).
    package static func random(byteCount: Int) throws(Errno) -> [UInt8] {
        var failure: Errno?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            let result = unsafe clinux_random(buffer.baseAddress, byteCount)
            if result < 0 { failure = .last }
            count = result < 0 ? 0 : byteCount
        }
        if let failure { throw failure }
        return bytes
    }

    /// Ends the process at once, without running anything else of it.
    package static func exit(status: Int32) -> Never { _exit(status) }

    /// What an error number means, in words (strerror(3)).
    package static func description(of error: Errno) -> String {
        guard let text = unsafe strerror(error.rawValue) else { return "error \(error.rawValue)" }
        return unsafe String(cString: text)
    }

    /// A signal's name, for instance `SIGSEGV`, and meaning.
    package static func signalName(_ number: Int32) -> String {
        guard let name = unsafe clinux_signal_abbreviation(number) else {
            return "signal \(number)"
        }
        guard let meaning = unsafe strsignal(number) else { return unsafe String(cString: name) }
        return unsafe "\(String(cString: name)) (\(String(cString: meaning).lowercased()))"
    }
}

/// Time as the host has it.
package enum HostClock {
    /// CLOCK_REALTIME in nanoseconds since 1970.
    package static var realtime: Int64 { clinux_realtime() }
    package static var monotonic: Int64 { clinux_monotonic() }
    /// The CPU's time-stamp counter.
    package static var timeStamp: UInt64 { clinux_time_stamp() }
}

extension Host {
    /// A symbol's name as source code has it, or the symbol itself where it is not Swift's.
    package static func demangled(_ symbol: String) -> String {
        // SAFETY: the runtime returns a NUL-terminated string that is ours to free.
        guard let name = unsafe swift_demangle(symbol, symbol.utf8.count, nil, nil, 0) else {
            return symbol
        }
        defer { unsafe free(name) }
        return unsafe String(cString: name)
    }
}
