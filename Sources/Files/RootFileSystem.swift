internal import Base
package import LinuxABI
internal import Memory

/// The machine's files: a ramfs at "/", with devices in /dev and the text files of /proc and /sys below it.
///
/// Made once at boot: `populate` brings the archive's files, `addBuiltIns` what the archive left out.
package final class RootFileSystem {
    package let root: DirectoryEntry
    /// The file systems, by what they hold.
    package let files: FileSystem
    package let devices = FileSystem(.devfs, device: DeviceNumber(major: 0, minor: 5))
    package let processes = FileSystem(.procfs, device: DeviceNumber(major: 0, minor: 4))
    /// /sys, which is read-only as in a container.
    package let machine: FileSystem
    package let pipes = FileSystem(.pipes, device: DeviceNumber(major: 0, minor: 13))
    package let sockets = FileSystem(.sockets, device: DeviceNumber(major: 0, minor: 8))
    package let anonymous = FileSystem(.anonymous, device: DeviceNumber(major: 0, minor: 14))
    /// /dev, /proc and /sys; made with the tree, so that nothing in the archive takes their place.
    package let deviceDirectory: DirectoryEntry
    package let processDirectory: DirectoryEntry
    package let machineDirectory: DirectoryEntry

    /// Whether the files are those of a whole root file system, which brings its own /etc.
    var hasImage = false

    /// A tree with nothing but /dev, /proc and /sys. ENOMEM.
    package init() throws(Errno) {
        files = FileSystem(
            .ramfs, device: DeviceNumber(major: 0, minor: 1), pipes: pipes, sockets: sockets,
            anonymous: anonymous, devices: devices)
        machine = FileSystem(
            .sysfs, device: DeviceNumber(major: 0, minor: 20), isReadOnly: true, devices: devices)
        let top = DirectoryNode(in: files, mode: FileMode(rawValue: 0o755))
        root = try DirectoryEntry(node: top, name: RawSpan(), parent: nil)
        root.isLinked = true
        root.isMountPoint = true
        deviceDirectory = try Self.mount(devices, mode: 0o755, "dev", in: root)
        processDirectory = try Self.mount(processes, mode: 0o555, "proc", in: root)
        machineDirectory = try Self.mount(machine, mode: 0o555, "sys", in: root)
    }
    /// Adds a file system's top directory below another directory, unless it is there. ENOMEM.
    package static func mount(
        _ fileSystem: FileSystem, mode: UInt32, _ name: StaticString, in root: DirectoryEntry
    ) throws(Errno) -> DirectoryEntry {
        guard let top = root.directory else { throw .notDirectory }
        let entry = try top.addMissing(name.bytes, in: root) { () throws(Errno) in
            DirectoryNode(in: fileSystem, mode: FileMode(rawValue: mode))
        }
        entry.isMountPoint = true
        return entry
    }

    /// /proc/sys, which is read-only too, with numbers apart from /proc's; made when somebody looks.
    package func makeProcessSettings() -> FileSystem {
        FileSystem(
            .procfs, device: processes.device, isReadOnly: true, lastNumber: 0xffff_ffff,
            devices: devices)
    }
    /// /sys/fs/cgroup in the same way.
    package func makeControlGroups() -> FileSystem {
        FileSystem(
            .controlGroups, device: DeviceNumber(major: 0, minor: 21), isReadOnly: true,
            devices: devices)
    }

    /// Root's view of the whole tree.
    package var context: FileContext {
        FileContext(root: root, workingDirectory: root, mask: [])
    }

    /// An open file of a device that no path leads to, as standard input of the machine; /proc shows
    /// `description` for it. ENOMEM.
    package func openUnnamed(
        _ device: any CharacterDevice, number: DeviceNumber, description: StaticString,
        _ flags: OpenFlags
    ) throws(Errno) -> OpenFile {
        let node = CharacterDeviceNode(
            device, number: number, in: devices, mode: FileMode(rawValue: 0o620))
        let entry = try DirectoryEntry(unnamed: node, description: description.bytes)
        return try OpenFile(entry, flags: flags)
    }
}
