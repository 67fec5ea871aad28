internal import Base
package import LinuxABI
package import Scheduler

/// The node of a character device; reads and writes go to the device as they are.
package final class CharacterDeviceNode: Node {
    package let device: any CharacterDevice
    private let deviceNumberValue: DeviceNumber

    package init(
        _ device: any CharacterDevice, number: DeviceNumber, in fileSystem: FileSystem,
        mode: FileMode
    ) {
        self.device = device
        deviceNumberValue = number
        super.init(.characterDevice, in: fileSystem, mode: mode)
    }
    package override var deviceNumber: DeviceNumber { deviceNumberValue }

    override var ignoresOffset: Bool { device.ignoresOffset }
    override func opened(_ file: OpenFile) throws(Errno) { try device.open(file.flags) }
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
        return readiness
    }
}
