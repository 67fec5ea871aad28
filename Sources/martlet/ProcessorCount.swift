import ArgumentParser

/// How many CPUs a machine gets: 1 to 64.
struct ProcessorCount: Equatable, ExpressibleByArgument {
    let count: Int
    static let one = Self(count: 1)

    private init(count: Int) { self.count = count }
    init?(argument: String) {
        guard let count = Int(argument), (1...64).contains(count) else { return nil }
        self.count = count
    }
    var defaultValueDescription: String { "\(count)" }
}
