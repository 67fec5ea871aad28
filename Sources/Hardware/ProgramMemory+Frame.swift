package import Base
internal import LinuxABI

/// Program memory for the CPU module's signal frames.
package struct FrameMemory: ProgramAccess {
    package init() {}

    package func contains(_ address: VirtualAddress, count: Int) -> Bool {
        ProgramMemory.contains(address, count: count)
    }
    package func copyOut(_ bytes: RawSpan, to address: VirtualAddress) throws(BadFrame) {
        do throws(Errno) {
            try ProgramMemory.copyOut(bytes, to: address)
        } catch { throw BadFrame() }
    }
    package func copyIn(
        from address: VirtualAddress, into bytes: inout MutableRawSpan
    ) throws(BadFrame) {
        do throws(Errno) {
            try ProgramMemory.copyIn(from: address, into: &bytes)
        } catch { throw BadFrame() }
    }
    package func zero(_ address: VirtualAddress, count: Int) throws(BadFrame) {
        do throws(Errno) {
            try ProgramMemory.zero(address, count: count)
        } catch { throw BadFrame() }
    }
}
