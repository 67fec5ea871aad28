package import Base
internal import Hardware

/// Where things go in a program's address space: x86-64 Linux's layout with its randomisation
/// (arch/x86/mm/mmap.c, fs/binfmt_elf.c).
package struct AddressLayout: Sendable {
    /// First address above the initial stack, page-aligned.
    package let stackTop: VirtualAddress
    /// mmap(2) places downwards from here.
    package let mapBase: VirtualAddress
    /// Where a position-independent executable is loaded.
    package let executableBase: VirtualAddress
    /// How far above the executable's end the heap begins, page-aligned.
    package let breakOffset: UInt64

    /// Whether another layout is this one: that of a process and its forks.
    func isSame(as other: Self) -> Bool {
        stackTop == other.stackTop && mapBase == other.mapBase
            && executableBase == other.executableBase
    }

    /// 64-bit random numbers; `none` gives the layout of a process without ASLR.
    package struct Entropy: Sendable {
        package let stack: UInt64
        package let map: UInt64
        package let executable: UInt64
        package let heap: UInt64
        package init(stack: UInt64, map: UInt64, executable: UInt64, heap: UInt64) {
            self.stack = stack
            self.map = map
            self.executable = executable
            self.heap = heap
        }
        package static let none = Self(stack: 0, map: 0, executable: 0, heap: 0)
    }

    private static let stackRandomPages: UInt64 = 0x3f_ffff
    private static let mapRandomPages: UInt64 = 1 << 28 - 1
    private static let breakRandomBytes: UInt64 = 0x0200_0000
    private static let smallestStackRoom: UInt64 = 128 << 20

    /// Lays out for a stack of at most `stackLimit` bytes (RLIMIT_STACK).
    package init(entropy: Entropy, stackLimit: UInt64 = 8 << 20) {
        let end = ProgramSpace.end.rawValue
        let shift = UInt64(Page.shift)
        stackTop = VirtualAddress(rawValue: end - (entropy.stack & Self.stackRandomPages) << shift)
        let pad = Self.stackRandomPages << shift + AddressSpace.guardGap
        let (padded, overflow) = stackLimit.addingReportingOverflow(pad)
        let wanted = overflow ? stackLimit : padded
        let gap = min(max(wanted, Self.smallestStackRoom), end / 6 * 5)
        let base = end - gap - (entropy.map & Self.mapRandomPages) << shift
        mapBase = VirtualAddress(rawValue: (base + Page.offsetMask) & ~Page.offsetMask)
        executableBase = VirtualAddress(
            rawValue: (end / 3 * 2) & ~Page.offsetMask
                + (entropy.executable & Self.mapRandomPages) << shift)
        breakOffset = entropy.heap % Self.breakRandomBytes & ~Page.offsetMask
    }
}
