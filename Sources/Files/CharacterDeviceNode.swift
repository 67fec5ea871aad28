internal import Base
package import LinuxABI
package import Scheduler

/// The node of a character device; reads and writes go to the device as they are.
package final class CharacterDeviceNode: Node {
    package let device: any CharacterDevice
    private let deviceNumberValue: DeviceNumber

    package init(
        _ device: any CharacterDevice, number: DeviceNumber, in fileSystem: FileSystem,
        mode: FileMode, owner: UInt32 = 0, group: UInt32 = 0
    ) {
        self.device = device
        deviceNumberValue = number
        super.init(.characterDevice, in: fileSystem, mode: mode, owner: owner, group: group)
    }
    package override var deviceNumber: DeviceNumber { deviceNumberValue }

    /// What one open file of `named` has in its place.
    private init(_ device: any CharacterDevice, forOpenOf named: CharacterDeviceNode) {
        self.device = device
        deviceNumberValue = named.deviceNumberValue
        super.init(
            .characterDevice, in: named.fileSystem, mode: named.mode, owner: named.owner,
            group: named.group, number: named.number)
    }
    override func instance(
        _ flags: OpenFlags, for credentials: Credentials
    ) throws(Errno) -> Node? {
        guard let own = try device.instance(flags, for: credentials) else { return nil }
        return CharacterDeviceNode(own, forOpenOf: self)
    }

    override var ignoresOffset: Bool { device.ignoresOffset }
    override func opened(_ file: OpenFile) throws(Errno) { try device.open(file.flags) }
    override func closed(_ file: OpenFile) { device.closed() }
    override func read(
        _ file: OpenFile, at offset: Int64, count: Int, to address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard count > 0 else { return 0 }
        return try device.read(count: count, to: address, blocking)
    }
    override func write(
        _ file: OpenFile, at offset: Int64, count: Int, from address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard count > 0 else { return 0 }
        return try device.write(count: count, from: address, blocking)
    }
    override func write(
        _ file: OpenFile, at offset: Int64, _ bytes: RawSpan, _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard bytes.byteCount > 0 else { return 0 }
        return try device.write(bytes, blocking)
    }
    override func control(
        _ file: OpenFile, _ request: UInt32, argument: UInt64
    ) throws(Errno) -> Int {
        try device.control(request, argument: argument)
    }
    package override var isPollable: Bool { device.isPollable }
    package override var waiters: WaitQueue? { device.waiters }
    override func readiness(_ file: OpenFile) -> Readiness {
        var readiness: Readiness = []
        if device.isReadable { readiness.insert(.readable) }
        if device.isWritable { readiness.insert(.writable) }
        if device.isHungUp { readiness.insert(.hungUp) }
        if device.hasFailed { readiness.insert(.error) }
        if device.hasPriority { readiness.insert(.priority) }
        return readiness.withSynonyms
    }
}

/// A device's node without a driver: mknod(2) makes it, opening it is ENXIO.
final class DriverlessDeviceNode: Node {
    private let deviceNumberValue: DeviceNumber

    init(
        _ kind: FileKind, number: DeviceNumber, in fileSystem: FileSystem, mode: FileMode,
        owner: UInt32, group: UInt32
    ) {
        deviceNumberValue = number
        super.init(kind, in: fileSystem, mode: mode, owner: owner, group: group)
    }
    override var deviceNumber: DeviceNumber { deviceNumberValue }
    override func opened(_ file: OpenFile) throws(Errno) { throw .noSuchDeviceOrAddress }
}

/// The character devices that there are, by number: what mknod(2) can make nodes of.
final class DeviceDrivers {
    private final class Entry {
        let number: DeviceNumber
        let device: any CharacterDevice
        let next: Entry?
        init(_ number: DeviceNumber, _ device: any CharacterDevice, next: Entry?) {
            self.number = number
            self.device = device
            self.next = next
        }
    }
    private var first: Entry?
    /// What brings the drivers when it is filled.
    var directory: DirectoryNode?

    func add(_ device: any CharacterDevice, number: DeviceNumber) {
        first = Entry(number, device, next: first)
    }
    /// The device of a number. ENOMEM.
    func find(_ number: DeviceNumber) throws(Errno) -> (any CharacterDevice)? {
        try directory?.fill()
        var entry = first
        while let current = entry, current.number != number { entry = current.next }
        return entry?.device
    }
}
