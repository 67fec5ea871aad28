/// PROT_* of mmap(2) and mprotect(2) (asm-generic/mman-common.h).
package struct ProtectionFlags: OptionSet, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    /// PROT_READ
    package static let read = Self(rawValue: 1 << 0)
    /// PROT_WRITE
    package static let write = Self(rawValue: 1 << 1)
    /// PROT_EXEC
    package static let execute = Self(rawValue: 1 << 2)
    /// PROT_SEM
    package static let semaphore = Self(rawValue: 1 << 3)
    /// PROT_GROWSDOWN
    package static let growsDown = Self(rawValue: 1 << 24)
    /// PROT_GROWSUP
    package static let growsUp = Self(rawValue: 1 << 25)
}

/// MAP_* of mmap(2) (asm-generic/mman-common.h, x86's and arm64's mman.h).
package struct MapFlags: OptionSet, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    /// MAP_TYPE: the bits that hold one of MAP_SHARED, MAP_PRIVATE and MAP_SHARED_VALIDATE.
    package var type: MapType? { MapType(rawValue: rawValue & 0xf) }
    package enum MapType: UInt64, Sendable {
        case shared = 1
        case `private` = 2
        case sharedValidate = 3
    }
    /// MAP_FIXED
    package static let fixed = Self(rawValue: 0x10)
    /// MAP_ANONYMOUS
    package static let anonymous = Self(rawValue: 0x20)
    /// MAP_32BIT, of x86-64 alone; elsewhere the bit means nothing.
    package func asksForLow(_ abi: ABI) -> Bool { abi == .x86_64 && rawValue & Self.low != 0 }
    private static let low: UInt64 = 0x40
    /// MAP_GROWSDOWN
    package static let growsDown = Self(rawValue: 0x100)
    /// MAP_LOCKED
    package static let locked = Self(rawValue: 0x2000)
    /// MAP_NORESERVE
    package static let unreserved = Self(rawValue: 0x4000)
    /// MAP_POPULATE
    package static let populate = Self(rawValue: 0x8000)
    /// MAP_DENYWRITE, of which Linux takes no notice; dynamic linkers map libraries with it.
    package static let denyWrite = Self(rawValue: 0x800)
    /// MAP_NONBLOCK
    package static let nonblocking = Self(rawValue: 0x1_0000)
    /// MAP_STACK
    package static let stack = Self(rawValue: 0x2_0000)
    /// MAP_HUGETLB
    package static let hugePages = Self(rawValue: 0x4_0000)
    /// MAP_FIXED_NOREPLACE
    package static let fixedNoReplace = Self(rawValue: 0x10_0000)
    /// LEGACY_MAP_MASK: what MAP_SHARED_VALIDATE accepts, types and sizes of huge pages included.
    package static func knownToValidate(_ abi: ABI) -> Self {
        Self(
            rawValue: 0xf | 0x10 | 0x20 | 0x100 | 0x800 | 0x1000 | 0x2000 | 0x4000 | 0x8000
                | 0x1_0000 | 0x2_0000 | 0x4_0000 | 0x400_0000 | 21 << 26 | 30 << 26
                | (abi == .x86_64 ? low : 0))
    }
}

/// MREMAP_* of mremap(2).
package struct RemapFlags: OptionSet, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    /// MREMAP_MAYMOVE
    package static let mayMove = Self(rawValue: 1)
    /// MREMAP_FIXED
    package static let fixed = Self(rawValue: 2)
    /// MREMAP_DONTUNMAP
    package static let keepOld = Self(rawValue: 4)
    package static let all: Self = [.mayMove, .fixed, .keepOld]
}

/// MS_* of msync(2).
package struct SynchronizeFlags: OptionSet, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
    /// MS_ASYNC
    package static let asynchronous = Self(rawValue: 1)
    /// MS_INVALIDATE
    package static let invalidate = Self(rawValue: 2)
    /// MS_SYNC
    package static let synchronous = Self(rawValue: 4)
    package static let all: Self = [.asynchronous, .invalidate, .synchronous]
}

/// MCL_* of mlockall(2).
package struct LockAllFlags: OptionSet, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
    /// MCL_CURRENT
    package static let current = Self(rawValue: 1)
    /// MCL_FUTURE
    package static let future = Self(rawValue: 2)
    /// MCL_ONFAULT
    package static let onFault = Self(rawValue: 4)
    package static let all: Self = [.current, .future, .onFault]
}

/// MADV_* of madvise(2) that this system takes.
package enum AdviceNumber: Int32, Sendable {
    case normal = 0
    case random = 1
    case sequential = 2
    case willNeed = 3
    case doNotNeed = 4
    case free = 8
    case remove = 9
    case doNotFork = 10
    case doFork = 11
    case hugePages = 14
    case noHugePages = 15
    case doNotDump = 16
    case doDump = 17
    case wipeOnFork = 18
    case keepOnFork = 19
    case cold = 20
    case pageOut = 21
    case populateRead = 22
    case populateWrite = 23
    case doNotNeedLocked = 24
}
