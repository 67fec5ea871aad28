package import Files
package import LinuxABI
package import Base
internal import Memory

/// /dev/ptmx: each open makes a pseudo-terminal, of which the open file is the master; the slave's name is in
/// /dev/pts until the master is closed (pty(7), pts(4)).
package final class PseudoTerminals: CharacterDevice {
    /// kernel.pty.max
    private static let limit: UInt32 = 4096

    private let names: DirectoryEntry

    /// `names` is /dev/pts.
    package init(in names: DirectoryEntry) { self.names = names }

    package func instance(
        _ flags: OpenFlags, for credentials: Credentials
    ) throws(Errno) -> (any CharacterDevice)? {
        guard let directory = names.directory else { throw .noSuchDevice }
        // Its buffers are more than what the reserve is for.
        guard Frames.freeCount > KernelReserve.frames + 16 else { throw .outOfMemory }
        var number: UInt32 = 0
        while try withName(
            of: number,
            { (name) throws(Errno) in
                try directory.contains(name, in: names)
            })
        {
            number += 1
            guard number < Self.limit else { throw .noSpace }
        }
        let pair = try PseudoTerminal(number)
        let slave = PseudoTerminalSlave(pair)
        let node = CharacterDeviceNode(
            slave, number: pair.jobs.number,
            in: names.node.fileSystem, mode: FileMode(rawValue: 0o620),
            owner: credentials.user, group: credentials.group)
        let entry = try withName(of: number) { (name) throws(Errno) in
            try directory.add(node, named: name, in: names)
        }
        return PseudoTerminalMaster(pair, slave, flags) { directory.remove(entry) }
    }
    private func withName<Result>(
        of number: UInt32, _ body: (RawSpan) throws(Errno) -> Result
    ) throws(Errno) -> Result {
        var storage = InlineArray<10, UInt8>(repeating: 0)
        let length: Int
        do {
            var span = storage.mutableSpan
            var text = TextBuffer(into: span.mutableRaw)
            text.append(UInt64(number))
            length = text.writtenCount
        }
        return try body(storage.span.raw.extracting(first: length))
    }

    // An open file has a master instead.
    package func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int { throw .inputOutput }
    package func write(
        count: Int, from address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int { throw .inputOutput }
    package func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int {
        throw .inputOutput
    }
}
