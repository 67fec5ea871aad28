internal import Base
package import LinuxABI
internal import Memory

extension RootFileSystem {
    /// Adds the files that every program may expect, where the archive brought none. ENOMEM.
    ///
    /// `terminal` is /dev/tty and /dev/console; without one /dev/console reads `input` and writes
    /// `output`.
    package func addBuiltIns(
        input: any CharacterDevice, output: any CharacterDevice, terminal: (any CharacterDevice)?
    ) throws(Errno) {
        try addDirectory("/etc")
        try addDirectory("/run")
        try addDirectory("/root")
        try addDirectory("/tmp")
        try addFile("/etc/passwd", Self.passwd)
        try addFile("/etc/group", Self.group)
        try addFile("/etc/hosts", Self.hosts)
        try addFile("/etc/hostname", "martlet\n")
        try addFile("/etc/nsswitch.conf", Self.nameServices)
        try addFile("/etc/localtime", Self.universalTime)
        try addDevices(input: input, output: output, terminal: terminal)
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
    private func addDirectory(_ path: StaticString) throws(Errno) {
        do throws(Errno) {
            try context.makeDirectory(
                path.bytes, from: root,
                mode: FileMode(rawValue: Self.mode(ofFolder: path.bytes)))
        } catch {
            if error != .fileExists { throw error }
        }
    }
    private func addFile(_ path: StaticString, _ text: StaticString) throws(Errno) {
        // A directory that the archive made something else leaves no room for built-in files.
        do throws(Errno) {
            let file = try context.open(
                path.bytes, from: root, [.create, .exclusive, .writeOnly],
                creationMode: FileMode(rawValue: 0o644))
            _ = try file.node.write(file, at: 0, text.bytes, .nonblocking)
            file.release()
        } catch {
            if error == .outOfMemory || error == .noSpace { throw error }
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
        try addDevice(terminal ?? NoTerminalDevice(), "tty", 5, 0)
        try addDevice(
            terminal ?? ConsolePair(input: input, output: output), "console", 5, 1, mode: 0o600)
        try addDeviceLink("fd", to: "/proc/self/fd")
        try addDeviceLink("stdin", to: "/proc/self/fd/0")
        try addDeviceLink("stdout", to: "/proc/self/fd/1")
        try addDeviceLink("stderr", to: "/proc/self/fd/2")
    }
    /// Adds a device below /dev; the number is Linux's (Documentation/admin-guide/devices.txt).
    package func addDevice(
        _ device: any CharacterDevice, _ name: StaticString, _ major: UInt32, _ minor: UInt32,
        mode: UInt32 = 0o666
    ) throws(Errno) {
        let number = DeviceNumber(major: major, minor: minor)
        devices.drivers.add(device, number: number)
        let node = CharacterDeviceNode(
            device, number: number, in: devices, mode: FileMode(rawValue: mode))
        try deviceDirectory.directory?.add(node, named: name.bytes, in: deviceDirectory)
    }
    private func addDeviceLink(_ name: StaticString, to target: StaticString) throws(Errno) {
        let node = try SymbolicLinkNode(to: target.bytes, in: devices)
        try deviceDirectory.directory?.add(node, named: name.bytes, in: deviceDirectory)
    }
}
