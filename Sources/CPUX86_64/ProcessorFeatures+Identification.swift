internal import CPUX86_64Assembly

extension CPU {
    /// What CPUID answers.
    package struct Identification: Sendable {
        package let eax: UInt32
        package let ebx: UInt32
        package let ecx: UInt32
        package let edx: UInt32
    }
    package static func identify(leaf: UInt32, subleaf: UInt32 = 0) -> Identification {
        let answer = cpu_identify(leaf, subleaf)
        return Identification(eax: answer.eax, ebx: answer.ebx, ecx: answer.ecx, edx: answer.edx)
    }
}
