internal import Base
internal import Files
internal import LinuxABI

extension ProcessFiles {
    /// Adds what /proc tells of the machine (proc(5)).
    func addSystem(to top: DirectoryEntry) throws(Errno) {
        try tree.add(
            [
                ("cpuinfo", { ProcessorText.all(&$1) }),
                ("loadavg", { SystemText.load($0, &$1) }),
                ("meminfo", { MemoryText.information($0, &$1) }),
                ("stat", { SystemText.statistics($0, &$1) }),
                ("uptime", { SystemText.uptime(&$1) }),
                ("version", { SystemText.version(&$1) }),
                ("vmstat", { MemoryText.events($0, &$1) }),
                ("cgroups", { $1.append(SystemText.controllers) }),
                ("devices", { $1.append(SystemText.devices) }),
                ("diskstats", { _, _ in }),
                ("filesystems", { $1.append(SystemText.fileSystems) }),
                ("partitions", { $1.append("major minor  #blocks  name\n\n") }),
                ("swaps", { $1.append("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n") }),
            ], to: top)
        try tree.addLink("mounts", to: "self/mounts", in: top)
        let tree = tree
        try tree.directory("sysvipc", in: top) { (entry) throws(Errno) in
            try IPCFiles(tree: tree).fill(entry)
        }
        let system = files.makeProcessSettings()
        let entry = try RootFileSystem.mount(system, mode: 0o555, "sys", in: top)
        let settings = SettingFiles(tree: TextTree(system: system, process: tree.process))
        entry.directory?.fillLater { () throws(Errno) in try settings.fill(entry) }
    }
}
