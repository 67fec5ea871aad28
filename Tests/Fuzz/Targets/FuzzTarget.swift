import Base
import CPUX86_64
import DeviceModels
import Drivers
import Images
import LinuxABI
import NucleusInterface
import TestSupport
import Wire

/// What the fuzzer runs: one reader of outside bytes, or one half of a ring, each.
///
/// A target traps where the code under test breaks a promise. With a planted bug it also traps at a
/// state that no seed reaches, which shows that the fuzzer would find such a mistake.
public enum FuzzTarget: String, CaseIterable, Sendable {
    case commandLine = "command-line"
    case elf
    case elfSymbols = "elf-symbols"
    case cpio
    case bootRecord = "boot-record"
    case imageNote = "image-note"
    case controlRecords = "control-records"
    case terminal
    case deviceQueue = "device-queue"
    case driverQueue = "driver-queue"
    case callSite = "call-site"
    case startInfo = "start-info"
    case deviceTree = "device-tree"
    case firmwareTables = "firmware-tables"
    case erofs
    case networkHeaders = "network-headers"
    case networkFrames = "network-frames"
    case tcpSegments = "tcp-segments"

    public func run(_ bytes: RawSpan, isPlanted: Bool = false) {
        switch self {
        case .commandLine: fuzzCommandLine(bytes, isPlanted)
        case .elf:
            fuzzELF(bytes)
            if isPlanted { plantInELF(bytes) }
        case .elfSymbols: fuzzSymbols(bytes, isPlanted)
        case .cpio:
            fuzzCpio(bytes)
            if isPlanted { plantInCpio(bytes) }
        case .bootRecord: fuzzBootRecord(bytes, isPlanted)
        case .imageNote: fuzzImageNote(bytes, isPlanted: isPlanted)
        case .controlRecords: fuzzControlRecords(bytes, isPlanted)
        case .terminal: fuzzTerminal(bytes, isPlanted)
        case .deviceQueue: fuzzDeviceQueue(bytes, planted: isPlanted ? .trap : .none)
        case .driverQueue: fuzzDriverQueue(bytes, planted: isPlanted ? .trap : .none)
        case .callSite: fuzzCallSite(bytes, isPlanted)
        case .startInfo: fuzzStartInfo(bytes, isPlanted)
        case .deviceTree:
            let machine = fuzzDeviceTree(bytes)
            if isPlanted, let machine { plantInDeviceTree(machine) }
        case .firmwareTables: fuzzFirmwareTables(bytes, isPlanted)
        case .erofs:
            fuzzEROFS(bytes)
            if isPlanted { plantInEROFS(bytes) }
        case .networkHeaders:
            let hasAll = fuzzNetworkHeaders(bytes)
            precondition(!isPlanted || !hasAll, "the planted bug")
        case .networkFrames: fuzzFrames(bytes, isPlanted)
        case .tcpSegments: fuzzSegments(bytes, isPlanted)
        }
    }
}

/// A line that is accepted says the same when its values are written and read again.
private func fuzzCommandLine(_ bytes: RawSpan, _ isPlanted: Bool) {
    do {
        let view = try CommandLineView(checking: bytes)
        let line = CommandLine(view)
        precondition(line.arguments.count == view.argumentCount)
        precondition(line.environment.count == view.environmentCount)
        let written = try line.encoded()
        let again = try CommandLine(CommandLineView(checking: written.span.raw))
        precondition(again == line)
        precondition(!isPlanted || view.environmentCount < 3, "the planted bug")
    } catch CommandLineError.nulByte {
        // A NUL is refused by the reader; the writer never meets one from it.
    } catch {}
}

private func plantInELF(_ bytes: RawSpan) {
    guard let header = try? ELFHeader(checking: bytes),
        let segments = try? ELFSegments(checkingFile: bytes, header: header),
        (try? segments.checkProgram(of: header)) != nil
    else { return }
    precondition(header.kind != .positionIndependent, "the planted bug")
}

private func plantInCpio(_ bytes: RawSpan) {
    var reader = CpioReader(bytes)
    var count = 0
    while let next = try? reader.next(), let entry = next as CpioEntry? {
        count += 1
        precondition(count < 2 || entry.mode != 0o100755, "the planted bug")
    }
}

/// A root directory of another owner: no seed has one.
private func plantInEROFS(_ bytes: RawSpan) {
    guard let image = try? EROFSImage(checking: bytes),
        let root = try? image.inode(image.rootNumber)
    else { return }
    precondition(!root.isDirectory || root.owner == 0, "the planted bug")
}

/// A device whose interrupt the fuzzer made another: no seed has one that is edge-triggered and high.
private func plantInDeviceTree(_ machine: MachineTree) {
    guard let interrupt = machine.virtio[0]?.interrupt else { return }
    precondition(interrupt.trigger == .level || interrupt.identifier < 64, "the planted bug")
}

/// Every symbol that a table names lies within its file, whatever address is asked for.
private func fuzzSymbols(_ bytes: RawSpan, _ isPlanted: Bool) {
    guard let symbols = ELFSymbols(checking: bytes) else { return }
    for address in [0, 0x40_0100, 0x40_0000_0000_1000, .max] as [UInt64] {
        guard let match = symbols.function(at: address) else { continue }
        precondition(match.name.byteCount <= bytes.byteCount)
        precondition(match.offset <= address)
        precondition(!isPlanted || match.offset != 0x100, "the planted bug")
    }
}

/// Every entry of a record that is accepted can be read.
private func fuzzBootRecord(_ bytes: RawSpan, _ isPlanted: Bool) {
    guard let record = try? BootRecordView(checking: bytes) else { return }
    for table in [BootRecord.memoryMap, BootRecord.modules] {
        for index in 0..<record.count(table) { _ = record.range(table, at: index) }
    }
    for index in 0..<record.count(BootRecord.devices) { _ = record.device(at: index) }
    for index in 0..<BootRecord.seedSize { _ = record.seedByte(at: index) }
    precondition(!isPlanted || record.count(BootRecord.devices) < 2, "the planted bug")
}

