package import Base

// The state in a signal frame: an XSAVE area that software-reserved bytes describe, with a second
// magic number behind it (arch/x86/kernel/fpu/signal.c).
extension ExtendedState {
    /// Bytes that a frame has for it.
    package static var frameByteCount: Int {
        byteCount + (hasXSAVE ? SignalFrame.magic2ByteCount : 0)
    }

    /// Saves the registers into a frame's area.
    package static func save<Memory: ProgramAccess>(
        to area: VirtualAddress, through memory: Memory
    ) throws(BadFrame) {
        guard memory.contains(area, count: frameByteCount) else { throw BadFrame() }
        guard hasXSAVE else {
            guard save(to: area) else { throw BadFrame() }
            return
        }
        let header = try area.advanced(in: legacyByteCount)
        // XSAVE writes only part of its header; the rest must be zero for XRSTOR.
        try memory.zero(header, count: headerByteCount)
        guard save(to: area) else { throw BadFrame() }
        let present = try memory.load(UInt64.self, at: header, 0)
        try memory.store(present | legacyComponents, at: header, 0)

        var storage = InlineArray<48, UInt8>(repeating: 0)
        var span = storage.mutableSpan
        var bytes = span.mutableRaw
        let base = SignalFrame.magic1Offset
        bytes.storeLittleEndian(SignalFrame.magic1, at: 0)
        bytes.storeLittleEndian(UInt32(frameByteCount), at: SignalFrame.extendedSizeOffset - base)
        bytes.storeLittleEndian(components, at: SignalFrame.componentsOffset - base)
        bytes.storeLittleEndian(UInt32(byteCount), at: SignalFrame.stateSizeOffset - base)
        try memory.copyOut(storage.span.raw, to: try area.advanced(in: base))
        try memory.store(SignalFrame.magic2, at: area, byteCount)
    }

    /// Loads the registers from a frame's area, whatever the program made of it.
    package static func restore<Memory: ProgramAccess>(
        from area: VirtualAddress, through memory: Memory
    ) throws(BadFrame) {
        guard memory.contains(area, count: frameByteCount) else { throw BadFrame() }
        try checkMXCSR(area, memory)
        guard hasXSAVE, let components = try describedComponents(area, memory) else {
            guard restoreLegacy(from: area) else { throw BadFrame() }
            return
        }
        try checkHeader(area, memory)
        guard restore(from: area, components: components) else { throw BadFrame() }
    }
    /// The components that a frame's software-reserved bytes list; `nil` where those are not valid,
    /// so that the area counts as FXSAVE's (check_xstate_in_sigframe).
    private static func describedComponents<Memory: ProgramAccess>(
        _ area: VirtualAddress, _ memory: Memory
    ) throws(BadFrame) -> UInt64? {
        let magic1 = try memory.load(UInt32.self, at: area, SignalFrame.magic1Offset)
        let extendedSize = try memory.load(UInt32.self, at: area, SignalFrame.extendedSizeOffset)
        let stateSize = try memory.load(UInt32.self, at: area, SignalFrame.stateSizeOffset)
        let least = legacyByteCount + headerByteCount
        guard magic1 == SignalFrame.magic1, stateSize >= UInt32(least),
            stateSize <= UInt32(byteCount), stateSize <= extendedSize
        else { return nil }
        let magic2 = try memory.load(UInt32.self, at: area, Int(stateSize))
        guard magic2 == SignalFrame.magic2 else { return nil }
        return try memory.load(UInt64.self, at: area, SignalFrame.componentsOffset)
    }
    /// Refuses what FXRSTOR and XRSTOR would fault on: a reserved bit in MXCSR, a crooked address.
    private static func checkMXCSR<Memory: ProgramAccess>(
        _ area: VirtualAddress, _ memory: Memory
    ) throws(BadFrame) {
        guard area.rawValue & 15 == 0 else { throw BadFrame() }
        let control = try memory.load(UInt32.self, at: area, SignalFrame.controlOffset)
        guard control & ~SignalFrame.controlMask == 0 else { throw BadFrame() }
    }
    /// Refuses a header that XRSTOR would fault on (SDM 1, section 13.8.1).
    private static func checkHeader<Memory: ProgramAccess>(
        _ area: VirtualAddress, _ memory: Memory
    ) throws(BadFrame) {
        guard area.rawValue & (alignment - 1) == 0 else { throw BadFrame() }
        let header = SignalFrame.presentComponentsOffset
        let present = try memory.load(UInt64.self, at: area, header)
        guard present & ~components == 0 else { throw BadFrame() }
        var offset = 8
        while offset < 24 {
            guard try memory.load(UInt64.self, at: area, header + offset) == 0 else {
                throw BadFrame()
            }
            offset += 8
        }
    }
}
