internal import Base
internal import Hardware
internal import Memory
internal import NucleusLayout

/// The library-OS stack of a thread, and room for the program's extended state while another thread
/// runs. Unmapped pages are on both sides.
///
/// A stack that is given back stays mapped and is taken again, so that no CPU has to forget it.
final class ThreadStack {
    /// Pages of a stack; the deepest use seen is half of it.
    private static let pageCount = 8
    private static let stride = UInt64(64 << 10)

    let addresses: Range<UInt64>
    /// Where the extended state goes, on a page boundary.
    let state: VirtualAddress
    private let slot: UInt64
    private var mappedCount = 0
    private var next: ThreadStack?

    // Stacks without a thread; the number of all that there are.
    private static let free = Global<ThreadStack?>(nil)
    private static let count = Global<UInt64>(0)

    private init(slot: UInt64) {
        self.slot = slot
        let pages = UInt64(Self.pageCount * Page.size)
        let stateSize = UInt64(Self.statePageCount * Page.size)
        let end = UInt64(THREAD_STACK_BASE) + (slot + 1) * Self.stride
        state = VirtualAddress(rawValue: end - stateSize)
        // An unmapped page between stack and state.
        let top = end - stateSize - UInt64(Page.size)
        addresses = top - pages..<top
    }
    private static var statePageCount: Int {
        Int(Page.count(holding: UInt64(ExtendedState.wholeByteCount)) ?? 1)
    }

    /// A stack, new or used before; `nil` without memory.
    static func take() -> ThreadStack? {
        let stack: ThreadStack
        if let first = free.value {
            free.value = first.next
            first.next = nil
            stack = first
        } else {
            guard statePageCount + pageCount + 2 <= Int(stride) / Page.size,
                (try? KernelReserve.admit()) != nil
            else { return nil }
            stack = ThreadStack(slot: count.value)
            count.value += 1
        }
        guard stack.map() else {
            stack.giveBack()
            return nil
        }
        return stack
    }
    func giveBack() {
        next = Self.free.value
        Self.free.value = self
    }
    /// Maps what is not mapped yet; whether there was memory.
    private func map() -> Bool {
        guard let space = LibrarySpace.current else { return false }
        let total = Self.pageCount + Self.statePageCount
        while mappedCount < total {
            let address =
                mappedCount < Self.pageCount
                ? addresses.lowerBound + UInt64(mappedCount * Page.size)
                : state.rawValue + UInt64((mappedCount - Self.pageCount) * Page.size)
            guard space.mapPages(1, at: VirtualAddress(rawValue: address)) else { return false }
            mappedCount += 1
        }
        return true
    }
}
