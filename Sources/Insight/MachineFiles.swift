internal import Base
internal import Files
internal import Hardware
internal import LinuxABI

/// /sys: the CPUs, pages of 2 MiB, and the control group whose limits are the machine's.
struct MachineFiles {
    private let files: RootFileSystem
    private let tree: TextTree

    /// Gives /sys its files, which are made when it is looked into.
    static func add(to files: RootFileSystem) {
        let machine = MachineFiles(files: files)
        let top = files.machineDirectory
        top.directory?.fillLater { () throws(Errno) in try machine.fill(top) }
    }
    private init(files: RootFileSystem) {
        self.files = files
        tree = TextTree(system: files.machine)
    }

    private func fill(_ top: DirectoryEntry) throws(Errno) {
        let (tree, files) = (tree, files)
        for name: StaticString in ["block", "bus", "class"] { try tree.directory(name, in: top) }
        try tree.directory("devices", in: top) { (entry) throws(Errno) in
            try tree.directory("system", in: entry) { (entry) throws(Errno) in
                try tree.directory("cpu", in: entry) { (entry) throws(Errno) in
                    try ProcessorFiles(tree: tree).fill(entry)
                }
            }
        }
        try tree.directory("fs", in: top) { (entry) throws(Errno) in
            let system = files.makeControlGroups()
            let group = try RootFileSystem.mount(system, mode: 0o555, "cgroup", in: entry)
            let groupFiles = ControlGroupFiles(tree: TextTree(system: system))
            group.directory?.fillLater { () throws(Errno) in try groupFiles.fill(group) }
        }
        try tree.directory("kernel", in: top) { (entry) throws(Errno) in
            try tree.add(lines: "address_bits 64\ncpu_byteorder little\n", to: entry)
            try tree.directory("mm", in: entry) { (entry) throws(Errno) in
                try tree.directory("transparent_hugepage", in: entry) { (entry) throws(Errno) in
                    try tree.add(lines: "hpage_pmd_size 2097152\n", to: entry)
                    try tree.add(lines: Self.largePages, to: entry, mode: 0o644)
                }
            }
        }
    }
    /// Anonymous memory gets large pages at the first touch where they fit; nothing else does, and none is
    /// made of small ones later (Documentation/admin-guide/mm/transhuge.rst).
    private static let largePages: StaticString = """
        defrag always defer defer+madvise madvise [never]
        enabled [always] madvise never
        shmem_enabled always within_size advise [never] deny force
        use_zero_page 0

        """
}

/// /sys/devices/system/cpu (Documentation/ABI/testing/sysfs-devices-system-cpu).
private struct ProcessorFiles {
    let tree: TextTree

    func fill(_ top: DirectoryEntry) throws(Errno) {
        for name: StaticString in ["online", "possible", "present"] {
            try tree.file(name, in: top) { list(all, &$0) }
        }
        try tree.add(lines: "isolated \nkernel_max 63\noffline \n", to: top)
        let files = self
        for number in 0..<Processors.count {
            try tree.directory("cpu", number, in: top) { (entry) throws(Errno) in
                try files.tree.directory("topology", in: entry) { (entry) throws(Errno) in
                    try files.addTopology(of: number, to: entry)
                }
                guard ProcessorDescription.own.cache(0) != nil else { return }
                try files.tree.directory("cache", in: entry) { (entry) throws(Errno) in
                    try files.addCaches(of: number, to: entry)
                }
            }
        }
        try tree.directory("smt", in: top) { (entry) throws(Errno) in
            let places = ProcessorText.places
            var isActive = false
            for number in 0..<places.count {
                let group = ProcessorDescription.own.coreGroup(of: number, places)
                if group.nonzeroBitCount > 1 { isActive = true }
            }
            try files.tree.add(
                lines: isActive ? "active 1\ncontrol on\n" : "active 0\ncontrol notsupported\n",
                to: entry)
        }
    }
    private var all: UInt64 {
        Processors.count >= 64 ? .max : 1 << UInt64(Processors.count) - 1
    }

    private func addTopology(of number: Int, to entry: DirectoryEntry) throws(Errno) {
        let description = ProcessorDescription.own
        let places = ProcessorText.places
        let package = description.packageGroup(of: number, places)
        let core = description.coreGroup(of: number, places)
        try add(package, "core_siblings", "core_siblings_list", to: entry)
        try add(package, "die_cpus", "die_cpus_list", to: entry)
        try add(package, "package_cpus", "package_cpus_list", to: entry)
        try add(core, "core_cpus", "core_cpus_list", to: entry)
        try add(core, "thread_siblings", "thread_siblings_list", to: entry)
        let numbers = (
            description.coreNumber(of: number, places),
            description.packageNumber(of: number, places)
        )
        try tree.file("core_id", in: entry) { SystemText.line(numbers.0, &$0) }
        try tree.file("die_id", in: entry) { SystemText.line(0, &$0) }
        try tree.file("physical_package_id", in: entry) { SystemText.line(numbers.1, &$0) }
    }
    private func addCaches(of number: Int, to top: DirectoryEntry) throws(Errno) {
        let places = ProcessorText.places
        let files = self
        for index in 0..<8 {
            guard let cache = ProcessorDescription.own.cache(index) else { return }
            let group = places.group(of: number, shift: cache.sharingShift)
            try tree.directory("index", index, in: top) { (entry) throws(Errno) in
                try files.add(cache, of: places.identifier(number), group, to: entry)
            }
        }
    }
    private func add(
        _ cache: ProcessorCache, of identifier: UInt64, _ group: UInt64, to entry: DirectoryEntry
    ) throws(Errno) {
        let values: [7 of (StaticString, UInt64)] = [
            ("coherency_line_size", cache.lineSize), ("id", identifier >> cache.sharingShift),
            ("level", cache.level), ("number_of_sets", cache.sets),
            ("physical_line_partition", cache.partitions),
            ("ways_of_associativity", cache.ways), ("size", cache.byteCount >> 10),
        ]
        for index in 0..<7 {
            let value = values[index].1
            let isSize = index == 6
            try tree.file(values[index].0, in: entry) {
                $0.append(value)
                $0.append(isSize ? "K\n" : "\n")
            }
        }
        try tree.file("type", in: entry) { SystemText.line(cache.kind.name, &$0) }
        try add(group, "shared_cpu_map", "shared_cpu_list", to: entry)
    }

    private func add(
        _ group: UInt64, _ mask: StaticString, _ list: StaticString, to entry: DirectoryEntry
    ) throws(Errno) {
        try tree.file(mask, in: entry) {
            ProcessorText.mask(group, count: Processors.count, &$0)
            $0.append("\n")
        }
        let files = self
        try tree.file(list, in: entry) { files.list(group, &$0) }
    }
    private func list(_ group: UInt64, _ text: inout TextBuffer) {
        ProcessorText.list(group, &text)
        text.append("\n")
    }
}
