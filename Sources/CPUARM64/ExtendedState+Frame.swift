package import Base

// The state in a signal frame: struct fpsimd_context, and struct sve_context with all registers behind
// it.
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
    /// Saves SVE's registers into a record at `place`, and ends the records behind it. Linux leaves
    /// them out of a frame where the program did not use them since its last call; nothing here
    /// tells, so they are always there.
    static func saveScalable<Memory: ProgramAccess>(
        length: Int, to place: VirtualAddress, through memory: Memory
    ) throws(BadFrame) {
        let byteCount = SignalFrame.scalableByteCount(length)
        try writeScalableHeader(length: length, byteCount: byteCount, to: place, through: memory)
        let registers = try place.advanced(in: SignalFrame.scalableRegisters)
        guard saveScalable(to: registers) else { throw BadFrame() }
    }
    static func writeScalableHeader<Memory: ProgramAccess>(
        length: Int, byteCount: Int, to place: VirtualAddress, through memory: Memory
    ) throws(BadFrame) {
        try memory.store(SignalFrame.scalableMagic, at: place, 0)
        try memory.store(UInt32(byteCount), at: place, 4)
        // Flags: not of streaming mode.
        try memory.store(UInt64(length), at: place, SignalFrame.scalableLength)
        try memory.store(UInt64(0), at: place, byteCount)
    }
    /// Loads the registers from records at the given places, whose headers were checked.
    package static func restore<Memory: ProgramAccess>(
        from places: SignalFrame.VectorRecords, of records: VirtualAddress, through memory: Memory
    ) throws(BadFrame) {
        let plain = try records.advanced(in: places.plain + SignalFrame.recordHeaderByteCount)
        guard let scalable = places.scalable else {
            guard restore(from: plain) else { throw BadFrame() }
            return
        }
        let registers = try records.advanced(in: scalable + SignalFrame.scalableRegisters)
        guard restoreScalable(plain: plain, from: registers) else { throw BadFrame() }
    }
}
