/// The Linux that a program was compiled for: what numbers, flags and structures go by.
///
/// Whatever differs between architectures is a function of this type, so that tests on one of them
/// see all.
package enum ABI: CaseIterable, Sendable {
    case x86_64
    case arm64

    /// That of this machine's programs; the one place of LinuxABI that asks the compiler.
    package static var current: Self {
        #if arch(arm64)
            .arm64
        #else
            .x86_64
        #endif
    }

    /// MINSIGSTKSZ (asm/signal.h): the smallest stack that sigaltstack(2) takes.
    package var minimumSignalStack: UInt64 {
        switch self {
        case .x86_64: 2048
        case .arm64: 5120
        }
    }
}
