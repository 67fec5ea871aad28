internal import Base
package import Hardware
internal import LinuxABI
internal import Trace

// Signal frames: what a handler finds on its stack, and the way back (sigreturn(2)). Byte for byte
// as Linux on x86-64: musl, glibc, debuggers and language runtimes look into it.
extension Signals {
    /// Bytes of a frame's extended state: the XSAVE area and the second magic number.
    private static var stateByteCount: Int {
        ExtendedState.byteCount + (ExtendedState.hasXSAVE ? SignalFrame.magic2ByteCount : 0)
    }
    /// The largest frame, as AT_MINSIGSTKSZ tells (arch/x86/kernel/signal.c, init_sigframe_size).
    package static var maximumFrameByteCount: Int {
        let fregsState = 112  // what a 32-bit frame holds besides
        let padding = 15 + 63
        let sum = SignalFrame.byteCount + padding + stateByteCount + fregsState
        return (sum + 15) & ~15
    }

    /// Builds a handler's frame and makes the program enter it. EFAULT where it does not fit.
    func build(
        _ signal: Signal, _ information: SignalInformation, _ action: SignalAction,
        blocked: SignalSet, _ frame: ProgramFrame
    ) throws(Errno) {
        let old = frame.stack.rawValue
        var stack = old &- SignalFrame.redZone
        let wasOnAlternateStack = alternateStack.contains(old)
        var entersAlternateStack = false
        if action.flags.contains(.alternateStack), alternateStack.byteCount != 0,
            !alternateStack.isInUse(at: stack)
        {
            stack = alternateStack.base &+ alternateStack.byteCount
            entersAlternateStack = true
        }
        let state = (stack &- UInt64(Self.stateByteCount)) & ~(ExtendedState.alignment - 1)
        stack = (state &- UInt64(SignalFrame.byteCount)) & ~(SignalFrame.alignment - 1)
        stack &-= 8
        if wasOnAlternateStack || entersAlternateStack, !alternateStack.contains(stack) {
            throw .badAddress
        }
        guard action.flags.contains(.restorer) else { throw .badAddress }
        let area = VirtualAddress(rawValue: state)
        try saveState(to: area)

        var storage = InlineArray<440, UInt8>(repeating: 0)
        var span = storage.mutableSpan
        var bytes = span.mutableRaw
        bytes.storeLittleEndian(action.restorer.rawValue, at: SignalFrame.returnAddress)
        bytes.storeLittleEndian(
            SignalFrame.hasStackSegment | (ExtendedState.hasXSAVE ? SignalFrame.hasXSAVE : 0),
            at: SignalFrame.contextFlags)
        bytes.storeLittleEndian(alternateStack.base, at: SignalFrame.alternateStack)
        bytes.storeLittleEndian(alternateStack.flags, at: SignalFrame.alternateStackFlags)
        bytes.storeLittleEndian(alternateStack.byteCount, at: SignalFrame.alternateStackSize)
        frame.writeContext(
            to: &bytes, fault: fault, blockedSignals: blocked.rawValue, extendedState: area)
        bytes.storeLittleEndian(blocked.rawValue, at: SignalFrame.blockedSignals)
        if action.flags.contains(.information) {
            var part = bytes._mutatingExtracting(
                SignalFrame.information..<SignalFrame.byteCount)
            information.write(to: &part)
        }
        let address = VirtualAddress(rawValue: stack)
        try ProgramMemory.copyOut(storage.span.raw, to: address)
        frame.enterHandler(action.handler, signal: signal.rawValue, stack: address)
        ExtendedState.reset()
    }
    private func saveState(to area: VirtualAddress) throws(Errno) {
        guard ProgramMemory.contains(area, count: Self.stateByteCount) else { throw .badAddress }
        guard ExtendedState.hasXSAVE else {
            guard ExtendedState.save(to: area) else { throw .badAddress }
            return
        }
        let header = try address(area, ExtendedState.legacyByteCount)
        // XSAVE writes only part of its header; the rest must be zero for XRSTOR.
        try ProgramMemory.zero(header, count: ExtendedState.headerByteCount)
        guard ExtendedState.save(to: area) else { throw .badAddress }
        let present = try ProgramMemory.load(UInt64.self, at: header)
        try ProgramMemory.store(present | ExtendedState.legacyComponents, at: header)

        var storage = InlineArray<48, UInt8>(repeating: 0)
        var span = storage.mutableSpan
        var bytes = span.mutableRaw
        let base = SignalFrame.magic1Offset
        bytes.storeLittleEndian(SignalFrame.magic1, at: 0)
        bytes.storeLittleEndian(
            UInt32(Self.stateByteCount), at: SignalFrame.extendedSizeOffset - base)
        bytes.storeLittleEndian(
            ExtendedState.components, at: SignalFrame.componentsOffset - base)
        bytes.storeLittleEndian(
            UInt32(ExtendedState.byteCount), at: SignalFrame.stateSizeOffset - base)
        try ProgramMemory.copyOut(storage.span.raw, to: try address(area, base))
        try ProgramMemory.store(
            SignalFrame.magic2, at: try address(area, ExtendedState.byteCount))
    }
    private func address(_ base: VirtualAddress, _ offset: Int) throws(Errno) -> VirtualAddress {
        guard let address = base.advanced(by: UInt64(offset)) else { throw .badAddress }
        return address
    }

