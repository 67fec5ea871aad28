package import Base
internal import NucleusLayout

/// Reads of library-OS stacks for backtraces: checked against the ranges that are mapped.
package enum LibraryStack {
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
