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
    /// Whether the program has rights that who ran it has not.
    let isSecure: Bool
    let name: VirtualAddress
    let platform: VirtualAddress
    let random: VirtualAddress
    /// The vDSO.
    let sharedObject: VirtualAddress

    static let wordCount = 21 * 2
    /// USER_HZ: what times(2) and /proc count in.
    static let clockTicks: UInt64 = 100

    func write(to words: inout TableWriter, _ stack: ProgramStack) throws(Errno) {
        let entries: [21 of (type: AuxiliaryType, value: UInt64)] = [
            (.sharedObject, sharedObject.rawValue),
            (.minimumSignalStack, UInt64(SignalFrame.maximumByteCount)),
            (.hardware, ProcessorFeatures.capabilities),
            (.pageSize, UInt64(Page.size)),
            (.clockTicks, Self.clockTicks),
            (.segmentTable, program.segmentTable.rawValue),
            (.segmentEntrySize, UInt64(ELFSegment.byteCount)),
            (.segmentCount, UInt64(program.segmentCount)),
            (.interpreterBase, program.interpreterBase.rawValue),
            (.flags, 0),
            (.entry, program.entry.rawValue),
            (.realUser, UInt64(credentials.users.real)),
            (.effectiveUser, UInt64(credentials.users.effective)),
            (.realGroup, UInt64(credentials.groups.real)),
            (.effectiveGroup, UInt64(credentials.groups.effective)),
            (.secure, isSecure ? 1 : 0),
            (.random, random.rawValue),
            (.hardware2, ProcessorFeatures.capabilities2),
            (.executableName, name.rawValue),
            (.platform, platform.rawValue),
            (.end, 0),
        ]
        for index in entries.indices {
            try words.append(entries[index].type, entries[index].value, to: stack)
        }
    }
}
