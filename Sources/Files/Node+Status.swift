package import LinuxABI
internal import Memory

extension Node {
    /// What stat(2) tells of this node.
    package var status: FileStatus {
        prepareStatus()
        var status = FileStatus()
        status.deviceMajor = fileSystem.device.major
        status.deviceMinor = fileSystem.device.minor
        status.number = number
        status.mode = kind.rawValue | mode.rawValue
        status.linkCount = UInt64(linkCount)
        status.owner = owner
        status.group = group
        status.specialMajor = deviceNumber.major
        status.specialMinor = deviceNumber.minor
        status.byteCount = byteCount
        status.blockCount = blockCount
        status.access = times.access
        status.modification = times.modification
        status.change = times.change
        status.birth = times.birth
        return status
    }
}

extension FileSystem {
    /// What statfs(2) tells of this file system: its space is the machine's memory.
    package var status: FileSystemStatus {
        var status = FileSystemStatus()
        status.magic = kind.magic
        // ST_VALID and ST_RELATIME, as a mount without options has them.
        status.flags = isReadOnly ? 0x1021 : 0x1020
        switch kind {
        case .ramfs, .devfs:
            status.blockCount = UInt64(Frames.totalCount)
            status.freeBlocks = UInt64(max(0, Frames.freeCount - KernelReserve.frames))
            status.fileCount = status.blockCount
            status.freeFiles = status.freeBlocks
        case .devpts, .procfs, .sysfs, .controlGroups, .messageQueues, .pipes, .sockets,
            .anonymous:
            break
        }
        return status
    }
}
