internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Scheduler
internal import Trace

/// The program's memory and registers as an ELF core file (core(5), fs/binfmt_elf.c).
///
/// The order is Linux's: header, program headers, notes, and from a page's start on the contents of
/// mappings. Absent pages are holes. Nothing is made but two buffers; where those can't be had, there is
/// no core file.
struct CoreDump {
    let process: Process
    /// The thread that is ended by the signal, first in the file.
    let thread: ProgramThread
    let frame: ProgramFrame
    let signal: Signal
    let information: SignalInformation
    /// Where the running thread's extended state is.
    let state: VirtualAddress
    let note: CoreNote

    init?(
        of process: Process, _ frame: ProgramFrame, _ signal: Signal,
        _ information: SignalInformation
    ) {
        guard let note = CoreNote(), let state = Frames.allocateZeroed() else { return nil }
        self.process = process
        thread = ProgramThread.current
        self.frame = frame
        self.signal = signal
        self.information = information
        self.state = DirectMap.address(of: state)
        self.note = note
        _ = ExtendedState.saveWhole(to: self.state)
        let end = Clock.monotonic() + Nanoseconds(rawValue: Nanoseconds.perSecond / 2)
        Processors.takeSnapshots(while: { Clock.monotonic() < end }) { _ in
            Frames.allocateZeroed().map { DirectMap.address(of: $0) }
        }
    }

    // ELF's sizes and constants (elf(5)).
    private static let headerByteCount = 64
    private static let segmentHeaderByteCount = 56
    private static let coreType: UInt16 = 4
    private static let loadSegment: UInt32 = 1
    private static let noteSegment: UInt32 = 4
    /// PN_XNUM: more segments than this can't be told.
    private static let maximumSegments = 0xfffe

    /// Writes the file.
    func write(to writer: inout CoreWriter) {
        let segments = min(countSegments(), Self.maximumSegments)
        let notesStart = UInt64(
            Self.headerByteCount + (segments + 1) * Self.segmentHeaderByteCount)
        guard var counter = CoreWriter(countingFrom: notesStart) else { return }
        writeNotes(to: &counter)
        let notesByteCount = counter.position - notesStart
        let contentsStart = (counter.position + Page.offsetMask) & ~Page.offsetMask

        writeHeader(segmentCount: segments + 1, to: &writer)
        writeSegment(
            Self.noteSegment, rights: 0, offset: notesStart, address: 0, notesByteCount, 0,
            alignment: 4, to: &writer)
        writeSegments(segments, from: contentsStart, to: &writer)
        writeNotes(to: &writer)
        writeContents(segments, from: contentsStart, to: &writer)
    }

    private func countSegments() -> Int {
        var count = 0
        process.addressSpace.forEachRegion { if !$0.isPinned { count += 1 } }
        return count
    }
    private func writeHeader(segmentCount: Int, to writer: inout CoreWriter) {
        // 64 bits, little-endian, version 1, System V.
        let identification: StaticString = "\u{7f}ELF\u{2}\u{1}\u{1}\0\0\0\0\0\0\0\0\0"
        writer.append(identification.bytes)
        writer.append(Self.coreType)
        writer.append(CoreRegisters.machine)
        writer.append(UInt32(1))
        writer.append(UInt64(0))  // entry
        writer.append(UInt64(Self.headerByteCount))
        writer.append(UInt64(0))  // sections
        writer.append(UInt32(0))  // flags
        writer.append(UInt16(Self.headerByteCount))
        writer.append(UInt16(Self.segmentHeaderByteCount))
        writer.append(UInt16(segmentCount))
        writer.append(zeroes: 6)
    }
    private func writeSegment(
        _ type: UInt32, rights: UInt32, offset: UInt64, address: UInt64, _ fileByteCount: UInt64,
        _ memoryByteCount: UInt64, alignment: UInt64, to writer: inout CoreWriter
    ) {
        writer.append(type)
        writer.append(rights)
        writer.append(offset)
        writer.append(address)
        writer.append(UInt64(0))
        writer.append(fileByteCount)
        writer.append(memoryByteCount)
        writer.append(alignment)
    }
    /// Calls `body` with each mapping that is in the file, how many bytes of it are, and where they go. Returns
    /// where the last ones end.
    private func forEachSegment(
        _ count: Int, from start: UInt64,
        _ body: (_ region: Region, _ byteCount: UInt64, _ offset: UInt64) -> Void
    ) -> UInt64 {
        let space = process.addressSpace
        var offset = start
        var left = count
        var next = space.firstRegion
        while let region = next, left > 0 {
            next = space.region(after: region)
            if region.isPinned { continue }
            left -= 1
            let size = space.dumpedByteCount(of: region)
            body(region, size, offset)
            offset += size
        }
        return offset
    }
    private func writeSegments(
        _ count: Int, from start: UInt64, to writer: inout CoreWriter
    ) {
        _ = forEachSegment(count, from: start) { region, size, offset in
            // PF_R, PF_W, PF_X
            let protection = region.protection
            let rights: UInt32 =
                (protection.contains(.read) ? 4 : 0) | (protection.contains(.write) ? 2 : 0)
                | (protection.contains(.execute) ? 1 : 0)
            writeSegment(
                Self.loadSegment, rights: rights, offset: offset,
                address: region.start.rawValue, size, region.byteCount,
                alignment: UInt64(Page.size), to: &writer)
        }
    }
    private func writeContents(
        _ count: Int, from start: UInt64, to writer: inout CoreWriter
    ) {
        let end = forEachSegment(count, from: start) { region, size, offset in
            guard size > 0 else { return }
            let base = region.start.rawValue
            process.addressSpace.forEachDumpedPage(of: region, byteCount: size) { address, frame in
                writer.skip(to: offset + (address.rawValue - base))
                writer.append(frame)
            }
        }
        // The file is as long as its headers say, also where the last page is a hole.
        if end > writer.position {
            writer.skip(to: end - 1)
            writer.append(zeroes: 1)
        }
        writer.flush()
    }
}

extension Process {
    // Set once by boot, where the host takes a core file.
    private static let onCore = Global<((UInt64, RawSpan) -> Void)?>(nil)

    /// Declares who takes the bytes of a core file, and that there is to be one: RLIMIT_CORE is then without
    /// limit at first.
    package func setCore(_ output: @escaping (_ offset: UInt64, _ bytes: RawSpan) -> Void) {
        Process.onCore.value = output
        allowCore()
    }

    /// Writes a core file, where the signal asks for one, the host takes it, and the program forbids it
    /// neither by RLIMIT_CORE nor by PR_SET_DUMPABLE.
    func dumpCore(
        _ frame: ProgramFrame, _ signal: Signal, _ information: SignalInformation
    ) {
        let limit = limits[.core].soft
        guard isFirst, signal.dumpsCore, let output = Process.onCore.value,
            attributes.dumpable == 1,
            limit >= UInt64(Page.size)
        else { return }
        guard let dump = CoreDump(of: self, frame, signal, information),
            var writer = CoreWriter(limit: limit, output)
        else { return Log.warning("there is too little memory for a core file") }
        dump.write(to: &writer)
    }
}
