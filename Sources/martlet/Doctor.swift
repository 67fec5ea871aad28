import ArgumentParser
import Images
import KVM
import LinuxABI
import LinuxHost
import QEMU

/// `martlet doctor`: what this host has of what machines need, and how to get the rest.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what this host has for running machines, and what is missing.",
        discussion: """
            Looks at the CPU, /dev/kvm, the speed of a guest's ring 0 (by running one),
            QEMU, mkfs.erofs, and the files that belong to martlet. What is missing comes with the
            command that brings it. The status is 0 where machines can run, 71 where
            they can't.

            Examples:
              martlet doctor
              martlet doctor --format json
            """)

    @Option(help: ArgumentHelp("How it is shown.", valueName: "format"))
    var format = OutputFormat.table

    func run() throws {
        let report = DoctorReport()
        format.write(report.json, table: report.table)
        if !report.canRun { throw ExitCode(Martlet.Status.hostFailure.rawValue) }
    }
}

/// What was found.
struct DoctorReport {
    struct Check {
        enum State: String { case good, slow, missing }
        let name: String
        let state: State
        let detail: String
        /// What to do where something is missing.
        var remedy: String?
        /// Whether no machine runs without it.
        var isNeeded = false
        /// What programs may want to know.
        var values: [(String, JSONValue)] = []
    }
    private(set) var checks: [Check] = []
    /// What `martlet run` uses for a program of this host's CPU, and of arm64.
    private(set) var runsOn = "nothing"
    private(set) var arm64RunsOn = "nothing"

    var canRun: Bool {
        runsOn != "nothing" && !checks.contains { $0.isNeeded && $0.state == .missing }
    }

    init() {
        checks.append(Self.processor())
        let problem = Launch.virtualizationProblem
        checks.append(Self.device(problem))
        if problem == nil { checks.append(Self.ringZero()) }
        for emulator in Emulator.allCases { checks.append(Self.check(emulator)) }
        checks.append(Self.imageMaker())
        checks.append(Self.confinement())
        checks.append(Self.part("martlet-vmm", Installation.monitor, .execution))
        for architecture in Architecture.allCases {
            var kernel = Self.part(
                architecture.kernelName, Installation.kernel(for: architecture), .reading)
            kernel.isNeeded = architecture == .x86_64
            checks.append(kernel)
        }
        let isUsable = problem == nil && checks.first { $0.name == "ring 0" }?.state != .missing
        if isUsable { runsOn = "kvm" } else if Emulator.x86_64.isInstalled { runsOn = "qemu" }
        let hasKernel = checks.contains {
            $0.name == Architecture.arm64.kernelName && $0.state == .good
        }
        if hasKernel, Emulator.arm64.isInstalled { arm64RunsOn = "qemu" }
    }

    // MARK: Checks

    private static func processor() -> Check {
        let words = Set(
            (Host.text(ofFile: "/proc/cpuinfo", atMost: 1 << 16) ?? "")
                .split { $0 == " " || $0 == "\n" || $0 == "\t" }.map(String.init))
        let technology = words.contains("vmx") ? "VT-x" : words.contains("svm") ? "AMD-V" : nil
        let isNested = words.contains("hypervisor")
        let place = isNested ? "this host is a virtual machine itself (nested)" : "on hardware"
        let values: [(String, JSONValue)] = [
            ("nested", .bool(isNested)), ("technology", .optional(technology)),
        ]
        if let technology {
            return Check(
                name: "processor", state: .good, detail: "\(technology), \(place)", values: values)
        }
        // A host may offer KVM without either, by paravirtualization.
        return Check(
            name: "processor", state: hasDevice ? .good : .missing,
            detail: "no VT-x and no AMD-V, \(place)",
            remedy: hasDevice
                ? nil
                : isNested
                    ? "switch nested virtualization on for this virtual machine"
                    : "switch virtualization on in the firmware's set-up", values: values)
    }
    private static var hasDevice: Bool {
        (try? Host.status(of: Array(KVMDevice.path.utf8), .follow)) != nil
    }

    private static func device(_ problem: String?) -> Check {
        let values: [(String, JSONValue)] = [
            ("present", .bool(hasDevice)), ("permitted", .bool(problem == nil)),
        ]
        guard let problem else {
            return Check(name: "/dev/kvm", state: .good, detail: "usable", values: values)
        }
        let remedy =
            !hasDevice
            ? "modprobe kvm_intel (or kvm_amd)" : "usermod -aG kvm $USER, then log in again"
        return Check(
            name: "/dev/kvm", state: .missing,
            detail: problem.split(separator: ";").first.map(String.init) ?? problem,
            remedy: remedy, values: values)
    }

    /// Emulation takes hundreds of nanoseconds an instruction, a CPU less than one.
    private static let emulatedPicoseconds: Int64 = 20_000

