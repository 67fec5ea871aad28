internal import Base
internal import Hardware
internal import LinuxABI
internal import Wire

/// What the kernel tells a program at its start (getauxval(3)), in Linux's order.
///
/// AT_RSEQ_* came with Linux 6.3.
struct AuxiliaryVector {
    let program: LoadedProgram
    let credentials: ProcessCredentials
    let name: VirtualAddress
    let platform: VirtualAddress
    let random: VirtualAddress
    /// The vDSO.
    let sharedObject: VirtualAddress

    private static let entryCount = 21
    static let wordCount = entryCount * 2
    /// USER_HZ: what times(2) and /proc count in.
    static let clockTicks: UInt64 = 100

    func write(to words: inout TableWriter, _ stack: ProgramStack) throws(Errno) {
        let start = words.address
        try words.append(.sharedObject, sharedObject.rawValue, to: stack)
        try words.append(
            .minimumSignalStack, UInt64(SignalFrame.maximumByteCount), to: stack)
        try words.append(.hardware, ProcessorFeatures.capabilities, to: stack)
        try words.append(.pageSize, UInt64(Page.size), to: stack)
        try words.append(.clockTicks, Self.clockTicks, to: stack)
        try words.append(.segmentTable, program.segmentTable.rawValue, to: stack)
        try words.append(.segmentEntrySize, UInt64(ELFSegment.byteCount), to: stack)
        try words.append(.segmentCount, UInt64(program.segmentCount), to: stack)
        try words.append(.interpreterBase, 0, to: stack)
        try words.append(.flags, 0, to: stack)
        try words.append(.entry, program.entry.rawValue, to: stack)
        try words.append(.realUser, UInt64(credentials.users.real), to: stack)
        try words.append(.effectiveUser, UInt64(credentials.users.effective), to: stack)
        try words.append(.realGroup, UInt64(credentials.groups.real), to: stack)
        try words.append(.effectiveGroup, UInt64(credentials.groups.effective), to: stack)
        try words.append(.secure, 0, to: stack)
        try words.append(.random, random.rawValue, to: stack)
        try words.append(.hardware2, ProcessorFeatures.capabilities2, to: stack)
        try words.append(.executableName, name.rawValue, to: stack)
        try words.append(.platform, platform.rawValue, to: stack)
        try words.append(.end, 0, to: stack)
        precondition(words.address.rawValue - start.rawValue == UInt64(Self.wordCount * 8))
    }
}
