/// Up to `capacity` values in place, for code that runs before there is a heap.
///
/// What does not fit, or was found unusable, is counted and left out.
package struct BoundedList<let capacity: Int, Element: Sendable>: Sendable {
    private var storage = InlineArray<capacity, Element?>(repeating: nil)
    package private(set) var count = 0
    /// How many were left out.
    package private(set) var ignoredCount = 0

    package init() {}

    /// The value at `index`, `nil` where there is none.
    package subscript(index: Int) -> Element? {
        index >= 0 && index < count ? storage[index] : nil
    }
    /// Takes one more value where there is room.
    package mutating func append(_ element: Element) {
        guard count < capacity else { return ignoreOne() }
        storage[count] = element
        count += 1
    }
    /// Counts a value that can't be used.
    mutating func ignoreOne() { ignoredCount += 1 }
}
