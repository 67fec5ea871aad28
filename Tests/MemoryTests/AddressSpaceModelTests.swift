import Base
import Hardware
import LinuxABI
import Testing
import TestSupport

@testable import Memory

/// All suites of this target share the arena, and some count its frames.
@Suite("memory", .serialized) enum MemoryTests {}

/// What one page of the model's window is.
private struct ModelPage: Equatable {
    var protection: AddressSpace.Protection
    var sharing: AddressSpace.Sharing
    /// Object number, `nil` for private anonymous memory.
    var object: Int?
    var objectPage: Int
    /// The private copy's byte.
    var copy: UInt8?
}

/// A window of pages and the objects mapped there, byte for byte.
private final class Model {
    static let base: UInt64 = 0x7000_0000_0000
    let windowPages: Int
    var pages: [ModelPage?]
    var caches: [PageCache] = []
    var contents: [[UInt8]] = []
    init(windowPages: Int) {
        self.windowPages = windowPages
        pages = [ModelPage?](repeating: nil, count: windowPages)
    }

    func address(_ page: Int) -> VirtualAddress {
        VirtualAddress(rawValue: Self.base + UInt64(page) * 4096)
    }
    func byte(_ page: Int) -> UInt8? {
        guard let found = pages[page] else { return nil }
        if let copy = found.copy { return copy }
        guard let object = found.object else { return 0 }
        let content = contents[object]
        return found.objectPage < content.count ? content[found.objectPage] : nil
    }
    /// Lines as /proc/self/maps has them: start and end page, protection, sharing, object, offset.
    func listing() -> [String] {
        var lines: [String] = []
        var start = 0
        while start < windowPages {
            guard let first = pages[start] else {
                start += 1
                continue
            }
            var end = start + 1
            while end < windowPages, let next = pages[end],
                next.protection == first.protection, next.sharing == first.sharing,
                next.object == first.object,
                first.object == nil || next.objectPage == first.objectPage + end - start
            {
                end += 1
            }
            let offset = first.object == nil ? 0 : first.objectPage
            lines.append(
                "\(start)-\(end) \(first.protection.rawValue) \(first.sharing) "
                    + "\(first.object ?? -1) \(offset)")
            start = end
        }
        return lines
    }
}

extension MemoryTests {
    @Suite("address space: random calls equal a byte map") struct AddressSpaceModelTests {
        @Test("model", arguments: 1...40 as ClosedRange<UInt64>)
        func model(seed: UInt64) throws {
            TestArena.prepare()
            let before = Frames.freeCount
            _ = try run(seed: seed, steps: 600, Model(windowPages: 48), longest: 12)
            #expect(Frames.freeCount - before >= -4, "frames leaked (heap pages may stay)")
        }

        @Test("model with large pages", arguments: 1...12 as ClosedRange<UInt64>)
        func largePages(seed: UInt64) throws {
            TestArena.prepare()
            let before = Frames.freeCount
            let count = try run(
                seed: seed, steps: 150, Model(windowPages: 1500), longest: 1400)
            #expect(count > 3, "the test must meet large pages")
            #expect(Frames.freeCount - before >= -4, "frames leaked (heap pages may stay)")
        }

        /// Returns how often a large page was there after a step.
        private func run(
            seed: UInt64, steps: Int, _ model: Model, longest: Int
        ) throws -> Int {
            var largePages = 0
            var random = SeededRandom(seed: seed)
            let layout = AddressLayout(entropy: .none)
            for number in 0..<2 {
                let cache = PageCache()
                let bytes = (0..<20).map { UInt8(number * 100 + $0) }
                for (page, byte) in bytes.enumerated() {
                    let one = [byte]
                    _ = try cache.write(at: Int64(page) * 4096, from: one.span.bytes)
                }
                cache.byteCount = 20 * 4096
                model.caches.append(cache)
                model.contents.append(bytes)
            }
            let freeBefore = Frames.freeCount
            let space = try AddressSpace(sharingLibraryOf: nil, layout: layout)
            for step in 0..<steps {
                try apply(space, model, longest, &random)
                check(space, model, "seed \(seed) step \(step)")
                for page in stride(from: 0, to: model.windowPages, by: 512)
                where space.tables.largePage(at: model.address(page)) != nil { largePages += 1 }
            }
            space.close()
            #expect(space.residentPages == 0 && space.mappedByteCount == 0)
            // Files have grown; what is left beside them are pages of the heap.
            let files = model.caches.reduce(0) { $0 + $1.allocatedPages } - 40
            #expect(abs(freeBefore - files - Frames.freeCount) <= 16)
            return largePages
        }

