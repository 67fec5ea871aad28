/// What the CPU offers against code that goes astray and is in use: none yet on x86-64, whose nucleus
/// leaves SMEP and SMAP as a loader had them.
package struct Hardening: Sendable {
    package static var current: Self { Self() }
    /// The names of those in use; `nil` behind the last.
    package func name(_ index: Int) -> StaticString? { nil }
    /// Does what the named feature refuses; whether it was refused.
    package func isRefused(_ index: Int) -> Bool { false }
}