    private static func ringZero() -> Check {
        do throws(KVMError) {
            let device = try KVMDevice()
            let picoseconds = try RingZeroSpeed.measure(device)
            let isEmulated = picoseconds > emulatedPicoseconds
            let time =
                picoseconds >= 10_000
                ? "\(picoseconds / 1000) ns" : "0.\(picoseconds / 100 % 10) ns"
            return Check(
                name: "ring 0", state: isEmulated ? .slow : .good,
                detail: isEmulated
                    ? "emulated by the host, \(time) an instruction; Martlet keeps to ring 3"
                    : "full speed, \(picoseconds < 1000 ? "less than 1 ns" : time) an instruction",
                values: [
                    ("emulated", .bool(isEmulated)),
                    ("picosecondsAnInstruction", .number(picoseconds)),
                ])
        } catch {
            return Check(
                name: "ring 0", state: .missing,
                detail: "no machine runs: \(error.request): \(Host.description(of: error.errno))",
                remedy: "martlet run --vmm qemu --accelerator tcg")
        }
    }

    private static func check(_ emulator: Emulator) -> Check {
        let name: String
        let purpose: String
        switch emulator {
        case .x86_64: (name, purpose) = ("QEMU", "needed only where KVM can't be used")
        case .arm64: (name, purpose) = ("QEMU for arm64", "needed only for arm64 programs")
        }
        guard let path = Host.executable(named: emulator.command) else {
            return Check(
                name: name, state: .missing,
                detail: "\(emulator.command) is not installed; \(purpose)",
                remedy: emulator.installation, values: [("version", .null)])
        }
        let version = Host.output(of: path, arguments: ["--version"])
            .flatMap { $0.split(separator: " ").first { $0.first?.isNumber == true } }
            .map { String($0.prefix { $0.isNumber || $0 == "." }) }
        return Check(
            name: name, state: .good, detail: "\(version ?? "of unknown version") (\(path))",
            values: [("version", .optional(version)), ("path", .string(path))])
    }

    /// What makes images of folders.
    private static func imageMaker() -> Check {
        let name = "mkfs.erofs"
        guard let path = Host.executable(named: name) else {
            return Check(
                name: name, state: .missing,
                detail: "\(name) is not installed; needed only for --rootfs with a folder",
                remedy: "apt-get install erofs-utils", values: [("path", .null)])
        }
        return Check(name: name, state: .good, detail: path, values: [("path", .string(path))])
    }

    /// Whether a VMM may have namespaces of its own; without them it has its filters still.
    private static func confinement() -> Check {
        let limit = Host.text(ofFile: "/proc/sys/user/max_user_namespaces", atMost: 32)
        let switched = Host.text(ofFile: "/proc/sys/kernel/unprivileged_userns_clone", atMost: 8)
        let isAllowed =
            Host.userIdentity == 0 || (limit != "0\n" && limit != nil && switched != "0\n")
        return Check(
            name: "namespaces", state: isAllowed ? .good : .missing,
            detail: isAllowed
                ? "the VMM gets a user and a mount namespace of its own"
                : "the host gives users none; the VMM is confined by its filters alone",
            remedy: isAllowed ? nil : "sysctl user.max_user_namespaces=15000",
            values: [("allowed", .bool(isAllowed))])
    }

    private static func part(_ name: String, _ path: [UInt8], _ use: Host.Use) -> Check {
        let text = String(decoding: path, as: UTF8.self)
        guard let problem = Host.problem(with: path, for: use) else {
            return Check(name: name, state: .good, detail: text, isNeeded: true)
        }
        return Check(
            name: name, state: .missing, detail: "\(text): \(Host.description(of: problem))",
            remedy: "put it beside martlet (make build)", isNeeded: true)
    }

    // MARK: Shown

    var json: JSONValue {
        .object([
            ("canRun", .bool(canRun)), ("runsOn", .string(runsOn)),
            ("arm64RunsOn", .string(arm64RunsOn)),
            (
                "checks",
                .array(
                    checks.map { check in
                        .object(
                            [
                                ("name", .string(check.name)),
                                ("state", .string(check.state.rawValue)),
                                ("detail", .string(check.detail)),
                                ("remedy", .optional(check.remedy)),
                            ] + check.values)
                    })
            ),
        ])
    }
    var table: String {
        var rows = TextTable()
        for check in checks {
            rows.add(check.name, check.state.rawValue, check.detail)
            if let remedy = check.remedy { rows.add("", "", "-> \(remedy)") }
        }
        let end =
            switch runsOn {
            case "kvm": "Machines run on KVM by martlet's own VMM."
            case "qemu": "Machines run on QEMU, without KVM: slower."
            default: "No machine can run here."
            }
        let emulated = arm64RunsOn == "qemu" ? " arm64 programs run on QEMU, emulated." : ""
        return rows.text + (canRun ? end : "No machine can run here.") + emulated + "\n"
    }
}

extension Host {
    /// What a program writes, `nil` where it can't be run or fails.
    fileprivate static func output(of path: String, arguments: [String]) -> String? {
        do throws(Errno) {
            let pipe = try Host.pipe()
            let child = try ChildProcess(
                path, arguments: ([path] + arguments).map { Array($0.utf8) }, descriptors: [],
                output: pipe.writing)
            Host.close(pipe.writing)
            guard case .exited(status: 0) = child.wait() else { return nil }
            return String(decoding: try pipe.reading.read(atMost: 4096), as: UTF8.self)
        } catch { return nil }
    }
}
