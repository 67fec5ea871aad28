internal import Base
package import Hardware
internal import LinuxABI
internal import Trace

// Signal frames: what a handler finds on its stack, and the way back (sigreturn(2)). Byte for byte
// as Linux on the same CPU, whose module knows the layout: musl, glibc, debuggers and language
// runtimes look into it.
extension Signals {
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
        let place = SignalFrame(below: stack)
        if wasOnAlternateStack || entersAlternateStack,
            !alternateStack.contains(place.start.rawValue)
        {
            throw .badAddress
        }
        let restorer = action.flags.contains(.restorer) ? action.restorer : shared.trampoline
        guard let restorer else { throw .badAddress }
        do throws(BadFrame) {
            try place.saveState(of: frame, fault: fault, through: FrameMemory())
        } catch { throw .badAddress }

        var storage = SignalFrame.Bytes(repeating: 0)
        var span = storage.mutableSpan
        var bytes = span.mutableRaw
        frame.writeContext(
            to: &bytes, of: place, fault: fault, blockedSignals: blocked.rawValue,
            returnAddress: restorer)
        bytes.storeLittleEndian(alternateStack.base, at: SignalFrame.alternateStack)
        bytes.storeLittleEndian(alternateStack.flags, at: SignalFrame.alternateStackFlags)
        bytes.storeLittleEndian(alternateStack.byteCount, at: SignalFrame.alternateStackSize)
        bytes.storeLittleEndian(blocked.rawValue, at: SignalFrame.blockedSignals)
        let hasInformation = action.flags.contains(.information)
        if hasInformation {
            let end = SignalFrame.information + SignalInformation.byteCount
            var part = bytes._mutatingExtracting(SignalFrame.information..<end)
            information.write(to: &part)
        }
        try ProgramMemory.copyOut(storage.span.raw, to: place.start)
        frame.enterHandler(
            action.handler, signal: signal.rawValue, hasInformation ? .all : .number, in: place,
            returnAddress: restorer)
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
        guard let start = SignalFrame.start(returning: frame) else { throw .badAddress }
        var storage = SignalFrame.Bytes(repeating: 0)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            try ProgramMemory.copyIn(from: start, into: &bytes)
        }
        let bytes = storage.span.raw
        setBlocked(
            SignalSet(rawValue: bytes.littleEndian(UInt64.self, at: SignalFrame.blockedSignals)))
        guard frame.readContext(from: bytes) else { throw .badAddress }
        do throws(BadFrame) {
            try SignalFrame.restoreState(of: bytes, at: start, through: FrameMemory())
        } catch { throw .badAddress }
        // Only memory errors count here (restore_altstack).
        let saved = AlternateStack(
            base: bytes.littleEndian(UInt64.self, at: SignalFrame.alternateStack),
            byteCount: bytes.littleEndian(UInt64.self, at: SignalFrame.alternateStackSize),
            flags: bytes.littleEndian(UInt32.self, at: SignalFrame.alternateStackFlags))
        try? alternateStack.replace(with: saved, at: frame.stack.rawValue)
        // The way out jumps; an address that no program has would fault there, not in the program.
        guard ProgramMemory.contains(frame.instruction, count: 1) else { throw .badAddress }
    }
}
