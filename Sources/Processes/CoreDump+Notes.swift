internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Scheduler

// The notes of a core file: registers of all threads, and what the process is (sys/procfs.h, core(5)).
extension CoreDump {
    private enum NoteType {
        static let status: UInt32 = 1  // NT_PRSTATUS
        static let process: UInt32 = 3  // NT_PRPSINFO
        static let auxiliaryVector: UInt32 = 6  // NT_AUXV
        static let information: UInt32 = 0x5349_4749  // NT_SIGINFO
        static let files: UInt32 = 0x4649_4c45  // NT_FILE
    }
    /// Offsets in struct elf_prstatus.
    private enum Status {
        static let signal = 0
        static let code = 4
        static let currentSignal = 12
        static let pending = 16
        static let blocked = 24
        static let identifier = 32
        static let userTime = 48
        static let registers = 112
        static var hasFloat: Int { registers + CoreRegisters.byteCount }
        static var byteCount: Int { hasFloat + 8 }
    }
    private static let processByteCount = 136
    private static let nameByteCount = 16
    private static let argumentByteCount = 80

    func writeNotes(to writer: inout CoreWriter) {
        writeStatus(of: thread, to: &writer)
        writeProcess(to: &writer)
        writeInformation(to: &writer)
        writeVector(to: &writer)
        writeFiles(to: &writer)
        writeState(of: thread, to: &writer)
        var next = process.threads.first
        while let other = next {
            next = other.next
            if other === thread { continue }
            writeStatus(of: other, to: &writer)
            writeState(of: other, to: &writer)
        }
    }

    /// What a thread has: its frame, its pointers, and where its extended state is; `nil` for one whose
    /// CPU did not answer.
    private func registers(
        of other: ProgramThread
    ) -> (frame: ProgramFrame, pointers: ProgramPointers, state: VirtualAddress)? {
        if other === thread { return (frame, .current, state) }
        if other.thread.isOnProcessor {
            guard let (frame, snapshot) = Processors.snapshot(of: other.thread.processor) else {
                return nil
            }
            return (frame, snapshot.pointers, snapshot.state)
        }
        guard let context = other.thread.context else { return nil }
        return (context.frame, context.savedPointers, context.savedState)
    }

    private func writeStatus(of other: ProgramThread, to writer: inout CoreWriter) {
        guard let (frame, pointers, _) = registers(of: other) else { return }
        // A stub is the library OS's own: the program is at the site.
        if other !== thread { _ = process.callSites.restore(frame) }
        let used = max(0, other.thread.processorTime.rawValue)
        note.fill { bytes in
            bytes.storeLittleEndian(signal.rawValue, at: Status.signal)
            bytes.storeLittleEndian(information.code.rawValue, at: Status.code)
            bytes.storeLittleEndian(Int16(signal.rawValue), at: Status.currentSignal)
            bytes.storeLittleEndian(
                other.signals.pendingForThread.rawValue, at: Status.pending)
            bytes.storeLittleEndian(other.signals.blocked.rawValue, at: Status.blocked)
            bytes.storeLittleEndian(other.thread.identifier, at: Status.identifier)
            bytes.storeLittleEndian(process.parentIdentifier, at: Status.identifier + 4)
            bytes.storeLittleEndian(process.group, at: Status.identifier + 8)
            bytes.storeLittleEndian(process.session, at: Status.identifier + 12)
            bytes.storeLittleEndian(used / Nanoseconds.perSecond, at: Status.userTime)
            bytes.storeLittleEndian(
                used % Nanoseconds.perSecond / 1000, at: Status.userTime + 8)
            CoreRegisters.write(frame, pointers, to: &bytes, at: Status.registers)
            bytes.storeLittleEndian(UInt32(1), at: Status.hasFloat)
        }
        write("CORE", NoteType.status, byteCount: Status.byteCount, to: &writer)
    }
    private func writeState(of other: ProgramThread, to writer: inout CoreWriter) {
        guard let (_, pointers, state) = registers(of: other) else { return }
        for index in 0..<CoreRegisters.noteCount {
            let form = CoreRegisters.note(index)
            guard form.byteCount <= CoreNote.byteCount else { continue }
            note.fill { CoreRegisters.write(note: index, from: state, pointers, to: &$0) }
            write(form.owner, form.type, byteCount: form.byteCount, to: &writer)
        }
    }

