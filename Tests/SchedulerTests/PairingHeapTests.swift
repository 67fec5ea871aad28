import Base
import TestSupport
import Testing

@testable import Scheduler

private final class Item: HeapElement {
    var links = HeapLinks<Item>()
    let key: Int
    let name: Int
    init(_ key: Int, _ name: Int) {
        self.key = key
        self.name = name
    }
    func precedes(_ other: Item) -> Bool { key < other.key }
}

@Suite("Pairing heap") struct PairingHeapTests {
    @Test("against a sorted list: random insertions, removals and takes", arguments: 0..<20)
    func model(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var heap = PairingHeap<Item>()
        var model: [Item] = []
        for name in 0..<2000 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<5:
                let item = Item(Int.random(in: 0..<40, using: &random), name)
                heap.insert(item)
                model.insert(item, at: model.firstIndex { $0.key > item.key } ?? model.count)
            case 5..<7:
                let taken = heap.takeFirst()
                #expect(taken?.name == model.first?.name, "seed \(seed)")
                if !model.isEmpty { model.removeFirst() }
                #expect(taken?.links.isQueued != true)
            default:
                guard let place = model.indices.randomElement(using: &random) else { continue }
                heap.remove(model.remove(at: place))
            }
            #expect(heap.count == model.count && heap.first === model.first, "seed \(seed)")
        }
        var visited: Set<Int> = []
        heap.visit {
            visited.insert($0.name)
            return .deeper
        }
        #expect(visited == Set(model.map(\.name)), "seed \(seed)")
        // Each is visited behind who is above it, so what is skipped hides only what comes later.
        var low: Set<Int> = []
        heap.visit {
            guard $0.key < 20 else { return .skip }
            low.insert($0.name)
            return .deeper
        }
        #expect(low == Set(model.filter { $0.key < 20 }.map(\.name)), "seed \(seed)")
    }
    @Test("nothing that was taken refers to anything")
    func lifetimes() {
        weak var kept: Item?
        do {
            var heap = PairingHeap<Item>()
            let first = Item(1, 1)
            kept = first
            for name in 2..<50 { heap.insert(Item(name * 7 % 11, name)) }
            heap.insert(first)
            while heap.takeFirst() != nil {}
        }
        #expect(kept == nil)
    }
}
