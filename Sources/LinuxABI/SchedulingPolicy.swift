/// How a thread competes for processors (sched(7), uapi/linux/sched.h).
package struct SchedulingPolicy: RawRepresentable, Equatable, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let other = Self(rawValue: 0)
    package static let firstInFirstOut = Self(rawValue: 1)
    package static let roundRobin = Self(rawValue: 2)
    package static let batch = Self(rawValue: 3)
    package static let idle = Self(rawValue: 5)
    /// SCHED_RESET_ON_FORK, beside a policy.
    package static let resetOnFork: Int32 = 0x4000_0000

    package var isRealtime: Bool { self == .firstInFirstOut || self == .roundRobin }
    package var isKnown: Bool {
        self == .other || isRealtime || self == .batch || self == .idle
    }
    /// Whether the policy has this priority: real-time ones 1...99, others 0.
    package func allows(priority: Int32) -> Bool {
        isRealtime ? (1...99).contains(priority) : priority == 0
    }
}
