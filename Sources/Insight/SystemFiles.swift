internal import Base
internal import Files
internal import LinuxABI

extension ProcessFiles {
    /// Adds what /proc tells of the machine (proc(5)).
    func addSystem(to top: DirectoryEntry) throws(Errno) {
        try tree.add(
            [
                ("cpuinfo", { ProcessorText.all(&$0) }),
                ("loadavg", { SystemText.load(&$0) }),
                ("meminfo", { MemoryText.information(&$0) }),
                ("stat", { SystemText.statistics(&$0) }),
                ("uptime", { SystemText.uptime(&$0) }),
                ("version", { SystemText.version(&$0) }),
                ("vmstat", { MemoryText.events(&$0) }),
                ("cgroups", { $0.append(SystemText.controllers) }),
                ("devices", { $0.append(SystemText.devices) }),
                ("diskstats", { _ in }),
                ("filesystems", { $0.append(SystemText.fileSystems) }),
                ("partitions", { $0.append("major minor  #blocks  name\n\n") }),
                ("swaps", { $0.append("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n") }),
            ], to: top)
        try tree.addLink("mounts", to: "self/mounts", in: top)
        let tree = tree
        try tree.directory("sysvipc", in: top) { (entry) throws(Errno) in
            try IPCFiles(tree: tree).fill(entry)
        }
        let system = files.makeProcessSettings()
        let entry = try RootFileSystem.mount(system, mode: 0o555, "sys", in: top)
        let settings = SettingFiles(tree: TextTree(system: system))
        entry.directory?.fillLater { () throws(Errno) in try settings.fill(entry) }
    }
}
