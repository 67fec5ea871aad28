internal import Base
package import LinuxABI
internal import Memory

extension RootFileSystem {
    /// Adds the files that every program may expect, where the archive brought none: the folders, and
    /// what is in /etc and /dev once somebody looks for it. ENOMEM.
    ///
    /// `terminal` is /dev/console; without one it reads `input` and writes
    /// `output`. `clock` is /dev/rtc0. `pseudoTerminals` makes /dev/ptmx, which adds names to /dev/pts.
    package func addBuiltIns(
        input: any CharacterDevice, output: any CharacterDevice, terminal: (any CharacterDevice)?,
        clock: (any CharacterDevice)? = nil,
        pseudoTerminals: ((DirectoryEntry) -> any CharacterDevice)? = nil
    ) throws(Errno) {
        try addDirectory("etc")
        try addDirectory("run")
        try addDirectory("root")
        try addDirectory("tmp")
        // A whole root file system has its own. Where the archive made it something else there is no room for built-in files.
        if !hasImage, let entry = try settings(), let directory = entry.directory {
            directory.fillLater { () throws(Errno) in try self.addFiles(to: entry) }
        }
        guard let directory = deviceDirectory.directory else { return }
        directory.fillLater { () throws(Errno) in
            try self.addDevices(input: input, output: output, terminal: terminal)
            if let clock {
                let number = DeviceNumber.clock
                try self.addDevice(clock, "rtc0", number.major, number.minor, mode: 0o600)
            }
            // Shared memory and semaphores of the C library by name (shm_overview(7)).
            let shared = FileSystem(
                .ramfs, device: DeviceNumber(major: 0, minor: 6), pipes: self.pipes,
                sockets: self.sockets, anonymous: self.anonymous, devices: self.devices)
            _ = try Self.mount(shared, mode: 0o1777, "shm", in: self.deviceDirectory)
            try MessageQueueDirectory.mount("mqueue", in: self.deviceDirectory)
            guard let pseudoTerminals else { return }
            let terminals = FileSystem(.devpts, device: DeviceNumber(major: 0, minor: 7))
            let entry = try Self.mount(
                terminals, mode: 0o755, "pts", in: self.deviceDirectory)
            try self.addDevice(pseudoTerminals(entry), "ptmx", 5, 2)
        }
        devices.drivers.directory = directory
    }
    /// /etc, or where the archive's link of this name leads.
    private func settings() throws(Errno) -> DirectoryEntry? {
        let path: StaticString = "/etc"
        do throws(Errno) { return try context.resolve(path.bytes, from: root) } catch {
            if error == .outOfMemory { throw error }
            return nil
        }
    }
    private func addFiles(to settings: DirectoryEntry) throws(Errno) {
        try addFile("passwd", Self.passwd, to: settings)
        try addFile("group", Self.group, to: settings)
        try addFile("hosts", Self.hosts, to: settings)
        try addFile("hostname", "martlet\n", to: settings)
        try addFile("nsswitch.conf", Self.nameServices, to: settings)
        try addFile("localtime", Self.universalTime, to: settings)
    }

    private static let passwd: StaticString = """
        root:x:0:0:root:/root:/bin/sh
        nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin

        """
    private static let group: StaticString = """
        root:x:0:
        nogroup:x:65534:

        """
    private static let hosts: StaticString = """
        127.0.0.1\tlocalhost
        ::1\tlocalhost ip6-localhost ip6-loopback

        """
    private static let nameServices: StaticString = """
        passwd: files
        group: files
        shadow: files
        hosts: files dns
        networks: files
        protocols: files
        services: files

        """
    /// UTC as tzfile(5), version 2: a header and one type for readers of version 1, the same again
    /// with 64-bit times (there are none), and the rule for all other times.
    private static let universalTime: StaticString =
        "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\u{1}\0\0\0\u{4}\0\0\0\0\0\0UTC\0TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\u{1}\0\0\0\u{4}\0\0\0\0\0\0UTC\0\nUTC0\n"

    /// The mode of a folder that no archive describes: one that is built in, or a file's way.
    static func mode(ofFolder path: RawSpan) -> UInt32 {
        let slash = path.byteCount > 0 && path.byte(at: 0) == UInt8(ascii: "/") ? 1 : 0
        let name = path.extracting(droppingFirst: slash)
        if name.isEqual(to: "tmp") { return 0o1777 }
        return name.isEqual(to: "root") ? 0o700 : 0o755
    }
    private func addDirectory(_ name: StaticString) throws(Errno) {
        try root.directory?.addMissing(name.bytes, in: root) { () throws(Errno) in
            DirectoryNode(
                in: files, mode: FileMode(rawValue: Self.mode(ofFolder: name.bytes)))
        }
    }
    private func addFile(
        _ name: StaticString, _ text: StaticString, to entry: DirectoryEntry
    ) throws(Errno) {
        try entry.directory?.addMissing(name.bytes, in: entry) { () throws(Errno) in
            let file = RegularNode(in: files, mode: FileMode(rawValue: 0o644))
            guard try file.pages.write(at: 0, from: text.bytes) == text.bytes.byteCount else {
                throw .outOfMemory
            }
            return file
        }
    }

    private func addDevices(
        input: any CharacterDevice, output: any CharacterDevice, terminal: (any CharacterDevice)?
    ) throws(Errno) {
        let random = RandomDevice()
        try addDevice(NullDevice(), "null", 1, 3)
        try addDevice(ZeroDevice(), "zero", 1, 5)
        try addDevice(FullDevice(), "full", 1, 7)
        try addDevice(random, "random", 1, 8)
        try addDevice(random, "urandom", 1, 9)
        try addDevice(CurrentTerminal(), "tty", 5, 0)
        try addDevice(
            terminal ?? ConsolePair(input: input, output: output), "console", 5, 1, mode: 0o600)
        try addDeviceLink("fd", to: "/proc/self/fd")
        try addDeviceLink("stdin", to: "/proc/self/fd/0")
        try addDeviceLink("stdout", to: "/proc/self/fd/1")
        try addDeviceLink("stderr", to: "/proc/self/fd/2")
    }
    /// Adds a device below /dev; the number is Linux's (Documentation/admin-guide/devices.txt).
    private func addDevice(
        _ device: any CharacterDevice, _ name: StaticString, _ major: UInt32, _ minor: UInt32,
        mode: UInt32 = 0o666
    ) throws(Errno) {
        let number = DeviceNumber(major: major, minor: minor)
        try deviceDirectory.directory?.addMissing(name.bytes, in: deviceDirectory) {
            () throws(Errno) in
            devices.drivers.add(device, number: number)
            return CharacterDeviceNode(
                device, number: number, in: devices, mode: FileMode(rawValue: mode))
        }
    }
    private func addDeviceLink(_ name: StaticString, to target: StaticString) throws(Errno) {
        try deviceDirectory.directory?.addMissing(name.bytes, in: deviceDirectory) {
            () throws(Errno) in try SymbolicLinkNode(to: target.bytes, in: devices)
        }
    }
}
