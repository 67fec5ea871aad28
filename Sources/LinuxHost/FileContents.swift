internal import CLinux
internal import Glibc
package import LinuxABI

extension OwnedDescriptor {
    /// A file in memory that exec keeps open (memfd_create(2)).
    package static func memoryFile(named name: String) throws(Errno) -> OwnedDescriptor {
        try OwnedDescriptor(checking: unsafe clinux_memory_file(name))
    }
}

extension Descriptor {
    /// Writes all bytes, or says why not.
    package func write(all bytes: [UInt8]) throws(Errno) {
        var done = 0
        while done < bytes.count {
            let result = unsafe bytes.withUnsafeBytes { buffer in
                // SAFETY: `done` is less than the count, so that the rest is not empty.
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
                return unsafe Glibc.write(rawValue, rest.baseAddress, rest.count)
            }
            if result < 0, Errno.last == .interrupted { continue }
            guard result > 0 else { throw .last }
            done += result
        }
    }
    /// Replaces the bytes from `offset` on (pwrite(2)); throws EIO where not all of them fit.
    package func replace(at offset: Int64, with bytes: [UInt8]) throws(Errno) {
        let result = unsafe bytes.withUnsafeBytes { buffer in
            unsafe pwrite(rawValue, buffer.baseAddress, buffer.count, Int(offset))
        }
        guard result >= 0 else { throw .last }
        guard result == bytes.count else { throw .inputOutput }
    }
    /// Appends `byteCount` bytes of a regular file from `offset` on; returns how many there were.
    package func append(
        from source: Descriptor, at offset: Int64, byteCount: Int64
    ) throws(Errno) -> Int64 {
        let copied = clinux_copy(source.rawValue, offset, rawValue, byteCount)
        guard copied >= 0 else { throw .last }
        return copied
    }
    /// Sets the permissions of the file and when it changed last, in seconds since 1970.
    package func set(permissions: UInt32, modificationTime: Int64) throws(Errno) {
        guard clinux_set_status(rawValue, permissions, modificationTime) == 0 else { throw .last }
    }
    /// Lets the descriptor live on in the program that replaces this one.
    package func keepOpenInNextProgram() throws(Errno) {
        guard clinux_keep_open(rawValue) == 0 else { throw .last }
    }
}

/// CRC-32C, for finding damage; it is no protection against intent.
package struct Checksum: Equatable, Sendable {
    package private(set) var value: UInt32 = 0

    package init() {}
    package mutating func add(_ bytes: [UInt8]) {
        value = unsafe bytes.withUnsafeBytes {
            unsafe clinux_crc32c(value, $0.baseAddress, $0.count)
        }
    }
}
