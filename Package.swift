// swift-tools-version: 6.2
import PackageDescription

/// Set by `make kernel`: the same package is then the bare-metal library OS.
let bare = Context.environment["MARTLET_BARE"] != nil

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableExperimentalFeature("Lifetimes"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
/// Modules that must compile for bare metal too: host builds report what Embedded refuses.
let libraryOS = strict + [.treatWarning("EmbeddedRestrictions", as: .error)]
/// Where raw cells and spin locks live.
let base = libraryOS + [
    .enableExperimentalFeature("RawLayout"), .enableExperimentalFeature("BuiltinModule"),
]
let tests: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableExperimentalFeature("Lifetimes")]

func shared(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: libraryOS)
}

/// Guest and host: everything that bare metal and `swift test` compile alike.
let common: [Target] = [
    .target(name: "Base", swiftSettings: base),
    shared("LinuxABI", ["Base"]),
    .target(name: "NucleusLayout"),
    shared("NucleusInterface", ["Base", "NucleusLayout"]),
    .target(name: "CPUX86_64Assembly", dependencies: ["NucleusLayout"]),
    shared("CPUX86_64", ["Base", "NucleusInterface", "NucleusLayout", "CPUX86_64Assembly"]),
    shared("Hardware", ["Base", "LinuxABI", "NucleusInterface", "CPUX86_64"]),
]
/// The kernel's own: privileged code, runtime hooks, the joint.
let guest: [Target] = [
    .target(name: "NucleusX86_64", dependencies: ["NucleusLayout"]),
    .target(name: "Runtime"),
    .executableTarget(
        name: "Kernel",
        dependencies: [
            "NucleusX86_64", "Runtime", "Base", "LinuxABI", "NucleusInterface", "CPUX86_64",
            "Hardware",
        ],
        swiftSettings: libraryOS),
]
let host: [Target] = []

let package = Package(
    name: "martlet",
    products: bare
        ? [.executable(name: "kernel", targets: ["Kernel"])]
        : [],
    targets: common + (bare ? guest : host)
)