        private func apply(
            _ space: AddressSpace, _ model: Model, _ longest: Int, _ random: inout SeededRandom
        ) throws {
            let first = Int.random(in: 0..<model.windowPages, using: &random)
            let count = Int.random(in: 1...min(longest, model.windowPages - first), using: &random)
            let range = first..<first + count
            let length = UInt64(count) * 4096
            let protection = AddressSpace.Protection(
                rawValue: UInt8.random(in: 0...7, using: &random))
            switch Int.random(in: 0..<12, using: &random) {
            case 0, 1, 2:
                // Large pages are private and anonymous: mostly that where they can be.
                let isPlain = longest > 512 && Int.random(in: 0..<4, using: &random) > 0
                let isShared = !isPlain && Bool.random(using: &random)
                let sharing: AddressSpace.Sharing = isShared ? .shared : .private
                var object: Int? = isPlain ? nil : [nil, 0, 1].randomElement(using: &random) ?? nil
                var offset = object == nil ? 0 : Int.random(in: 0..<12, using: &random)
                let backing: AddressSpace.Backing =
                    object.map { .file(model.caches[$0], offset: Int64(offset) * 4096) }
                    ?? .anonymous
                let start = try space.map(
                    at: model.address(first), placement: .fixed, byteCount: length - 5,
                    protection: protection, backing: backing, sharing: sharing)
                #expect(start == model.address(first))
                if object == nil, sharing == .shared {
                    object = model.contents.count
                    offset = 0
                    model.contents.append([UInt8](repeating: 0, count: count))
                    guard let cache = space.region(containing: start)?.cache else { return }
                    model.caches.append(cache)
                }
                for page in range {
                    model.pages[page] = ModelPage(
                        protection: protection, sharing: sharing, object: object,
                        objectPage: offset + page - first, copy: nil)
                }
            case 3:
                if longest > 512, Bool.random(using: &random) {
                    // Clears the tables too, so that large pages can come again.
                    let bytes = UInt64(model.windowPages) * 4096
                    try space.unmap(model.address(0), byteCount: bytes)
                    _ = try space.map(
                        at: model.address(0), placement: .fixed, byteCount: bytes,
                        protection: [.read, .write])
                    for page in 0..<model.windowPages {
                        model.pages[page] = ModelPage(
                            protection: [.read, .write], sharing: .private, object: nil,
                            objectPage: 0, copy: nil)
                    }
                    return
                }
                try space.unmap(model.address(first), byteCount: length)
                for page in range { model.pages[page] = nil }
            case 4, 5:
                let mapped = range.prefix { model.pages[$0] != nil }
                let expected: Errno? = mapped.count == count ? nil : .outOfMemory
                var thrown: Errno?
                do throws(Errno) {
                    try space.protect(model.address(first), byteCount: length, protection)
                } catch { thrown = error }
                #expect(thrown == expected)
                for page in mapped { model.pages[page]?.protection = protection }
            case 6:
                try? space.advise(model.address(first), byteCount: length, .discard)
                for page in range { model.pages[page]?.copy = nil }
            case 7:
                guard let object = (0..<2).randomElement(using: &random) else { return }
                let pages = Int.random(in: 8...20, using: &random)
                try model.caches[object].truncate(to: Int64(pages) * 4096)
                let old = model.contents[object]
                model.contents[object] =
                    Array(old.prefix(pages))
                    + [UInt8](repeating: 0, count: max(0, pages - old.count))
                for page in 0..<model.windowPages
                where model.pages[page]?.object == object
                    && (model.pages[page]?.objectPage ?? 0) >= pages
                {
                    model.pages[page]?.copy = nil
                }
            case 8:
                try remap(space, model, &random)
            default:
                for _ in 0..<(longest > 512 ? 6 : 1) {
                    let page = Int.random(in: 0..<model.windowPages, using: &random)
                    access(space, model, page, &random)
                }
            }
        }

