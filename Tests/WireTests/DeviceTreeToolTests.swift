import Base
import Foundation
import Testing

@testable import Wire

/// Runs a tool to its end; returns its output.
private func run(_ tool: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(tool) \(arguments)")
    return String(decoding: data, as: UTF8.self)
}
private func isInstalled(_ tool: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: tool)
}
private let emulator = "/usr/bin/qemu-system-aarch64"
private let compiler = "/usr/bin/dtc"

/// A folder that is there while `body` runs.
private func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
        .appending(path: "tree-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// The tree that QEMU's virt machine gives a guest; `words` are split at spaces.
private func virtualMachine(
    _ board: String, _ words: String, in folder: URL, more: [String] = []
) throws -> [UInt8] {
    let file = folder.appending(path: "tree")
    _ = try run(
        emulator,
        ["-M", "virt,\(board),dumpdtb=\(file.path)", "-display", "none"]
            + words.split(separator: " ").map(String.init) + more)
    return Array(try Data(contentsOf: file))
}

@Suite(
    "Device trees: QEMU's virt machine",
    .enabled(if: isInstalled(emulator), "qemu-system-aarch64 is not installed (qemu-system-arm)"))
struct VirtMachineTests {
    typealias Region = DeviceTree.Region

    private func level(_ identifier: UInt32) -> MachineTree.Interrupt {
        .init(identifier: identifier, trigger: .level)
    }

    @Test("everything that QEMU describes is found, with either GIC", arguments: [2, 3])
    func findsAll(gic: Int) throws {
        let bytes = try withFolder {
            try virtualMachine("gic-version=\(gic)", "-cpu cortex-a53 -smp 4 -m 512", in: $0)
        }
        let machine = try bytes.machine()
        #expect(machine.memory.values == [Region(0x4000_0000, 512 << 20)])
        #expect(machine.memory.ignoredCount == 0)
        #expect(machine.reserved.count == 0 && machine.reserved.ignoredCount == 0)
        #expect(
            machine.processors.values
                == (0..<4).map { .init(affinity: $0, startMethod: .psci) })
        let firmware = try #require(machine.firmware)
        #expect(firmware.conduit == .hypervisorCall && firmware.version == .since1_0)
        // CPU_ON of 64-bit callers; QEMU names CPU_OFF of 32 bits, the only one there is.
        #expect(firmware.startProcessor == 0xc400_0003 && firmware.stopProcessor == 0x8400_0002)
        let distributor = try #require(Region(0x800_0000, 0x1_0000))
        switch try #require(machine.interruptController) {
        case .version2(let first, let interface):
            #expect(gic == 2 && first == distributor)
            #expect(interface == Region(0x801_0000, 0x1_0000))
        case .version3(let first, let redistributors):
            #expect(gic == 3 && first == distributor && redistributors.regionCount == 1)
            #expect(redistributors[0] == Region(0x80a_0000, 0xf6_0000) && redistributors[1] == nil)
            #expect(redistributors.stride == nil)
        }
        #expect(
            machine.timer
                == .init(
                    securePhysical: level(29), physical: level(30), virtual: level(27),
                    hypervisor: level(26), frequency: nil))
        let port = try #require(machine.console)
        #expect(port.window == Region(0x900_0000, 0x1000) && port.interrupt == level(33))
        #expect(machine.serialPorts.values == [port])
        #expect(machine.clock?.window == Region(0x901_0000, 0x1000))
        #expect(machine.clock?.interrupt == level(34))
        #expect(machine.virtio.count == 32 && machine.virtio.ignoredCount == 0)
        for index in 0..<32 {
            let device = try #require(machine.virtio[index])
            #expect(device.window == Region(0xa00_0000 + UInt64(index) * 0x200, 0x200))
            #expect(
                device.interrupt == .init(identifier: 48 + UInt32(index), trigger: .edge))
        }
        #expect(bytes.text(machine.chosen.console) == "/pl011@9000000")
        #expect(machine.chosen.seed?.count == 32 && machine.chosen.kaslrSeed != nil)
        #expect(machine.chosen.arguments == nil && machine.chosen.archive == nil)
    }

    @Test("with EL2 firmware is called by smc")
    func hypervisor() throws {
        let bytes = try withFolder {
            try virtualMachine("virtualization=on", "-cpu cortex-a53 -m 128", in: $0)
        }
        #expect(try bytes.machine().firmware?.conduit == .secureMonitorCall)
    }

    @Test("130 CPUs in clusters, two regions of redistributors, memory above 4 GiB")
    func large() throws {
        let bytes = try withFolder {
            try virtualMachine("gic-version=3", "-cpu cortex-a72 -smp 130 -m 6G", in: $0)
        }
        let machine = try bytes.machine()
        #expect(machine.memory.values == [Region(0x4000_0000, 6 << 30)])
        #expect(machine.processors.count == 64 && machine.processors.ignoredCount == 66)
        // QEMU puts 16 CPUs into each Aff1 of a GICv3 machine.
        #expect(machine.processors[17]?.affinity == 0x101)
        guard case .version3(_, let redistributors) = machine.interruptController else {
            Issue.record("no GICv3")
            return
        }
        #expect(redistributors.regionCount == 2)
        #expect(redistributors[1] == Region(0x40_0000_0000, 0x400_0000))
    }

    @Test("memory of two nodes is two ranges")
    func nodes() throws {
        let bytes = try withFolder {
            try virtualMachine(
                "gic-version=2",
                "-cpu cortex-a53 -m 512 -smp 2 -object memory-backend-ram,id=a,size=128M "
                    + "-object memory-backend-ram,id=b,size=384M "
                    + "-numa node,memdev=a,cpus=0 -numa node,memdev=b,cpus=1", in: $0)
        }
        let ranges = try bytes.machine().memory.values.sorted { $0.base < $1.base }
        #expect(ranges == [Region(0x4000_0000, 128 << 20), Region(0x4800_0000, 384 << 20)])
    }

    @Test("a command line and an archive are where -append and -initrd put them")
    func chosen() throws {
        let line = "program=/bin/x vfs.cwd=\"/a b\" -- x --flag"
        let bytes = try withFolder {
            let kernel = $0.appending(path: "kernel")
            let archive = $0.appending(path: "archive")
            try Data(count: 100_000).write(to: kernel)
            try Data(count: 5000).write(to: archive)
            return try virtualMachine(
                "gic-version=3", "-cpu cortex-a53 -m 512", in: $0,
                more: ["-kernel", kernel.path, "-initrd", archive.path, "-append", line])
        }
        let machine = try bytes.machine()
        #expect(bytes.text(machine.chosen.arguments) == line)
        let archive = try #require(machine.chosen.archive)
        #expect(archive.byteCount == 5000)
        #expect(machine.memory[0].map { $0.base < archive.base && archive.end < $0.end } == true)
    }

    @Test(
        "dtc's own layout of a tree says the same",
        .enabled(if: isInstalled(compiler), "dtc is not installed"))
    func repacked() throws {
        try withFolder { folder in
            let bytes = try virtualMachine(
                "gic-version=3", "-cpu cortex-a53 -smp 3 -m 512", in: folder)
            let packed = folder.appending(path: "packed")
            _ = try run(
                compiler,
                [
                    "-q", "-I", "dtb", "-O", "dtb", "-o", packed.path,
                    folder.appending(path: "tree").path,
                ])
            let other = Array(try Data(contentsOf: packed))
            #expect(other.count < bytes.count / 10, "QEMU leaves room")
            let first = try bytes.machine()
            let second = try other.machine()
            #expect(first.memory.values == second.memory.values)
            #expect(first.processors.values == second.processors.values)
            #expect(first.timer == second.timer && first.firmware == second.firmware)
            #expect(first.interruptController == second.interruptController)
            #expect(first.virtio.values.map(\.window) == second.virtio.values.map(\.window))
            #expect(first.virtio.values.map(\.interrupt) == second.virtio.values.map(\.interrupt))
            #expect(first.chosen.kaslrSeed == second.chosen.kaslrSeed)
        }
    }

    @Test(
        "nodes and properties are those that dtc lists",
        .enabled(if: isInstalled(compiler), "dtc is not installed"))
    func listed() throws {
        try withFolder { folder in
            let bytes = try virtualMachine("gic-version=2", "-cpu cortex-a53 -m 128", in: folder)
            let source = try run(
                compiler, ["-q", "-I", "dtb", "-O", "dts", folder.appending(path: "tree").path])
            var expected: [String] = []
            for line in source.split(separator: "\n").map({
                $0.trimmingCharacters(in: .whitespaces)
            }) {
                if line.hasSuffix("{") {
                    let name = line.dropLast(2)
                    expected.append("node " + (name == "/" ? "" : name))
                } else if line.hasSuffix(";"), !line.hasPrefix("}"), !line.hasPrefix("/dts") {
                    expected.append(String(line.prefix { $0 != " " && $0 != ";" }))
                }
            }
            let tree = try DeviceTree(checking: bytes.span.bytes)
            var found: [String] = []
            var cursor = tree.cursor()
            while let node = cursor.next() {
                found.append("node " + (bytes.text(node.name) ?? ""))
                var position = node.propertiesStart
                while let property = tree.nextProperty(at: &position) {
                    let end = bytes[property.name...].firstIndex(of: 0) ?? bytes.endIndex
                    found.append(bytes.text(property.name..<end) ?? "")
                }
            }
            #expect(found.count > 200 && found == expected)
        }
    }
}

@Suite(
    "Device trees: dtc",
    .enabled(if: isInstalled(compiler), "dtc is not installed (device-tree-compiler)"))
struct TreeCompilerTests {
    @Test("the tests' own writer writes what dtc reads, reservations too")
    func writer() throws {
        var tree = FlatTree()
        tree.reserve(0x4000_0000, 0x1000)
        tree.node("") {
            $0.cells(2, 2)
            $0.node("chosen") { $0.property("bootargs", strings: "a b") }
        }
        tree.token(9)
        let source = try withFolder { folder in
            let file = folder.appending(path: "tree")
            try Data(tree.bytes).write(to: file)
            return try run(compiler, ["-q", "-I", "dtb", "-O", "dts", file.path])
        }
        #expect(source.contains("/memreserve/\t0x0000000040000000 0x0000000000001000;"))
        #expect(source.contains("chosen {\n\t\tbootargs = \"a b\";"))
    }
}
