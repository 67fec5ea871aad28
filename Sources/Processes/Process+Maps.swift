package import Base
internal import Files
internal import LinuxABI
internal import Memory

/// /proc/self/maps (proc_pid_maps(5)).
extension Process {
    /// Column in which a mapping's name begins, as Linux pads it.
    private static let nameColumn = 73

    /// Writes a line for each mapping: addresses, rights, offset, device, inode, name.
    package func writeMaps(to text: inout TextBuffer) {
        // A region at a time: a closure could not write to `text`.
        var next = addressSpace.firstRegion
        while let region = next {
            write(region, to: &text)
            next = addressSpace.region(after: region)
        }
    }
    private func write(_ region: Region, to text: inout TextBuffer) {
        let start = text.byteCount
        text.append(hexadecimal: region.start.rawValue, minimumDigits: 8)
        text.append("-")
        text.append(hexadecimal: region.end.rawValue, minimumDigits: 8)
        text.append(" ")
        text.append(region.protection.contains(.read) ? "r" : "-")
        text.append(region.protection.contains(.write) ? "w" : "-")
        text.append(region.protection.contains(.execute) ? "x" : "-")
        text.append(region.sharing == .shared ? "s " : "p ")
        text.append(hexadecimal: UInt64(bitPattern: region.offset), minimumDigits: 8)
        text.append(" ")
        let file = region.owner as? OpenFile
        let device = file?.node.fileSystem.device ?? DeviceNumber(major: 0, minor: 0)
        text.append(hexadecimal: UInt64(device.major), minimumDigits: 2)
        text.append(":")
        text.append(hexadecimal: UInt64(device.minor), minimumDigits: 2)
        text.append(" ")
        text.append(file?.node.number ?? 0)
        text.append(" ")
        if let file {
            pad(&text, from: start)
            file.entry.writePath(from: root, to: &text)
            if !file.entry.isLinked { text.append(" (deleted)") }
        } else {
            switch addressSpace.name(of: region) {
            case .heap:
                pad(&text, from: start)
                text.append("[heap]")
            case .stack:
                pad(&text, from: start)
                text.append("[stack]")
            case .none: break
            }
        }
        text.append("\n")
    }
    private func pad(_ text: inout TextBuffer, from start: Int) {
        text.append(repeating: 0x20, count: Self.nameColumn - (text.byteCount - start))
    }
}
