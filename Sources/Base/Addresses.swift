/// The unit of memory management on both architectures: 4 KiB.
package enum Page {
    package static let size = 4096
    package static let shift = 12
    package static let offsetMask: UInt64 = 4095

    /// Returns the pages that `byteCount` bytes need, rounded up; `nil` where that overflows.
    package static func count(holding byteCount: UInt64) -> UInt64? {
        let (sum, overflow) = byteCount.addingReportingOverflow(offsetMask)
        return overflow ? nil : sum >> UInt64(shift)
    }
}

/// An address on the bus of the (virtual) machine.
package struct PhysicalAddress: Hashable, Comparable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// An address as ring 3 sees it, of the program or of the library OS.
package struct VirtualAddress: Hashable, Comparable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    package var isPageAligned: Bool { rawValue & Page.offsetMask == 0 }
    package var pageOffset: Int { Int(rawValue & Page.offsetMask) }
    package var pageDown: Self { Self(rawValue: rawValue & ~Page.offsetMask) }
    /// The next page boundary at or above, `nil` at the top of the address space.
    package var pageUp: Self? {
        let (sum, overflow) = rawValue.addingReportingOverflow(Page.offsetMask)
        return overflow ? nil : Self(rawValue: sum & ~Page.offsetMask)
    }
    /// The address `byteCount` bytes above, `nil` where that overflows.
    package func advanced(by byteCount: UInt64) -> Self? {
        let (sum, overflow) = rawValue.addingReportingOverflow(byteCount)
        return overflow ? nil : Self(rawValue: sum)
    }
    /// The address `byteCount` bytes below, `nil` where that underflows.
    package func retreated(by byteCount: UInt64) -> Self? {
        let (difference, overflow) = rawValue.subtractingReportingOverflow(byteCount)
        return overflow ? nil : Self(rawValue: difference)
    }
}

/// A span of time or a point on a clock, in nanoseconds (292 years either way).
package struct Nanoseconds: Hashable, Comparable, Sendable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package static let zero = Self(rawValue: 0)
    package static let perSecond: Int64 = 1_000_000_000
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    /// Adds, stopping at the end of the range instead of overflowing.
    package static func + (a: Self, b: Self) -> Self {
        let (sum, overflow) = a.rawValue.addingReportingOverflow(b.rawValue)
        return Self(rawValue: overflow ? (b.rawValue < 0 ? .min : .max) : sum)
    }
    /// Subtracts, stopping at the end of the range instead of overflowing.
    package static func - (a: Self, b: Self) -> Self {
        let (difference, overflow) = a.rawValue.subtractingReportingOverflow(b.rawValue)
        return Self(rawValue: overflow ? (b.rawValue < 0 ? .max : .min) : difference)
    }
}
