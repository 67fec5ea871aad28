package import Base

// The state in a signal frame: struct fpsimd_context.
extension ExtendedState {
    /// Saves the registers into a record at `place`.
    package static func save<Memory: ProgramAccess>(
        to place: VirtualAddress, through memory: Memory
    ) throws(BadFrame) {
        try memory.store(SignalFrame.vectorMagic, at: place, 0)
        try memory.store(UInt32(SignalFrame.vectorByteCount), at: place, 4)
        guard save(to: try place.advanced(in: SignalFrame.recordHeaderByteCount)) else {
            throw BadFrame()
        }
    }
    /// Loads the registers from a record at `place`, whose header was checked.
    package static func restore<Memory: ProgramAccess>(
        from place: VirtualAddress, through memory: Memory
    ) throws(BadFrame) {
        guard restore(from: try place.advanced(in: SignalFrame.recordHeaderByteCount)) else {
            throw BadFrame()
        }
    }
}
