import Base
import Foundation
import Testing

@testable import Wire

/// An ELF64 file made by hand; each test spoils one thing.
struct HandMadeELF {
    var magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
    var fileClass: UInt8 = 2
    var encoding: UInt8 = 1
    var kind: UInt16 = 2
    var machine: UInt16 = 62
    var entry: UInt64 = 0x401000
    var segmentEntrySize: UInt16 = 56
    var segments = [
        Segment(flags: 5, offset: 0x1000, address: 0x401000, file: 0x10, memory: 0x10),
        Segment(flags: 6, offset: 0x1010, address: 0x402010, file: 0x20, memory: 0x3000),
    ]
    var size = 0x1100

    struct Segment {
        var kind: UInt32 = 1
        var flags: UInt32
        var offset: UInt64
        var address: UInt64
        var file: UInt64
        var memory: UInt64
        var alignment: UInt64 = 0x1000
    }

    var bytes: [UInt8] {
        var out = magic + [fileClass, encoding, 1, 0] + [UInt8](repeating: 0, count: 8)
        func add<Value: FixedWidthInteger>(_ value: Value) {
            withUnsafeBytes(of: value.littleEndian) { out += $0 }
        }
        add(kind)
        add(machine)
        add(UInt32(1))
        add(entry)
        add(UInt64(64))
        add(UInt64(0))
        add(UInt32(0))
        add(UInt16(64))
        add(segmentEntrySize)
        add(UInt16(segments.count))
        out += [UInt8](repeating: 0, count: 6)
        for segment in segments {
            add(segment.kind)
            add(segment.flags)
            add(segment.offset)
            add(segment.address)
            add(segment.address)
            add(segment.file)
            add(segment.memory)
            add(segment.alignment)
        }
        if out.count < size { out += [UInt8](repeating: 0x90, count: size - out.count) }
        return Array(out.prefix(size))
    }
}

@Suite("ELF64 files") struct ELFTests {
    private func check(_ bytes: [UInt8]) throws(ELFFailure) -> ELFProgramLayout {
        let span = bytes.span.bytes
        let header = try ELFHeader(checking: span)
        try header.require(.x86_64)
        return try ELFSegments(checkingFile: span, header: header).checkProgram(of: header)
    }

    @Test("a good file's layout is what its headers say")
    func acceptsGood() throws {
        let layout = try check(HandMadeELF().bytes)
        #expect(layout.start.rawValue == 0x401000)
        #expect(layout.end.rawValue == 0x405010)
        #expect(layout.segmentTable == nil)
        #expect(!layout.hasExecutableStack && layout.interpreter == nil)
        var dynamic = HandMadeELF()
        dynamic.segments.append(
            .init(kind: 3, flags: 4, offset: 0x1000, address: 0, file: 8, memory: 8))
        #expect(try check(dynamic.bytes).interpreter == 0x1000..<0x1008)
    }

    @Test("each kind of bad file is told by its own error")
    func refusesBad() {
        func expect(_ failure: ELFFailure, _ spoil: (inout HandMadeELF) -> Void) {
            var file = HandMadeELF()
            spoil(&file)
            #expect(throws: failure) { try check(file.bytes) }
        }
        expect(.notELF) { $0.magic[1] = 0x46 }
        expect(.notELF) { $0.size = 3 }
        expect(.truncated) { $0.size = 63 }
        expect(.truncated) { $0.size = 64 + 56 }
        expect(.truncated) { $0.size = 0x1011 }
        expect(.not64Bit) { $0.fileClass = 1 }
        expect(.bigEndian) { $0.encoding = 2 }
        expect(.otherMachine(.arm64)) { $0.machine = 183 }
        expect(.notExecutable) { $0.kind = 1 }
        expect(.badSegmentTable) { $0.segmentEntrySize = 32 }
        expect(.noLoadableSegments) { $0.segments = [] }
        expect(.noLoadableSegments) {
            for index in $0.segments.indices { $0.segments[index].kind = 4 }
        }
        expect(.badSegmentSize) { $0.segments[0].memory = 8 }
        expect(.badAlignment) { $0.segments[0].address += 8 }
        expect(.badAlignment) { $0.segments[0].alignment = 0x1800 }
        expect(.overlappingSegments) { $0.segments[0].memory = 0x2000 }
        expect(.segmentsOutOfOrder) { $0.segments.swapAt(0, 1) }
        expect(.hugeSegment) { $0.segments[1].memory = 1 << 47 }
        expect(.hugeSegment) { $0.segments[1].memory = .max }
        expect(.hugeSegment) { $0.segments[1].address = .max }
        for count in [0, 1, 4097] as [UInt64] {
            expect(count > 0x1000 ? .truncated : .badInterpreter) {
                $0.segments.append(
                    .init(
                        kind: 3, flags: 4, offset: 0x1000, address: 0, file: count, memory: count))
            }
        }
        expect(.entryOutsideText) { $0.entry = 0x402010 }
        expect(.entryOutsideText) { $0.entry = 0x401010 }
    }

    @Test("every truncation and every changed header byte ends without a trap")
    func survivesDamage() {
        let good = HandMadeELF().bytes
        for count in 0...200 { fuzzELF(Array(good.prefix(count)).span.bytes) }
        for position in 0..<176 {
            for value in [0, 1, 0x7f, 0x80, 0xff] as [UInt8] {
                var bytes = good
                bytes[position] = value
                fuzzELF(bytes.span.bytes)
            }
        }
    }

    @Test("notes are read one after the other, with their padding")
    func readsNotes() throws {
        let bytes: [UInt8] =
            [4, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0] + Array("GNU\0".utf8) + [1, 2, 0, 0]
            + [8, 0, 0, 0, 4, 0, 0, 0, 9, 0, 0, 0] + Array("Martlet\0".utf8) + [5, 6, 7, 8]
        var notes = ELFNotes(bytes.span.bytes)
        guard let first = try notes.next() else { return #expect(Bool(false), "no note") }
        let isGNU = first.isOwned(by: "GNU")
        #expect(isGNU && first.type == 1 && first.descriptor.byteCount == 2)
        guard let second = try notes.next() else { return #expect(Bool(false), "one note") }
        let isOurs = second.isOwned(by: "Martlet")
        #expect(isOurs && second.type == 9 && second.descriptor.byte(at: 3) == 8)
        let isAtEnd = try notes.next() == nil
        #expect(isAtEnd)
    }

    @Test("busybox, as Debian links it, is accepted")
    func acceptsBusybox() throws {
        guard let data = FileManager.default.contents(atPath: "/bin/busybox") else { return }
        let bytes = Array(data)
        let header = try ELFHeader(checking: bytes.span.bytes)
        let segments = try ELFSegments(checkingFile: bytes.span.bytes, header: header)
        guard segments.first(.interpreter) == nil else { return }
        let layout = try check(bytes)
        #expect(layout.segmentTable != nil)
        #expect(!layout.hasExecutableStack)
    }
}