    private func writeProcess(to writer: inout CoreWriter) {
        let name = process.name
        let credentials = process.credentials
        let range = process.argumentRange
        let count = min(
            Self.argumentByteCount - 1,
            Int(range.upperBound.rawValue - range.lowerBound.rawValue))
        note.fill { bytes in
            bytes.storeLittleEndian(UInt8(ascii: "R"), at: 1)
            bytes.storeLittleEndian(credentials.users.real, at: 16)
            bytes.storeLittleEndian(credentials.groups.real, at: 20)
            bytes.storeLittleEndian(process.identifier, at: 24)
            bytes.storeLittleEndian(process.parentIdentifier, at: 28)
            bytes.storeLittleEndian(process.group, at: 32)
            bytes.storeLittleEndian(process.session, at: 36)
            for index in 0..<Self.nameByteCount {
                bytes.storeLittleEndian(name[index], at: 40 + index)
            }
            let start = 40 + Self.nameByteCount
            var line = bytes._mutatingExtracting(start..<start + count)
            // What can't be read stays zero.
            try? ProgramMemory.copyIn(from: range.lowerBound, into: &line)
            // The strings' ends are spaces, but the last one.
            for index in 0..<max(0, count - 1) where line.bytes.byte(at: index) == 0 {
                line.storeLittleEndian(UInt8(ascii: " "), at: index)
            }
        }
        write("CORE", NoteType.process, byteCount: Self.processByteCount, to: &writer)
    }
    private func writeInformation(to writer: inout CoreWriter) {
        note.fill { bytes in
            var part = bytes._mutatingExtracting(0..<SignalInformation.byteCount)
            information.write(to: &part)
        }
        write("CORE", NoteType.information, byteCount: SignalInformation.byteCount, to: &writer)
    }
    /// The auxiliary vector as the program has it, up to and with AT_NULL.
    private func writeVector(to writer: inout CoreWriter) {
        var count = 0
        note.fill { bytes in
            // More entries than there are types (linux/auxvec.h).
            while count < 64 * 16 {
                var entry = bytes._mutatingExtracting(count..<count + 16)
                guard let place = process.auxiliaryVector.advanced(by: UInt64(count)),
                    (try? ProgramMemory.copyIn(from: place, into: &entry)) != nil
                else { break }
                count += 16
                if entry.bytes.littleEndian(UInt64.self, at: 0) == 0 { break }
            }
        }
        write("CORE", NoteType.auxiliaryVector, byteCount: count, to: &writer)
    }

    /// The files that are mapped, and where.
    private func writeFiles(to writer: inout CoreWriter) {
        var count: UInt64 = 0
        var pathByteCount = 0
        var next = process.addressSpace.firstRegion
        while let region = next {
            next = process.addressSpace.region(after: region)
            guard let entry = file(of: region) else { continue }
            count += 1
            pathByteCount += path(of: entry) + 1
        }
        guard count > 0 else { return }
        writer.append(UInt32(5))
        writer.append(UInt32(16 + Int(count) * 24 + pathByteCount))
        writer.append(NoteType.files)
        let owner: StaticString = "CORE\0\0\0\0"
        writer.append(owner.bytes)
        writer.append(count)
        writer.append(UInt64(Page.size))
        var table = process.addressSpace.firstRegion
        while let region = table {
            table = process.addressSpace.region(after: region)
            guard file(of: region) != nil else { continue }
            writer.append(region.start.rawValue)
            writer.append(region.end.rawValue)
            writer.append(UInt64(max(0, region.offset)) >> UInt64(Page.shift))
        }
        var names = process.addressSpace.firstRegion
        while let region = names {
            names = process.addressSpace.region(after: region)
            guard let entry = file(of: region) else { continue }
            let length = path(of: entry)
            note.append(first: length, to: &writer)
            writer.append(zeroes: 1)
        }
        writer.alignNote()
    }
    private func file(of region: Region) -> DirectoryEntry? {
        if let file = region.owner as? OpenFile { return file.entry }
        return process.memory.isProgram(region) ? process.executable : nil
    }
    /// Puts a file's path into the note; returns its length.
    private func path(of entry: DirectoryEntry) -> Int {
        note.write { entry.writePath(from: process.root, to: &$0) }
    }

    // MARK: Form

    /// Writes the first `byteCount` bytes of what was filled in as a note.
    private func write(
        _ owner: StaticString, _ type: UInt32, byteCount: Int, to writer: inout CoreWriter
    ) {
        writer.append(UInt32(owner.utf8CodeUnitCount + 1))
        writer.append(UInt32(byteCount))
        writer.append(type)
        writer.append(owner.bytes)
        writer.append(zeroes: 1)
        writer.alignNote()
        note.append(first: byteCount, to: &writer)
        writer.alignNote()
    }
}
