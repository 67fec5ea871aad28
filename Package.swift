// swift-tools-version: 6.2
import PackageDescription

/// Set by `make kernel`, to an architecture: the same package is then the bare-metal library OS.
let bareArchitecture = Context.environment["MARTLET_BARE"]
let bare = bareArchitecture != nil
/// How the names of an architecture's own targets end.
let suffix = bareArchitecture == "arm64" ? "ARM64" : "X86_64"

#if arch(arm64)
    let hostSuffix = "ARM64"
#else
    let hostSuffix = "X86_64"
#endif

/// Set by `make kernel-checked`: the kernel checks how its locks are used.
let checks: [SwiftSetting] =
    Context.environment["MARTLET_CHECKS"] == nil ? [] : [.define("LOCK_CHECKS")]
let strict: [SwiftSetting] =
    checks + [
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
let base =
    libraryOS + [
        .enableExperimentalFeature("RawLayout"), .enableExperimentalFeature("BuiltinModule"),
    ]
let testing: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableExperimentalFeature("Lifetimes"),
]

func shared(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: libraryOS)
}
func hostOnly(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: name + "Tests", dependencies: dependencies, swiftSettings: testing)
}

/// Guest and host: everything that bare metal and `swift test` compile alike, lowest first.
let common: [Target] = [
    .target(name: "Base", swiftSettings: base),
    shared("LinuxABI", ["Base"]),
    shared("Wire", ["Base"]),
    shared("Virtio", ["Base"]),
    .target(name: "NucleusLayout"),
    .target(name: "NucleusLayoutX86_64", dependencies: ["NucleusLayout"]),
    .target(name: "NucleusLayoutARM64", dependencies: ["NucleusLayout"]),
    shared("NucleusInterface", ["Base", "NucleusLayout", "NucleusLayoutX86_64"]),
    shared("PageTables", ["Base", "NucleusLayout"]),
    .target(name: "CPUAssembly"),
    shared("Devices", ["Base", "NucleusLayout", "CPUAssembly"]),
    .target(name: "CPUX86_64Assembly", dependencies: ["NucleusLayoutX86_64", "CPUAssembly"]),
    .target(name: "CPUARM64Assembly", dependencies: ["NucleusLayoutARM64", "CPUAssembly"]),
    shared(
        "CPUX86_64",
        [
            "Base", "NucleusLayout", "NucleusLayoutX86_64", "PageTables", "Devices",
            "CPUX86_64Assembly",
        ]),
    shared(
        "CPUARM64",
        [
            "Base", "LinuxABI", "NucleusLayout", "NucleusLayoutARM64", "PageTables", "Devices",
            "CPUARM64Assembly",
        ]),
    shared(
        "Hardware",
        [
            "Base", "LinuxABI", "NucleusInterface", "NucleusLayout", "PageTables", "Devices",
            "CPUAssembly", .byName(name: "CPU" + (bare ? suffix : hostSuffix)),
        ]),
    shared("Trace", ["Base", "NucleusInterface"]),
    shared("Memory", ["Base", "LinuxABI", "Hardware", "Trace"]),
    shared("Scheduler", ["Base", "LinuxABI", "NucleusLayout", "Hardware", "Trace", "Memory"]),
    shared("Files", ["Base", "LinuxABI", "Wire", "Hardware", "Trace", "Memory", "Scheduler"]),
    shared(
        "Network", ["Base", "LinuxABI", "Wire", "Hardware", "Memory", "Scheduler"]),
    shared(
        "Processes",
        [
            "Base", "LinuxABI", "Wire", "NucleusInterface", "Hardware", "Trace", "Memory",
            "Scheduler",
            "Files",
        ]),
    shared(
        "Drivers",
        [
            "Base", "LinuxABI", "Virtio", "NucleusInterface", "Hardware", "Trace", "Memory",
            "Scheduler", "Files",
        ]),
    shared(
        "Insight",
        [
            "Base", "LinuxABI", "NucleusInterface", "Hardware", "Trace", "Memory", "Scheduler",
            "Files", "Processes",
        ]),
    shared(
        "SystemCalls",
        [
            "Base", "LinuxABI", "NucleusInterface", "Hardware", "Trace", "Memory", "Scheduler",
            "Files", "Processes",
        ]),
]
/// The kernel's own: privileged code, runtime hooks, the joint.
let guest: [Target] = [
    .target(name: "Nucleus" + suffix, dependencies: [.byName(name: "NucleusLayout" + suffix)]),
    shared(
        "Platform" + suffix,
        [
            "Base", "LinuxABI", "Wire", "Virtio", "NucleusInterface", "NucleusLayout",
            .byName(name: "NucleusLayout" + suffix), "Hardware", "Trace", "Memory", "Scheduler",
            "Files", "Drivers", "Insight",
        ]),
    .target(name: "Runtime"),
    .executableTarget(
        name: "Kernel",
        dependencies: [
            .byName(name: "Nucleus" + suffix), .byName(name: "Platform" + suffix), "Runtime",
            "Base", "LinuxABI", "Wire", "Virtio", "NucleusInterface",
            "Hardware", "Trace", "Memory", "Scheduler", "Files", "Processes", "Drivers", "Insight",
            "SystemCalls",
        ],
        swiftSettings: libraryOS),
]
/// The host side: the VMM and the tool.
let host: [Target] = [
    .target(name: "CKVM"),
    .target(name: "CLinux"),
    hostOnly("LinuxHost", ["Base", "LinuxABI", "CLinux"]),
    hostOnly("KVM", ["Base", "LinuxABI", "LinuxHost", "CKVM"]),
    hostOnly(
        "DeviceModels",
        ["Base", "LinuxABI", "Virtio", "NucleusInterface", "LinuxHost", "KVM"]),
    hostOnly(
        "VirtualMachine",
        [
            "Base", "LinuxABI", "Wire", "Virtio", "NucleusLayout", "NucleusLayoutX86_64",
            "NucleusInterface", "LinuxHost", "KVM", "CKVM", "DeviceModels",
        ]),
    hostOnly(
        "QEMU",
        [
            "Base", "LinuxABI", "Wire", "NucleusInterface", "LinuxHost", "KVM", "DeviceModels",
            "VirtualMachine",
        ]),
    hostOnly(
        "MonitorCommand",
        [
            "Base", "LinuxABI", "NucleusInterface", "LinuxHost", "KVM", "DeviceModels",
            "VirtualMachine", "QEMU",
        ]),
    .executableTarget(
        name: "martlet-vmm", dependencies: ["LinuxHost", "MonitorCommand"], swiftSettings: strict),
    hostOnly("Images", ["Base", "LinuxABI", "Wire", "NucleusInterface", "LinuxHost"]),
    .executableTarget(
        name: "martlet",
        dependencies: [
            "Base", "LinuxABI", "Wire", "NucleusInterface", "LinuxHost", "KVM", "Images",
            "MonitorCommand", "QEMU",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ],
        swiftSettings: strict),
    .target(
        name: "TestSupport",
        dependencies: ["Base", "LinuxABI", "Hardware", "Memory", "Virtio"],
        swiftSettings: [.swiftLanguageMode(.v6), .enableExperimentalFeature("Lifetimes")]),
    tests("Base", ["Base"]),
    tests("LinuxABI", ["LinuxABI", "Base"]),
    tests("CPUX86_64", ["CPUX86_64", "Devices", "Base"]),
    tests("CPUARM64", ["CPUARM64", "Devices", "LinuxABI", "Base", "NucleusLayoutARM64"]),
    tests("Devices", ["Devices", "Base", "NucleusLayout"]),
    tests("PageTables", ["PageTables", "CPUX86_64", "CPUARM64", "Base", "TestSupport"]),
    tests("Wire", ["Wire", "Base"]),
    tests("Virtio", ["Virtio", "Base", "TestSupport"]),
    tests(
        "Drivers",
        [
            "Drivers", "Virtio", "Base", "LinuxABI", "NucleusInterface", "Hardware", "Memory",
            "Scheduler", "Files", "TestSupport", "DeviceModels", "KVM", "LinuxHost",
        ]),
    tests(
        "Memory",
        ["Memory", "Hardware", "NucleusInterface", "Base", "LinuxABI", "TestSupport"]),
    tests("Scheduler", ["Scheduler", "Base", "LinuxABI", "TestSupport"]),
    tests(
        "Network",
        [
            "Network", "Base", "LinuxABI", "Wire", "Hardware", "Memory", "Scheduler",
            "TestSupport", "FuzzTargets",
        ]),
    tests("Files", ["Files", "Memory", "Hardware", "Base", "LinuxABI", "Wire", "TestSupport"]),
    tests(
        "Processes",
        [
            "Processes", "SystemCalls", "Scheduler", "Files", "Memory", "Hardware", "Base",
            "LinuxABI",
            "Wire", "TestSupport",
        ]),
    tests("Insight", ["Insight", "Base"]),
    tests(
        "SystemCalls",
        [
            "SystemCalls", "Processes", "Scheduler", "Files", "Memory", "Hardware", "Base",
            "LinuxABI", "TestSupport",
        ]),
    tests(
        "VirtualMachine",
        [
            "VirtualMachine", "DeviceModels", "KVM", "LinuxHost", "Virtio", "NucleusInterface",
            "NucleusLayout", "NucleusLayoutX86_64", "LinuxABI", "Base",
        ]),
    tests("Images", ["Images", "LinuxHost", "LinuxABI", "Wire", "Base"]),
    .target(
        name: "FuzzTargets",
        dependencies: [
            "Base", "LinuxABI", "CPUX86_64", "Wire", "NucleusInterface", "Images", "Virtio",
            "Drivers", "Memory", "Network",
            "DeviceModels", "TestSupport",
        ], path: "Tests/Fuzz/Targets", swiftSettings: testing),
    tests("Fuzz", ["FuzzTargets"]),
    tests(
        "Martlet",
        [
            "martlet", "Images", "QEMU",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ]),
]

let package = Package(
    name: "martlet",
    products: bare
        ? [.executable(name: "kernel", targets: ["Kernel"])]
        : [
            .executable(name: "martlet", targets: ["martlet"]),
            .executable(name: "martlet-vmm", targets: ["martlet-vmm"]),
            .library(name: "FuzzTargets", type: .static, targets: ["FuzzTargets"]),
        ],
    dependencies: bare
        ? []
        : [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")],
    targets: common + (bare ? guest : host)
)
