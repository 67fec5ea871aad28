import Base
import Hardware
import LinuxABI
import TestSupport
import Testing

@testable import Memory

extension MemoryTests {
    @Suite("Forks of address spaces")
    final class ForkTests {
        init() { TestArena.prepare() }

        private static let pageCount = 40
        private static let base = VirtualAddress(rawValue: 0x5000_0000)
        private static func page(_ index: Int) -> VirtualAddress {
            VirtualAddress(rawValue: base.rawValue + UInt64(index * Page.size))
        }
        private func write(_ byte: UInt8, _ index: Int, _ space: AddressSpace) throws {
            try space.frame(at: Self.page(index), for: .write).store(byte, at: 0)
        }
        private func read(_ index: Int, _ space: AddressSpace) throws -> UInt8 {
            try space.frame(at: Self.page(index), for: .read).load(UInt8.self, at: 0)
        }

        @Test(
            "any writes of a process and its forks are seen by nobody else, again and again",
            arguments: 0..<20 as Range<UInt64>)
        func model(seed: UInt64) throws {
            var random = SeededRandom(seed: seed)
            let parent = try AddressSpace(
                sharingLibraryOf: nil, layout: AddressLayout(entropy: .none))
            _ = try parent.map(
                at: Self.base, placement: .fixed,
                byteCount: UInt64(Self.pageCount * Page.size), protection: [.read, .write])
            var contents = [UInt8](repeating: 0, count: Self.pageCount)
            for _ in 0..<20 {
                let child = try parent.fork(
                    stack: Self.page(Int.random(in: 0..<40, using: &random)))
                var childs = contents
                for _ in 0..<60 {
                    let index = Int.random(in: 0..<Self.pageCount, using: &random)
                    let byte = UInt8.random(in: 1...255, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0:
                        try write(byte, index, parent)
                        contents[index] = byte
                    case 1:
                        try write(byte, index, child)
                        childs[index] = byte
                    case 2: #expect(try read(index, parent) == contents[index])
                    default: #expect(try read(index, child) == childs[index])
                    }
                }
                // One page after another, as copies that run ahead.
                let start = Int.random(in: 0..<Self.pageCount, using: &random)
                for index in start..<Self.pageCount {
                    try write(7, index, child)
                    childs[index] = 7
                }
                for index in 0..<Self.pageCount {
                    #expect(try read(index, parent) == contents[index])
                    #expect(try read(index, child) == childs[index])
                }
                child.close()
            }
            parent.close()
        }

        @Test("shared memory is the same, what is excluded is not there, what is wiped is zero")
        func kinds() throws {
            let parent = try AddressSpace(
                sharingLibraryOf: nil, layout: AddressLayout(entropy: .none))
            let size = UInt64(Page.size)
            for (index, sharing) in [AddressSpace.Sharing.shared, .private, .private].enumerated() {
                _ = try parent.map(
                    at: Self.page(index), placement: .fixed, byteCount: size,
                    protection: [.read, .write], sharing: sharing)
                try write(1, index, parent)
            }
            try parent.advise(Self.page(1), byteCount: size, .excludeFromFork)
            try parent.advise(Self.page(2), byteCount: size, .wipeOnFork)
            let child = try parent.fork(stack: Self.page(0))
            try write(9, 0, child)
            #expect(try read(0, parent) == 9)
            #expect(throws: Errno.badAddress) { try self.read(1, child) }
            #expect(try read(2, child) == 0)
            #expect(try read(2, parent) == 1)
            child.close()
            parent.close()
        }

        @Test("forks without memory leave the space as it was, and give back what they took")
        func shortage() throws {
            let parent = try AddressSpace(
                sharingLibraryOf: nil, layout: AddressLayout(entropy: .none))
            _ = try parent.map(
                at: Self.base, placement: .fixed,
                byteCount: UInt64(Self.pageCount * Page.size), protection: [.read, .write])
            for index in 0..<Self.pageCount { try write(UInt8(index), index, parent) }
            SpareSpaces.drop()
            var failures = 0
            for n in 1..<40 {
                let before = Frames.freeCount
                Frames.injectFailure(at: n)
                do throws(Errno) {
                    let child = try parent.fork(stack: Self.page(0))
                    Frames.injectFailure(at: 0)
                    child.close()
                } catch {
                    Frames.injectFailure(at: 0)
                    failures += 1
                }
                SpareSpaces.drop()
                #expect(abs(before - Frames.freeCount) <= 4, "at allocation \(n)")
            }
            #expect(failures > 0)
            for index in 0..<Self.pageCount { #expect(try read(index, parent) == UInt8(index)) }
            parent.close()
        }
    }
}
