internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory

/// The initial stack of a program: strings, random bytes, auxiliary vector, pointers, argument count,
/// where Linux puts them (fs/binfmt_elf.c, create_elf_tables; fs/exec.c).
struct ProgramStack {
    private let space: AddressSpace
    /// Lowest address in use.
    private(set) var pointer: VirtualAddress
    private let lowest: VirtualAddress

    /// Pages that the stack's region has at first: 128 KiB and the page below the top.
    private static let initialPages = 33

    /// Maps the stack's region. ENOMEM.
    ///
    /// `room` is what strings and tables will take at most.
    init(
        in space: AddressSpace, room: Int, isExecutable: StackExecution
    ) throws(Errno) {
        self.space = space
        let top = space.layout.stackTop
        guard let pages = Page.count(holding: UInt64(room)),
            let lowest = top.retreated(
                by: (pages + UInt64(Self.initialPages)) << UInt64(Page.shift))
        else { throw .outOfMemory }
        var protection: AddressSpace.Protection = [.read, .write]
        if isExecutable == .allowed { protection.insert(.execute) }
        _ = try space.map(
            at: lowest, placement: .fixed, byteCount: top.rawValue - lowest.rawValue,
            protection: protection, options: .growsDown)
        self.lowest = lowest
        // An empty word is at the very top.
        guard let pointer = top.retreated(by: 8) else { throw .outOfMemory }
        self.pointer = pointer
        space.stackStart = pointer
    }
    /// PT_GNU_STACK
    enum StackExecution { case allowed, forbidden }

    /// Moves the stack's end down by `byteCount` bytes.
    @inline(never)
    private mutating func reserve(_ byteCount: Int) throws(Errno) -> VirtualAddress {
        guard let new = pointer.retreated(by: UInt64(byteCount)), new >= lowest else {
            throw .argumentListTooLong
        }
        pointer = new
        return new
    }
    /// Puts bytes below what is there and returns where.
    @inline(never)
    mutating func push(_ bytes: RawSpan) throws(Errno) -> VirtualAddress {
        let start = try reserve(bytes.byteCount)
        try write(bytes, at: start)
        return start
    }
    /// Leaves a random gap of less than 8 KiB and aligns to 16 (arch_align_stack).
    mutating func skip(random: UInt64) throws(Errno) {
        _ = try reserve(Int(random % 8192))
        pointer = VirtualAddress(rawValue: pointer.rawValue & ~15)
    }
    /// Makes room for a table of 64-bit words that starts at a multiple of 16.
    mutating func pushTable(words: Int, rounded: Int) throws(Errno) -> VirtualAddress {
        _ = try reserve(rounded * 8)
        _ = try reserve((words - rounded) * 8)
        pointer = VirtualAddress(rawValue: pointer.rawValue & ~15)
        return pointer
    }

    private func write(_ bytes: RawSpan, at start: VirtualAddress) throws(Errno) {
        var done = 0
        while done < bytes.byteCount {
            guard let address = start.advanced(by: UInt64(done)) else { throw .badAddress }
            let count = min(bytes.byteCount - done, Page.size - address.pageOffset)
            let frame = try space.frame(at: address.pageDown, for: .write)
            frame.withMutableBytes { page in
                for index in 0..<count {
                    page.storeLittleEndian(
                        bytes.byte(at: done + index), at: address.pageOffset + index)
                }
            }
            done += count
        }
    }
    /// Stores a word of a table. Precondition: aligned to 8.
    func store(_ word: UInt64, at address: VirtualAddress) throws(Errno) {
        try space.frame(at: address.pageDown, for: .write).store(word, at: address.pageOffset)
    }
}

/// Words written one after the other into a table on the stack.
struct TableWriter {
    private(set) var address: VirtualAddress

    init(at address: VirtualAddress) { self.address = address }

    @inline(never)
    mutating func append(_ word: UInt64, to stack: ProgramStack) throws(Errno) {
        try stack.store(word, at: address)
        guard let next = address.advanced(by: 8) else { throw .badAddress }
        address = next
    }
    mutating func append(
        _ type: AuxiliaryType, _ value: UInt64, to stack: ProgramStack
    ) throws(Errno) {
        try append(type.rawValue, to: stack)
        try append(value, to: stack)
    }
    /// Appends the addresses of `strings`, which begin at `start`, and a null pointer.
    @inline(never)
    mutating func append(
        _ strings: borrowing ProgramStrings, at start: VirtualAddress,
        to stack: ProgramStack
    ) throws(Errno) {
        var offset = 0
        while offset < strings.byteCount {
            try append(start.rawValue + UInt64(offset), to: stack)
            offset += strings.length(at: offset) + 1
        }
        try append(0, to: stack)
    }
}
