internal import LinuxABI
internal import LinuxHost

/// All that lies in a folder and below, by names and what stat(2) says of each: whatever changes there
/// changes it.
package enum FolderManifest {
    package static func bytes(of folder: [UInt8]) throws(ImageFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        try add(folder, to: &bytes)
        return bytes
    }
    private static func add(_ path: [UInt8], to bytes: inout [UInt8]) throws(ImageFailure) {
        let status = try attempt(path, "cannot be read") { () throws(Errno) in
            try Host.status(of: path, .keep)
        }
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
        guard status.kind == .directory else { return }
        let names = try attempt(path, "cannot be read") { () throws(Errno) in
            try Host.names(inDirectory: path)
        }
        for name in names { try add(path + [UInt8(ascii: "/")] + name, to: &bytes) }
    }
}
