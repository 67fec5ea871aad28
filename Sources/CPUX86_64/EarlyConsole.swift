internal import Base
internal import CPUX86_64Assembly
internal import NucleusLayoutX86_64

extension CPU {
    /// Writes bytes to the early console, where the boot record says that there is one.
    package static func writeEarlyConsole(_ bytes: RawSpan) {
        // SAFETY: the instruction reads exactly the span's bytes.
        unsafe bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else { return }
            unsafe cpu_out_bytes(UInt16(VMM_EARLY_CONSOLE_PORT), start, buffer.count)
        }
    }
}
