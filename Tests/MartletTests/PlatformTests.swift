import Images
import QEMU
import Testing

@testable import martlet

@Suite("what a machine runs on") struct PlatformTests {
    private func choose(
        _ vmm: VMMChoice? = nil, _ accelerator: AcceleratorChoice? = nil,
        for architecture: Architecture = .x86_64, problem: String? = nil, hasQEMU: Bool = true
    ) -> Launch.Choice {
        Launch.platform(vmm, accelerator, architecture, problem: problem, hasQEMU: hasQEMU)
    }
    private func qemu(_ platform: String, notice: String? = nil) throws -> Launch.Choice {
        .qemu(try #require(Platform(platform)), notice: notice)
    }

    @Test("with a usable KVM it is our own VMM, whether QEMU is there or not")
    func prefersOwn() {
        #expect(choose() == .martlet)
        #expect(choose(hasQEMU: false) == .martlet)
        #expect(choose(.martlet, hasQEMU: false) == .martlet)
    }

    @Test("without KVM it is QEMU under TCG, and one line says why")
    func fallsBack() throws {
        #expect(
            choose(problem: "no KVM")
                == (try qemu("microvm:tcg", notice: "no KVM; using QEMU without it")))
    }

    @Test("without both the line names both and how to get QEMU")
    func needsOne() {
        let line =
            "no KVM; and qemu-system-x86_64 is not installed (apt-get install qemu-system-x86)"
        #expect(choose(problem: "no KVM", hasQEMU: false) == .none(line))
    }

    @Test("what was asked for is done or refused, never replaced")
    func obeys() throws {
        #expect(choose(.martlet, problem: "no KVM") == .none("no KVM"))
        #expect(choose(.qemu, .kvm, problem: "no KVM") == .none("no KVM"))
        #expect(
            choose(.qemu, hasQEMU: false)
                == .none("qemu-system-x86_64 is not installed (apt-get install qemu-system-x86)"))
        #expect(choose(.qemu) == (try qemu("microvm:kvm")))
        #expect(choose(.qemu, problem: "no KVM") == (try qemu("microvm:tcg")))
        #expect(choose(.qemuQ35, .tcg) == (try qemu("q35:tcg")))
        #expect(choose(nil, .tcg) == (try qemu("microvm:tcg")))
    }

    @Test("an arm64 program runs on QEMU's emulation, and a line says so where nobody asked")
    func emulates() throws {
        for problem in [nil, "no KVM"] {
            #expect(
                choose(for: .arm64, problem: problem)
                    == (try qemu(
                        "virt:tcg",
                        notice: "the program is for arm64; using QEMU, which emulates that CPU")))
            for vmm in [.qemu, .qemuVirt] as [VMMChoice] {
                #expect(choose(vmm, for: .arm64, problem: problem) == (try qemu("virt:tcg")))
            }
        }
        #expect(choose(nil, .tcg, for: .arm64) == (try qemu("virt:tcg")))
        #expect(
            choose(for: .arm64, hasQEMU: false)
                == .none(
                    "an arm64 program needs QEMU here, and qemu-system-aarch64 is not installed"
                        + " (apt-get install qemu-system-arm)"))
    }

    @Test("a machine of another CPU is refused before anything starts")
    func refusesOtherCPU() {
        for (vmm, accelerator, architecture, words) in [
            (.martlet, nil, .arm64, "martlet's own VMM runs x86-64 only"),
            (.qemuQ35, nil, .arm64, "'qemu:q35' is a machine of another CPU"),
            (.qemuVirt, nil, .x86_64, "'qemu:virt' is a machine of another CPU"),
            (nil, .kvm, .arm64, "KVM on an x86-64 host runs no arm64 program"),
        ] as [(VMMChoice?, AcceleratorChoice?, Architecture, String)] {
            guard case .unfit(let line) = choose(vmm, accelerator, for: architecture) else {
                Issue.record("\(words): not refused")
                continue
            }
            #expect(line.contains(words))
        }
    }
}