        private func remap(
            _ space: AddressSpace, _ model: Model, _ random: inout SeededRandom
        ) throws {
            // A piece within one region, moved to a place that does not overlap it.
            let from = Int.random(in: 0..<model.windowPages, using: &random)
            let to = Int.random(in: 0..<model.windowPages - 6, using: &random)
            guard let region = space.region(containing: model.address(from)) else { return }
            let regionEnd = Int((region.end.rawValue - Model.base) / 4096)
            let oldCount = min(Int.random(in: 1...6, using: &random), regionEnd - from)
            let newCount = Int.random(in: 1...6, using: &random)
            guard to + newCount <= from || from + oldCount <= to else { return }
            let target = try space.remap(
                model.address(from), oldByteCount: UInt64(oldCount) * 4096,
                newByteCount: UInt64(newCount) * 4096, move: .fixed(model.address(to)))
            #expect(target == model.address(to))
            guard let last = model.pages[from + oldCount - 1] else { return }
            let moved = Array(model.pages[from..<from + oldCount])
            for page in from..<from + oldCount { model.pages[page] = nil }
            for page in 0..<newCount {
                if page < oldCount {
                    model.pages[to + page] = moved[page]
                } else {
                    var fresh = last
                    fresh.copy = nil
                    fresh.objectPage += page - oldCount + 1
                    model.pages[to + page] = fresh
                }
            }
        }

        private func access(
            _ space: AddressSpace, _ model: Model, _ page: Int, _ random: inout SeededRandom
        ) {
            let access: AddressSpace.Access =
                [.read, .write, .execute].randomElement(using: &random) ?? .read
            let outcome = space.resolveFault(at: model.address(page), access: access)
            guard let found = model.pages[page] else {
                #expect(outcome == .notMapped)
                return
            }
            let needed: AddressSpace.Protection =
                switch access {
                case .read: found.protection.isEmpty ? .read : []
                case .write: .write
                case .execute: .execute
                }
            guard found.protection.isSuperset(of: needed) else {
                #expect(outcome == .notPermitted)
                return
            }
            guard let byte = model.byte(page) else {
                #expect(outcome == .beyondObject)
                return
            }
            #expect(outcome == .resolved)
            let entry = space.tables.entry(at: model.address(page))
            let frame = Frame(containing: entry.page)
            #expect(frame.load(UInt8.self, at: 0) == byte)
            guard access == .write else { return }
            #expect(entry.isWritable)
            let value = UInt8.random(in: 0...255, using: &random)
            frame.store(value, at: 0)
            if found.sharing == .shared, let object = found.object {
                model.contents[object][found.objectPage] = value
            } else {
                model.pages[page]?.copy = value
            }
        }

        private func check(_ space: AddressSpace, _ model: Model, _ place: String) {
            var lines: [String] = []
            space.forEachRegion { region in
                let start = Int((region.start.rawValue - Model.base) / 4096)
                let end = Int((region.end.rawValue - Model.base) / 4096)
                let object = region.cache.map { cache in
                    model.caches.firstIndex { $0 === cache } ?? -2
                }
                lines.append(
                    "\(start)-\(end) \(region.protection.rawValue) \(region.sharing) "
                        + "\(object ?? -1) \(region.offset / 4096)")
            }
            #expect(lines == model.listing(), Comment(rawValue: place))
            var present = 0
            for page in 0..<model.windowPages {
                let entry = space.tables.entry(at: model.address(page))
                if entry.isAbsent { continue }
                present += 1
                guard let found = model.pages[page] else {
                    Issue.record("page \(page) present but not mapped, \(place)")
                    continue
                }
                #expect(
                    entry.rights.isSubset(of: found.protection.rights), Comment(rawValue: place))
                let byte = Frame(containing: entry.page).load(UInt8.self, at: 0)
                #expect(byte == model.byte(page), Comment(rawValue: "\(place) page \(page)"))
            }
            #expect(space.residentPages == present, Comment(rawValue: place))
            let mapped = model.pages.filter { $0 != nil }.count
            #expect(space.mappedByteCount == UInt64(mapped) * 4096)
            let charged = model.pages.filter {
                $0?.sharing == .private && $0?.protection.contains(.write) == true
            }.count
            #expect(space.dataByteCount == UInt64(charged) * 4096)
        }
    }
}
