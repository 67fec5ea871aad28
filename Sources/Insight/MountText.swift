internal import Base
internal import Files

/// The file systems of RootFileSystem, as /proc/self tells of mounts.
enum MountText {
    private struct Mount: Sendable {
        let number: UInt64
        let parent: UInt64
        let root: StaticString
        let path: StaticString
        let kind: StaticString
        let source: StaticString
        let device: UInt64
        let isReadOnly: Bool
        /// Of the file system, each with a comma before it.
        var options: StaticString = ""
    }
    private static let all: [9 of Mount] = [
        Mount(
            number: 20, parent: 0, root: "/", path: "/", kind: "tmpfs", source: "martlet",
            device: 1, isReadOnly: false),
        Mount(
            number: 21, parent: 20, root: "/", path: "/dev", kind: "devtmpfs", source: "devtmpfs",
            device: 5, isReadOnly: false),
        Mount(
            number: 22, parent: 20, root: "/", path: "/proc", kind: "proc", source: "proc",
            device: 4, isReadOnly: false),
        Mount(
            number: 23, parent: 22, root: "/sys", path: "/proc/sys", kind: "proc", source: "proc",
            device: 4, isReadOnly: true),
        Mount(
            number: 24, parent: 20, root: "/", path: "/sys", kind: "sysfs", source: "sysfs",
            device: 20, isReadOnly: true),
        Mount(
            number: 25, parent: 24, root: "/", path: "/sys/fs/cgroup", kind: "cgroup2",
            source: "cgroup", device: 21, isReadOnly: true),
        Mount(
            number: 26, parent: 21, root: "/", path: "/dev/shm", kind: "tmpfs", source: "tmpfs",
            device: 6, isReadOnly: false),
        Mount(
            number: 27, parent: 21, root: "/", path: "/dev/pts", kind: "devpts", source: "devpts",
            device: 7, isReadOnly: false, options: ",mode=620,ptmxmode=000"),
        Mount(
            number: 28, parent: 21, root: "/", path: "/dev/mqueue", kind: "mqueue",
            source: "mqueue",
            device: 22, isReadOnly: false),
    ]
    private static func write(
        _ text: inout TextBuffer, _ body: (Mount, inout TextBuffer) -> Void
    ) {
        let all = all
        for index in 0..<9 { body(all[index], &text) }
    }
    /// mnt_id in /proc/self/fdinfo: 0 for what is mounted nowhere.
    static func number(of system: FileSystem) -> UInt64 {
        switch system.kind {
        // That of /dev/shm is another.
        case .ramfs: system.device.minor == 6 ? 26 : 20
        case .devfs: 21
        case .procfs: system.isReadOnly ? 23 : 22
        case .sysfs: 24
        case .controlGroups: 25
        case .devpts: 27
        case .messageQueues: 28
        case .pipes, .sockets, .anonymous: 0
        }
    }
    /// mounts (fstab(5))
    static func mounts(_ text: inout TextBuffer) {
        write(&text) { mount, text in
            text.append(mount.source)
            text.append(" ")
            text.append(mount.path)
            text.append(" ")
            text.append(mount.kind)
            text.append(mount.isReadOnly ? " ro,relatime" : " rw,relatime")
            text.append(mount.options)
            text.append(" 0 0\n")
        }
    }
    /// mountinfo (proc_pid_mountinfo(5))
    static func information(_ text: inout TextBuffer) {
        write(&text) { mount, text in
            text.append(mount.number)
            text.append(" ")
            text.append(mount.parent)
            text.append(" 0:")
            text.append(mount.device)
            text.append(" ")
            text.append(mount.root)
            text.append(" ")
            text.append(mount.path)
            text.append(mount.isReadOnly ? " ro,relatime - " : " rw,relatime - ")
            text.append(mount.kind)
            text.append(" ")
            text.append(mount.source)
            text.append(" rw")
            text.append(mount.options)
            text.append("\n")
        }
    }
    /// mountstats (proc_pid_mountstats(5))
    static func statistics(_ text: inout TextBuffer) {
        write(&text) { mount, text in
            text.append("device ")
            text.append(mount.source)
            text.append(" mounted on ")
            text.append(mount.path)
            text.append(" with fstype ")
            text.append(mount.kind)
            text.append("\n")
        }
    }
}
