internal import Base
internal import Hardware

/// Where code is and came from, as lines of the form `  #N 0xADDRESS`; who shows them puts names to the
/// addresses.
enum Backtrace {
    /// Follows frame pointers; code without them ends the list early. `place` is written behind each
    /// address that is of none of the files whose names are known.
    static func append(
        from frame: ProgramFrame, to text: inout TextBuffer,
        in place: ((inout TextBuffer) -> Void)? = nil, load: (VirtualAddress) -> UInt64?
    ) {
        let limit: UInt64 = 24
        var address = frame.instruction.rawValue
        var base = frame.framePointer
        for depth in 0..<limit {
            text.append("  #")
            text.append(depth)
            text.append(" 0x")
            text.append(hexadecimal: address)
            if let place {
                text.append(" in ")
                place(&text)
            }
            text.append("\n")
            guard base != 0, base % 8 == 0, let next = load(VirtualAddress(rawValue: base)),
                let returnAddress = load(VirtualAddress(rawValue: base &+ 8)), returnAddress != 0,
                next == 0 || next > base
            else { return }
            address = CPU.codeAddress(returnAddress)
            base = next
        }
    }
}