/// Records that arrive in pieces are those that arrive at once.
private func fuzzControlRecords(_ bytes: RawSpan, _ isPlanted: Bool) {
    guard bytes.byteCount > 1 else { return }
    let step = Int(bytes.byte(at: 0)) + 1
    let stream = (1..<bytes.byteCount).map { bytes.byte(at: $0) }
    var whole: [ControlRecord] = []
    var pieces: [ControlRecord] = []
    var first = ControlParser()
    var second = ControlParser()
    let failed = (try? first.append(stream, to: &whole)) == nil
    var pieceFailed = false
    var start = 0
    while start < stream.count, !pieceFailed {
        let end = min(start + step, stream.count)
        pieceFailed = (try? second.append(Array(stream[start..<end]), to: &pieces)) == nil
        start = end
    }
    precondition(failed == pieceFailed && whole == pieces)
    precondition(!isPlanted || whole.count < 3, "the planted bug")
}

/// A site's offset (u16), EAX's low byte, then the text around the site.
private func fuzzCallSite(_ bytes: RawSpan, _ isPlanted: Bool) {
    guard bytes.byteCount > 5 else { return }
    let text = bytes.extracting(droppingFirst: 3).extracting(first: min(bytes.byteCount - 3, 480))
    let site = Int(bytes.littleEndian(UInt16.self, at: 0)) % (text.byteCount - 1)
    let number = UInt32(bytes.byte(at: 2))
    let plan = CallSite.plan(
        text, at: VirtualAddress(rawValue: 0x40_1000), site: site, number: number
    ) { _ in false }
    switch plan {
    case .none: break
    case .move(let found):
        precondition(found == number && text.byte(at: site - 5) == 0xb8)
    case .earlierMove(let found, let between):
        precondition(found == number && between.byteCount <= CallSite.Between.mostBytes)
        precondition(text.byte(at: site - between.byteCount - 5) == 0xb8)
    case .springboard(let offset, let byteCount):
        // Within the text, apart from the site, and of padding only.
        precondition(byteCount >= CallSite.jumpByteCount && CallSite.shortJump(by: offset) != nil)
        let gap = site + offset..<site + offset + byteCount
        precondition(gap.lowerBound > 0 && gap.upperBound < text.byteCount)
        precondition(!gap.contains(site) && !gap.contains(site + 1))
        precondition(!isPlanted || byteCount < 12, "the planted bug")
    }
}

/// Modes (struct termios), then bytes that are typed: whatever both are, a line discipline keeps what
/// it promises of counts, and takes what it says it has.
private func fuzzTerminal(_ bytes: RawSpan, _ isPlanted: Bool) {
    _ = TerminalDescription(checking: bytes)
    guard bytes.byteCount > TerminalModes.byteCount else { return }
    let discipline = LineDiscipline(TerminalModes(bytes))
    for index in TerminalModes.byteCount..<bytes.byteCount {
        let byte = bytes.byte(at: index)
        guard discipline.takesByte else { break }
        discipline.receive(byte)
        precondition(discipline.expand(byte).count <= 8)
        precondition(discipline.readableCount <= LineDiscipline.capacity)
        precondition(!isPlanted || !discipline.takeRaised().contains(.quit), "the planted bug")
    }
    discipline.sendEchoes { $0.byteCount }
    precondition(discipline.echoCount == 0)
    var buffer = [UInt8](repeating: 0, count: 100)
    while discipline.hasInput {
        let before = discipline.readableCount
        var span = buffer.mutableSpan
        var raw = span.mutableBytes
        let portion = discipline.peek(into: &raw, limit: 100)
        discipline.take(portion)
        precondition(discipline.readableCount == before - portion.byteCount)
        precondition(portion.byteCount > 0 || portion.endsRead)
    }
}

/// A PVH loader's structure, then entries of its lists.
private func fuzzStartInfo(_ bytes: RawSpan, _ isPlanted: Bool) {
    guard let info = try? PVHStartInfo(checking: bytes) else { return }
    for index in 0..<info.memoryRangeCount { _ = info.memoryRange(index) }
    for index in 0..<info.moduleCount { _ = info.module(index) }
    let rest = bytes.extracting(droppingFirst: PVHStartInfo.byteCount)
    if let range = PVHStartInfo.Extent(range: rest) { precondition(range.end >= range.base) }
    if let module = PVHStartInfo.Extent(module: rest) { precondition(module.end >= module.base) }
    precondition(!isPlanted || info.moduleCount < 3, "the planted bug")
}

/// A root pointer, then a table that is taken for the root's and for that of the CPUs.
private func fuzzFirmwareTables(_ bytes: RawSpan, _ isPlanted: Bool) {
    guard let root = FirmwareTables.RootPointer(checking: bytes) else { return }
    let rest = bytes.extracting(droppingFirst: FirmwareTables.RootPointer.byteCount)
    guard let header = FirmwareTables.Header(checking: rest) else { return }
    let table = rest.extracting(first: min(header.tableByteCount, rest.byteCount))
    _ = FirmwareTables.isIntact(table)
    var count = 0
    while FirmwareTables.entry(count, of: table, root) != nil { count += 1 }
    precondition(count * root.entryByteCount <= table.byteCount)
    var processors = FirmwareTables.Processors()
    var processorCount = 0
    while processors.next(in: table) != nil { processorCount += 1 }
    precondition(processorCount * 8 <= table.byteCount)
    precondition(!isPlanted || processorCount < 4, "the planted bug")
}
