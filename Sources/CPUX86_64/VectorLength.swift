/// The length of vector registers that a program may choose: this architecture has none such.
package enum VectorLength {
    /// That of the program; `nil` where it can't be chosen.
    package static var current: Int? { nil }
    package static let step = 16
    /// Precondition: there is a `current` one.
    package static func change(to requested: Int) -> Int { requested }
}
