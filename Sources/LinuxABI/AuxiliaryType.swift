/// What an entry of the auxiliary vector says (getauxval(3); linux/auxvec.h).
package enum AuxiliaryType: UInt64, Sendable {
    /// AT_NULL: ends the vector.
    case end = 0
    /// AT_PHDR
    case segmentTable = 3
    /// AT_PHENT
    case segmentEntrySize = 4
    /// AT_PHNUM
    case segmentCount = 5
    /// AT_PAGESZ
    case pageSize = 6
    /// AT_BASE: where the interpreter is.
    case interpreterBase = 7
    /// AT_FLAGS
    case flags = 8
    /// AT_ENTRY
    case entry = 9
    /// AT_UID
    case realUser = 11
    /// AT_EUID
    case effectiveUser = 12
    /// AT_GID
    case realGroup = 13
    /// AT_EGID
    case effectiveGroup = 14
    /// AT_PLATFORM
    case platform = 15
    /// AT_HWCAP: CPUID.1:EDX.
    case hardware = 16
    /// AT_CLKTCK
    case clockTicks = 17
    /// AT_SECURE
    case secure = 23
    /// AT_RANDOM: 16 random bytes.
    case random = 25
    /// AT_HWCAP2
    case hardware2 = 26
    /// AT_EXECFN
    case executableName = 31
    /// AT_SYSINFO_EHDR: the vDSO.
    case sharedObject = 33
    /// AT_MINSIGSTKSZ
    case minimumSignalStack = 51
}
