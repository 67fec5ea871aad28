package import Base
internal import CPUAssembly
internal import NucleusLayout

/// Stacks of the library OS: going from one to another, and checked reads for backtraces.
package enum LibraryStack {
    /// Leaves the running stack, noting where, for one that was left so, or prepared; returns when
    /// somebody comes back.
    ///
    /// SAFETY: `pointer` stays until then; nobody runs on the other stack.
    @unsafe package static func change(
        saving pointer: UnsafeMutablePointer<UInt64>, to other: UInt64
    ) {
        unsafe cpu_switch_stack(pointer, other)
    }
    /// Makes a stack that begins with a call of `entry`, which never returns.
    package static func prepare(
        below top: UInt64, entry: @escaping @convention(c) () -> Void
    ) -> UInt64 { cpu_thread_stack(top, cpu_function_address(entry)) }
    /// The program frame that tops a stack.
    package static func frame(belowTop top: UInt64) -> ProgramFrame {
        CPU.frame(at: UInt(top) - UInt(ProgramFrame.byteCount))
    }

    /// Loads a word of the running library-OS stack or of the crash stack; `nil` outside them.
    package static func load(at address: VirtualAddress) -> UInt64? {
        let area = CPU.area
        guard address.rawValue % 8 == 0,
            (area.libraryStackLimit..<area.libraryStackTop).contains(address.rawValue)
                || area.crashStack.contains(address.rawValue),
            let word = unsafe UnsafePointer<UInt64>(bitPattern: UInt(address.rawValue))
        else { return nil }
        // SAFETY: the address is aligned and within a stack that stays mapped.
        return unsafe word.pointee
    }
    /// Whether an address is in the guard page below the running stack.
    package static func isGuard(_ address: VirtualAddress) -> Bool {
        let limit = CPU.area.libraryStackLimit
        return (limit - UInt64(Page.size)..<limit).contains(address.rawValue)
    }
    /// Whether an address belongs to the library OS (its code, data, stacks, windows).
    package static func isLibrary(_ address: VirtualAddress) -> Bool {
        (UInt64(LIBRARY_BASE)..<UInt64(LIBRARY_END)).contains(address.rawValue)
    }
}
