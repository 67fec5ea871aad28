package import LinuxABI
internal import Memory

/// The open files of a process by descriptor number (open(2), dup(2)).
///
/// A radix tree of fixed-size nodes, so that no allocation's size is the program's choice; the
/// first 64 numbers are one step away. Files are counted by their owner: what a call returns as
/// removed, the caller closes.
package final class DescriptorTable<File: AnyObject> {
    /// More than any limit allows (fs.nr_open of Linux).
    package static var maximumCount: Int { 1 << 20 }

    private let first = Leaf()
    private var branches = InlineArray<128, Branch?>(repeating: nil)
    /// No number below is free.
    private var lowestCandidate = 0
    /// One above the highest number that was ever in use.
    package private(set) var highWater = 0
    /// Descriptors in use.
    package private(set) var count = 0
    /// Processes that have the table.
    var userCount = 1

    package init() {}

    /// A table with the same descriptors, for a process of its own. `retain` is told of each. ENOMEM.
    func copy(_ retain: (File) -> Void) throws(Errno) -> DescriptorTable {
        let new = DescriptorTable()
        var number = next(from: 0)
        // Room first, so that nothing has to be taken back.
        while let current = number {
            _ = try new.makeLeaf(holding: Int(current))
            number = next(from: (current | 63) + 1)
        }
        number = next(from: 0)
        while let current = number {
            let file = try file(current)
            _ = try new.replace(file, at: Int(current), flags: try flags(current))
            retain(file)
            number = next(from: current + 1)
        }
        new.lowestCandidate = lowestCandidate
        return new
    }
    /// To be called when a process has the table no more: the last one's files are closed.
    func leave(_ close: (File) -> Void) {
        userCount -= 1
        guard userCount == 0 else { return }
        while let number = next(from: 0), let file = try? remove(number) { close(file) }
    }
    /// Closes what execve(2) does not keep.
    func closeOnExecute(_ close: (File) -> Void) {
        var number = next(from: 0)
        while let current = number {
            number = next(from: current + 1)
            guard (try? flags(current)) == .closeOnExec, let file = try? remove(current) else {
                continue
            }
            close(file)
        }
    }

    /// 64 descriptors.
    private final class Leaf {
        var used: UInt64 = 0
        var closeOnExec: UInt64 = 0
        var files = InlineArray<64, File?>(repeating: nil)
    }
    /// 128 leaves.
    private final class Branch {
        var leaves = InlineArray<128, Leaf?>(repeating: nil)
    }

    private func leaf(holding number: Int) -> Leaf? {
        if number < 64 { return first }
        guard number < Self.maximumCount else { return nil }
        return branches[number >> 13]?.leaves[(number >> 6) & 127]
    }
    private func makeLeaf(holding number: Int) throws(Errno) -> Leaf {
        if let leaf = leaf(holding: number) { return leaf }
        try admitObject()
        let branch: Branch
        if let existing = branches[number >> 13] {
            branch = existing
        } else {
            branch = Branch()
            branches[number >> 13] = branch
            try admitObject()
        }
        let leaf = Leaf()
        branch.leaves[(number >> 6) & 127] = leaf
        return leaf
    }

    /// The open file of a descriptor. EBADF.
    package func file(_ number: Int32) throws(Errno) -> File {
        guard number >= 0, let leaf = leaf(holding: Int(number)),
            let file = leaf.files[Int(number) & 63]
        else { throw .badDescriptor }
        return file
    }

    /// Puts a file at the lowest free number not below `minimum`. EMFILE at `limit`, ENOMEM.
    package func insert(
        _ file: File, from minimum: Int = 0, limit: Int, flags: DescriptorFlags
    ) throws(Errno) -> Int32 {
        let number = lowestFree(from: minimum)
        guard number < min(limit, Self.maximumCount) else { throw .tooManyFiles }
        _ = try replace(file, at: number, flags: flags)
        if minimum <= lowestCandidate { lowestCandidate = number + 1 }
        return Int32(number)
    }

    /// The lowest free number that is not below `minimum`; the largest that there can be, and more, where none is.
    package func lowestFree(from minimum: Int = 0) -> Int {
        var number = max(minimum, lowestCandidate)
        while number < Self.maximumCount {
            guard let leaf = leaf(holding: number) else { break }
            let free = ~leaf.used & (~0 << UInt64(number & 63))
            guard free == 0 else { return (number & ~63) + free.trailingZeroBitCount }
            number = (number & ~63) + 64
        }
        return number
    }
    /// Puts a file at `number` and returns the one that was there, for the caller to close.
    ///
    /// EBADF where the number is not below `limit` (as dup2(2)), ENOMEM.
    package func replace(
        _ file: File, at number: Int32, limit: Int, flags: DescriptorFlags
    ) throws(Errno) -> File? {
        guard number >= 0, Int(number) < min(limit, Self.maximumCount) else {
            throw .badDescriptor
        }
        return try replace(file, at: Int(number), flags: flags)
    }
    private func replace(
        _ file: File, at number: Int, flags: DescriptorFlags
    ) throws(Errno) -> File? {
        let leaf = try makeLeaf(holding: number)
        let bit: UInt64 = 1 << UInt64(number & 63)
        let old = leaf.files[number & 63]
        leaf.files[number & 63] = file
        leaf.used |= bit
        if flags.contains(.closeOnExec) {
            leaf.closeOnExec |= bit
        } else {
            leaf.closeOnExec &= ~bit
        }
        if old == nil { count += 1 }
        highWater = max(highWater, number + 1)
        return old
    }

    /// Frees a number and returns its file, for the caller to close. EBADF.
    package func remove(_ number: Int32) throws(Errno) -> File {
        guard number >= 0, let leaf = leaf(holding: Int(number)),
            let file = leaf.files[Int(number) & 63]
        else { throw .badDescriptor }
        let bit: UInt64 = 1 << UInt64(number & 63)
        leaf.files[Int(number) & 63] = nil
        leaf.used &= ~bit
        leaf.closeOnExec &= ~bit
        lowestCandidate = min(lowestCandidate, Int(number))
        count -= 1
        return file
    }

    /// A descriptor's own flags (fcntl(2): F_GETFD). EBADF.
    package func flags(_ number: Int32) throws(Errno) -> DescriptorFlags {
        _ = try file(number)
        let bits = leaf(holding: Int(number))?.closeOnExec ?? 0
        return bits & (1 << UInt64(number & 63)) != 0 ? .closeOnExec : []
    }
    /// Sets a descriptor's own flags (fcntl(2): F_SETFD). EBADF.
    package func setFlags(_ number: Int32, _ flags: DescriptorFlags) throws(Errno) {
        _ = try file(number)
        let bit: UInt64 = 1 << UInt64(number & 63)
        guard let leaf = leaf(holding: Int(number)) else { throw .badDescriptor }
        if flags.contains(.closeOnExec) {
            leaf.closeOnExec |= bit
        } else {
            leaf.closeOnExec &= ~bit
        }
    }

    /// The lowest number in use that is not below `number`; `nil` where there is none.
    package func next(from number: Int32) -> Int32? {
        var number = max(0, Int(number))
        while number < highWater {
            if let leaf = leaf(holding: number) {
                let used = leaf.used & (~0 << UInt64(number & 63))
                if used != 0 { return Int32((number & ~63) + used.trailingZeroBitCount) }
            }
            number = (number & ~63) + 64
        }
        return nil
    }
}

/// A descriptor's own flags, which duplicates do not share (fcntl(2): FD_CLOEXEC).
package struct DescriptorFlags: OptionSet, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
    package static let closeOnExec = Self(rawValue: 1)
}

/// Lets the program have one more kernel object, or says ENOMEM.
func admitObject() throws(Errno) { try KernelReserve.admit() }