    /// Goes back to what a handler interrupted: rt_sigreturn(2). A bad frame forces SIGSEGV.
    package func returnFromHandler(_ frame: ProgramFrame) {
        frame.forgetSystemCall()
        CPU.hasReturnWork = true
        do throws(Errno) {
            try restore(frame)
        } catch {
            Log.debug("a damaged signal frame")
            force(.segmentationViolation, SignalInformation(.segmentationViolation, .kernel))
        }
    }
    private func restore(_ frame: ProgramFrame) throws(Errno) {
        // `ret` took the return address off.
        guard let start = frame.stack.retreated(by: 8) else { throw .badAddress }
        var storage = InlineArray<440, UInt8>(repeating: 0)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            try ProgramMemory.copyIn(from: start, into: &bytes)
        }
        let bytes = storage.span.raw
        setBlocked(
            SignalSet(rawValue: bytes.littleEndian(UInt64.self, at: SignalFrame.blockedSignals)))
        guard frame.readContext(from: bytes) else { throw .badAddress }
        let state = bytes.littleEndian(UInt64.self, at: SignalFrame.extendedState)
        if state == 0 {
            ExtendedState.reset()
        } else {
            try restoreState(from: VirtualAddress(rawValue: state))
        }
        // Only memory errors count here (restore_altstack).
        let saved = AlternateStack(
            base: bytes.littleEndian(UInt64.self, at: SignalFrame.alternateStack),
            byteCount: bytes.littleEndian(UInt64.self, at: SignalFrame.alternateStackSize),
            flags: bytes.littleEndian(UInt32.self, at: SignalFrame.alternateStackFlags))
        try? alternateStack.replace(with: saved, at: frame.stack.rawValue)
        // The way out jumps; an address that no program has would fault there, not in the program.
        guard ProgramMemory.contains(frame.instruction, count: 1) else { throw .badAddress }
    }
    private func restoreState(from area: VirtualAddress) throws(Errno) {
        guard ProgramMemory.contains(area, count: Self.stateByteCount) else { throw .badAddress }
        guard ExtendedState.hasXSAVE else {
            try checkMXCSR(area)
            guard ExtendedState.restoreLegacy(from: area) else { throw .badAddress }
            return
        }
        try checkMXCSR(area)
        guard let components = try describedComponents(area) else {
            guard ExtendedState.restoreLegacy(from: area) else { throw .badAddress }
            return
        }
        try checkHeader(area)
        guard ExtendedState.restore(from: area, components: components) else { throw .badAddress }
    }
    /// The components that a frame's software-reserved bytes list; `nil` where those are not valid,
    /// so that the area counts as FXSAVE's (check_xstate_in_sigframe).
    private func describedComponents(_ area: VirtualAddress) throws(Errno) -> UInt64? {
        let magic1 = try ProgramMemory.load(
            UInt32.self, at: try address(area, SignalFrame.magic1Offset))
        let extendedSize = try ProgramMemory.load(
            UInt32.self, at: try address(area, SignalFrame.extendedSizeOffset))
        let stateSize = try ProgramMemory.load(
            UInt32.self, at: try address(area, SignalFrame.stateSizeOffset))
        let least = ExtendedState.legacyByteCount + ExtendedState.headerByteCount
        guard magic1 == SignalFrame.magic1, stateSize >= UInt32(least),
            stateSize <= UInt32(ExtendedState.byteCount), stateSize <= extendedSize
        else { return nil }
        let magic2 = try ProgramMemory.load(
            UInt32.self, at: try address(area, Int(stateSize)))
        guard magic2 == SignalFrame.magic2 else { return nil }
        return try ProgramMemory.load(
            UInt64.self, at: try address(area, SignalFrame.componentsOffset))
    }
    /// Refuses what FXRSTOR and XRSTOR would fault on: a reserved bit in MXCSR, a crooked address.
    private func checkMXCSR(_ area: VirtualAddress) throws(Errno) {
        guard area.rawValue & 15 == 0 else { throw .badAddress }
        let control = try ProgramMemory.load(
            UInt32.self, at: try address(area, SignalFrame.controlOffset))
        guard control & ~SignalFrame.controlMask == 0 else { throw .badAddress }
    }
    /// Refuses a header that XRSTOR would fault on (SDM 1, section 13.8.1).
    private func checkHeader(_ area: VirtualAddress) throws(Errno) {
        guard area.rawValue & (ExtendedState.alignment - 1) == 0 else { throw .badAddress }
        let header = try address(area, SignalFrame.presentComponentsOffset)
        let present = try ProgramMemory.load(UInt64.self, at: header)
        guard present & ~ExtendedState.components == 0 else { throw .badAddress }
        var offset = 8
        while offset < 24 {
            guard try ProgramMemory.load(UInt64.self, at: try address(header, offset)) == 0 else {
                throw .badAddress
            }
            offset += 8
        }
    }
}
