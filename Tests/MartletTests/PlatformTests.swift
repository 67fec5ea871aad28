import Testing

@testable import martlet

@Suite("what a machine runs on") struct PlatformTests {
    private func choose(
        _ vmm: VMMChoice? = nil, _ accelerator: AcceleratorChoice? = nil, problem: String? = nil,
        hasQEMU: Bool = true
    ) -> Launch.Platform {
        Launch.platform(vmm, accelerator, problem: problem, hasQEMU: hasQEMU)
    }

    @Test("with a usable KVM it is our own VMM, whether QEMU is there or not")
    func prefersOwn() {
        #expect(choose() == .martlet)
        #expect(choose(hasQEMU: false) == .martlet)
        #expect(choose(.martlet, hasQEMU: false) == .martlet)
    }

    @Test("without KVM it is QEMU under TCG, and one line says why")
    func fallsBack() {
        #expect(
            choose(problem: "no KVM")
                == .qemu("microvm:tcg", notice: "no KVM; using QEMU without it"))
    }

    @Test("without both the line names both and how to get QEMU")
    func needsOne() {
        let line =
            "no KVM; and qemu-system-x86_64 is not installed (apt-get install qemu-system-x86)"
        #expect(choose(problem: "no KVM", hasQEMU: false) == .none(line))
    }

    @Test("what was asked for is done or refused, never replaced")
    func obeys() {
        #expect(choose(.martlet, problem: "no KVM") == .none("no KVM"))
        #expect(choose(.qemu, .kvm, problem: "no KVM") == .none("no KVM"))
        #expect(
            choose(.qemu, hasQEMU: false)
                == .none("qemu-system-x86_64 is not installed (apt-get install qemu-system-x86)"))
        #expect(choose(.qemu) == .qemu("microvm:kvm", notice: nil))
        #expect(choose(.qemu, problem: "no KVM") == .qemu("microvm:tcg", notice: nil))
        #expect(choose(.qemuQ35, .tcg) == .qemu("q35:tcg", notice: nil))
        #expect(choose(nil, .tcg) == .qemu("microvm:tcg", notice: nil))
    }
}
