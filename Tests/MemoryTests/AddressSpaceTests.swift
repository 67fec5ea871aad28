import Base
import Hardware
import LinuxABI
import Testing
import TestSupport

@testable import Memory

private func makeSpace(
    _ entropy: AddressLayout.Entropy = .none
) throws -> AddressSpace {
    TestArena.prepare()
    return try AddressSpace(
        sharingLibraryOf: nil, layout: AddressLayout(entropy: entropy))
}
private func at(_ address: UInt64) -> VirtualAddress { VirtualAddress(rawValue: address) }
private let readWrite: AddressSpace.Protection = [.read, .write]

extension MemoryTests {
    @Suite("mmap(2): placement") struct PlacementTests {
        @Test("without ASLR the layout is Linux's: stack top, mmap base, PIE base")
        func layout() {
            // setarch -R cat /proc/self/maps: PIE at 0x555555554000, libraries end at 7ffff7fff000.
            let layout = AddressLayout(entropy: .none)
            #expect(layout.stackTop == at(0x7fff_ffff_f000))
            #expect(layout.executableBase == at(0x5555_5555_4000))
            #expect(layout.breakOffset == 0)
            #expect(layout.mapBase.isPageAligned)
        }
        @Test("any entropy keeps stack, mappings and executable apart", arguments: 0...200)
        func entropy(seed: UInt64) {
            var random = SeededRandom(seed: seed)
            let layout = AddressLayout(
                entropy: .init(
                    stack: random.next(), map: random.next(), executable: random.next(),
                    heap: random.next()))
            #expect(layout.stackTop.isPageAligned && layout.mapBase.isPageAligned)
            #expect(layout.mapBase.rawValue + 8 << 20 < layout.stackTop.rawValue)
            #expect(layout.executableBase > ProgramSpace.libraryEnd)
            #expect(layout.executableBase.rawValue < layout.mapBase.rawValue - 1 << 40)
            #expect(layout.breakOffset < 0x200_0000)
        }
        @Test("mappings go downwards from the base, and merge")
        func topDown() throws {
            let space = try makeSpace()
            let first = try space.map(
                at: nil, placement: .hint, byteCount: 1, protection: readWrite)
            #expect(first.rawValue == space.layout.mapBase.rawValue - 4096)
            let second = try space.map(
                at: nil, placement: .hint, byteCount: 8192, protection: readWrite)
            #expect(second.rawValue == first.rawValue - 8192)
            #expect(space.regionCount == 1)
            try space.unmap(first, byteCount: 4096)
            // The hole just left is the highest gap.
            #expect(
                try space.map(at: nil, placement: .hint, byteCount: 4096, protection: [])
                    == first)
            space.close()
        }
        @Test("a free hint is taken, a used or low one is not")
        func hints() throws {
            let space = try makeSpace()
            let hint = at(0x1234_5678_9001)
            let start = try space.map(
                at: hint, placement: .hint, byteCount: 4096, protection: readWrite)
            #expect(start == at(0x1234_5678_a000))
            let other = try space.map(
                at: hint, placement: .hint, byteCount: 4096, protection: readWrite)
            #expect(other.rawValue == space.layout.mapBase.rawValue - 4096)
            // round_hint_to_min
            let low = try space.map(
                at: at(0x1000), placement: .hint, byteCount: 4096, protection: readWrite)
            #expect(low == at(65536))
            space.close()
        }
        @Test("the library OS's addresses are never given away")
        func library() throws {
            let space = try makeSpace()
            #expect(throws: Errno.outOfMemory) {
                try space.map(
                    at: at(0x4000_0000_0000), placement: .fixed, byteCount: 4096, protection: [])
            }
            #expect(throws: Errno.outOfMemory) {
                try space.map(
                    at: at(0x3fff_ffff_f000), placement: .fixed, byteCount: 8192, protection: [])
            }
            let hinted = try space.map(
                at: at(0x4800_0000_0000), placement: .hint, byteCount: 4096, protection: [])
            #expect(hinted > ProgramSpace.libraryEnd)
            // What does not fit above goes below, not across.
            let big = try space.map(
                at: nil, placement: .hint, byteCount: 0x3000_0000_0000, protection: [])
            #expect(big.rawValue + 0x3000_0000_0000 == ProgramSpace.libraryStart.rawValue)
            space.close()
        }
        @Test("errors in mmap(2)'s order")
        func errors() throws {
            let space = try makeSpace()
            func error(
                _ address: UInt64, _ placement: AddressSpace.Placement, _ count: UInt64,
                _ backing: AddressSpace.Backing = .anonymous
            ) -> Errno? {
                do throws(Errno) {
                    _ = try space.map(
                        at: at(address), placement: placement, byteCount: count,
                        protection: readWrite, backing: backing)
                    return nil
                } catch { return error }
            }
            let end = ProgramSpace.end.rawValue
            #expect(error(0, .hint, 0) == .invalidArgument)
            #expect(error(0, .hint, .max) == .outOfMemory)
            #expect(error(0, .hint, end + 1) == .outOfMemory)
            #expect(error(0x7000_0000_0001, .fixed, 4096) == .invalidArgument)
            #expect(error(end - 4096, .fixed, 8192) == .outOfMemory)
            #expect(error(.max - 4095, .fixed, 4096) == .outOfMemory)
            #expect(error(0, .fixed, 4096) == .operationNotPermitted)
            #expect(error(0xf000, .fixed, 4096) == .operationNotPermitted)
            #expect(error(0x10000, .fixed, 4096) == nil)
            #expect(error(0xf000, .fixedNoReplace, 8192) == .operationNotPermitted)
            #expect(error(0x10000, .fixedNoReplace, 4096) == .fileExists)
            let cache = PageCache()
            #expect(error(0, .hint, 8192, .file(cache, offset: .max - 4095)) == .overflow)
            // A request beyond all memory is refused at once, unless it says NORESERVE.
            #expect(error(0, .hint, 1 << 40) == .outOfMemory)
            space.close()
        }
    }

    @Suite("address space: heap, stack and limits") struct HeapAndStackTests {
        @Test("brk(2) moves, refuses and shrinks")
        func heapBreak() throws {
            let space = try makeSpace()
            let start = at(0x60_0000)
            space.initializeBreak(at: start)
            #expect(space.setBreak(at(0)) == start)
            #expect(space.setBreak(at(0x60_0001)) == at(0x60_0001))
            #expect(space.resolveFault(at: at(0x60_0fff), access: .write) == .resolved)
            #expect(space.setBreak(at(0x60_3000)) == at(0x60_3000))
            #expect(space.regionCount == 1 && space.mappedByteCount == 0x3000)
            _ = try space.map(
                at: at(0x60_5000), placement: .fixed, byteCount: 4096, protection: readWrite)
            #expect(space.setBreak(at(0x60_5000)) == at(0x60_5000))
            #expect(space.setBreak(at(0x60_5001)) == at(0x60_5000))
            #expect(space.setBreak(start) == start)
            #expect(space.resolveFault(at: start, access: .read) == .notMapped)
            #expect(space.setBreak(at(.max)) == start)
            space.limits.data = 4096
            #expect(space.setBreak(at(0x60_2000)) == start)
            space.close()
        }
        @Test("a stack grows to its limit and keeps the guard gap")
        func stack() throws {
            let space = try makeSpace()
            let top = space.layout.stackTop
            space.limits.stack = 1 << 20
            _ = try space.map(
                at: at(top.rawValue - 8192), placement: .fixed, byteCount: 8192,
                protection: readWrite, options: .growsDown)
            #expect(
                space.resolveFault(at: at(top.rawValue - 100_000), access: .write) == .resolved)
            #expect(space.resolveFault(at: at(top.rawValue - 1 << 20), access: .read) == .resolved)
            #expect(
                space.resolveFault(at: at(top.rawValue - 1 << 20 - 1), access: .read)
                    == .notMapped)
            space.limits.stack = 64 << 20
            let below = top.rawValue - 4 << 20
            _ = try space.map(
                at: at(below), placement: .fixed, byteCount: 4096, protection: readWrite)
            let gap = below + 4096 + 256 * 4096
            #expect(space.resolveFault(at: at(gap - 1), access: .write) == .notMapped)
            #expect(space.resolveFault(at: at(gap), access: .write) == .resolved)
            space.close()
        }
        @Test("RLIMIT_AS and RLIMIT_DATA are ENOMEM")
        func limits() throws {
            let space = try makeSpace()
            space.limits.addressSpace = 8192
            _ = try space.map(at: nil, placement: .hint, byteCount: 8192, protection: .read)
            #expect(throws: Errno.outOfMemory) {
                try space.map(at: nil, placement: .hint, byteCount: 1, protection: .read)
            }
            space.limits = .init()
            space.limits.data = 4096
            #expect(throws: Errno.outOfMemory) {
                try space.map(at: nil, placement: .hint, byteCount: 8192, protection: readWrite)
            }
            space.close()
        }
    }

    @Suite("address space: objects") struct ObjectTests {
        @Test("a private page is copied on write, the file is not touched")
        func copyOnWrite() throws {
            let space = try makeSpace()
            let cache = PageCache()
            let bytes = [UInt8](repeating: 3, count: 5000)
            _ = try cache.write(at: 0, from: bytes.span.bytes)
            let start = try space.map(
                at: nil, placement: .hint, byteCount: 5 * 4096, protection: readWrite,
                backing: .file(cache, offset: 0))
            #expect(space.resolveFault(at: start, access: .read) == .resolved)
            guard let frame = cache.existingFrame(at: 0) else { return }
            #expect(Frames.shareCount(frame) == 2)
            // Both pages of the file were mapped around the fault.
            #expect(space.residentPages == 2)
            #expect(space.resolveFault(at: start, access: .write) == .resolved)
            let copy = Frame(containing: space.tables.entry(at: start).page)
            #expect(copy != frame && copy.load(UInt8.self, at: 77) == 3)
            #expect(Frames.shareCount(frame) == 1 && Frames.shareCount(copy) == 1)
            // The tail of the last page is zero, and beyond the file is SIGBUS.
            let second = at(start.rawValue + 4096)
            let last = Frame(containing: space.tables.entry(at: second).page)
            #expect(last.load(UInt8.self, at: 903) == 3 && last.load(UInt8.self, at: 904) == 0)
            let beyond = at(start.rawValue + 8192)
            #expect(space.resolveFault(at: beyond, access: .read) == .beyondObject)
            space.close()
            #expect(Frames.shareCount(frame) == 1)
        }
        @Test("shared anonymous memory is one object, doubled by mremap(2) with size 0")
        func doubled() throws {
            let space = try makeSpace()
            let start = try space.map(
                at: nil, placement: .hint, byteCount: 8192, protection: readWrite,
                sharing: .shared)
            #expect(space.resolveFault(at: start, access: .write) == .resolved)
            let twin = try space.remap(
                start, oldByteCount: 0, newByteCount: 4096, move: .allowed)
            #expect(space.resolveFault(at: twin, access: .read) == .resolved)
            #expect(space.tables.entry(at: twin).page == space.tables.entry(at: start).page)
            #expect(throws: Errno.badAddress) {
                try space.remap(at(0x10000), oldByteCount: 0, newByteCount: 4096, move: .allowed)
            }
            space.close()
        }
        @Test("a read-only file can't become writable by mprotect(2)")
        func maximum() throws {
            let space = try makeSpace()
            let cache = PageCache()
            cache.byteCount = 4096
            let start = try space.map(
                at: nil, placement: .hint, byteCount: 4096, protection: .read,
                backing: .file(cache, offset: 0), sharing: .shared, maximum: [.read, .execute])
            #expect(throws: Errno.permissionDenied) {
                try space.protect(start, byteCount: 4096, readWrite)
            }
            space.close()
        }
        @Test("mremap(2) moves pages when it can't grow in place")
        func moves() throws {
            let space = try makeSpace()
            let start = try space.map(
                at: at(0x7000_0000_0000), placement: .fixed, byteCount: 8192,
                protection: readWrite)
            _ = try space.map(
                at: at(0x7000_0000_2000), placement: .fixed, byteCount: 4096, protection: .read)
            #expect(space.resolveFault(at: start, access: .write) == .resolved)
            let page = space.tables.entry(at: start).page
            #expect(throws: Errno.outOfMemory) {
                try space.remap(start, oldByteCount: 8192, newByteCount: 16384, move: .no)
            }
            let moved = try space.remap(
                start, oldByteCount: 8192, newByteCount: 16384, move: .allowed)
            #expect(moved != start && space.tables.entry(at: moved).page == page)
            #expect(space.resolveFault(at: start, access: .read) == .notMapped)
            #expect(
                try space.remap(moved, oldByteCount: 16384, newByteCount: 4096, move: .no)
                    == moved)
            space.close()
        }
    }

    @Suite("running out of memory") struct ExhaustionTests {
        @Test("whatever allocation fails, the space stays consistent and nothing leaks")
        func failEveryAllocation() throws {
            let before = Frames.freeCount
            var complete = -1
            var failures = 0
            // 0 injects nothing: the run to compare with.
            for n in 0...200 {
                let space = try makeSpace()
                Frames.injectFailure(at: n)
                exercise(space)
                Frames.injectFailure(at: 0)
                var present = 0
                space.forEachRegion { region in
                    space.tables.update(region.start, region.end) { _, entry in
                        present += 1
                        return entry
                    }
                }
                #expect(space.residentPages == present, "at allocation \(n)")
                if n == 0 { complete = present }
                if present != complete { failures += 1 }
                space.close()
            }
            #expect(failures > 5)
            #expect(abs(before - Frames.freeCount) <= 4)
        }
        /// No object is made after the first few calls: those would trap by design (KernelReserve).
        private func exercise(_ space: AddressSpace) {
            let cache = PageCache()
            cache.byteCount = 64 * 4096
            guard
                let start = try? space.map(
                    at: at(0x7000_0000_0000), placement: .fixed, byteCount: 64 * 4096,
                    protection: readWrite),
                let shared = try? space.map(
                    at: at(0x6000_0000_0000), placement: .fixed, byteCount: 64 * 4096,
                    protection: readWrite, backing: .file(cache, offset: 0), sharing: .shared),
                let own = try? space.map(
                    at: at(0x5800_0000_0000), placement: .fixed, byteCount: 64 * 4096,
                    protection: readWrite, backing: .file(cache, offset: 0))
            else { return }
            for page in stride(from: UInt64(0), to: 64, by: 9) {
                let offset = page * 4096
                _ = space.resolveFault(at: at(start.rawValue + offset), access: .write)
                _ = space.resolveFault(at: at(shared.rawValue + offset), access: .write)
                _ = space.resolveFault(at: at(own.rawValue + offset), access: .read)
                _ = space.resolveFault(at: at(own.rawValue + offset), access: .write)
            }
            _ = try? space.remap(
                start, oldByteCount: 64 * 4096, newByteCount: 70 * 4096, move: .allowed)
            _ = try? space.remap(
                own, oldByteCount: 64 * 4096, newByteCount: 64 * 4096,
                move: .fixed(at(0x5900_0000_0000)))
        }
    }
}
