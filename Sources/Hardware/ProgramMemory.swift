package import Base
internal import CPUAssembly
package import LinuxABI
internal import NucleusLayout

/// The program's memory as the library OS reaches it: each access may fault and then is EFAULT.
///
/// A fault first goes to the address space (a page may be missing, shared or to be copied), so no
/// lock that the fault path takes, and no exclusive access to an address space, is held here.
package enum ProgramMemory {
    /// Whether `count` bytes at `address` lie where a program's memory can be.
    package static func contains(_ address: VirtualAddress, count: Int) -> Bool {
        guard count >= 0, let end = address.advanced(by: UInt64(count)) else { return false }
        guard end.rawValue <= ProgramSpace.end.rawValue else { return false }
        return end.rawValue <= UInt64(LIBRARY_BASE) || address.rawValue >= UInt64(LIBRARY_END)
    }

    /// Copies a frame's bytes to the program. EFAULT.
    package static func copyOut(
        _ frame: Frame, at offset: Int, count: Int, to address: VirtualAddress
    ) throws(Errno) {
        precondition(count >= 0 && offset >= 0 && offset <= Page.size - count)
        try unsafe transfer(count: count, program: address) { destination in
            unsafe cpu_program_copy(
                destination, DirectMap.pointer(frame).advanced(by: offset), count)
        }
    }
    /// Copies the program's bytes into a frame. EFAULT; bytes before the fault may be written.
    package static func copyIn(
        from address: VirtualAddress, count: Int, into frame: Frame, at offset: Int
    ) throws(Errno) {
        precondition(count >= 0 && offset >= 0 && offset <= Page.size - count)
        try unsafe transfer(count: count, program: address) { source in
            unsafe cpu_program_copy(
                DirectMap.pointer(frame).advanced(by: offset), source, count)
        }
    }
    /// Copies bytes to the program. EFAULT.
    package static func copyOut(_ bytes: RawSpan, to address: VirtualAddress) throws(Errno) {
        let count = bytes.byteCount
        guard count > 0 else { return }
        guard contains(address, count: count),
            let destination = unsafe UnsafeMutableRawPointer(bitPattern: UInt(address.rawValue))
        else { throw .badAddress }
        let left = unsafe bytes.withUnsafeBytes { buffer -> Int in
            guard let source = buffer.baseAddress else { return 0 }
            return unsafe cpu_program_copy(destination, source, count)
        }
        guard left == 0 else { throw .badAddress }
    }
    /// Fills `bytes` from the program. EFAULT.
    package static func copyIn(
        from address: VirtualAddress, into bytes: inout MutableRawSpan
    ) throws(Errno) {
        let count = bytes.byteCount
        guard count > 0 else { return }
        guard contains(address, count: count),
            let source = unsafe UnsafeRawPointer(bitPattern: UInt(address.rawValue))
        else { throw .badAddress }
        let left = unsafe bytes.withUnsafeMutableBytes { buffer -> Int in
            guard let destination = buffer.baseAddress else { return 0 }
            return unsafe cpu_program_copy(destination, source, count)
        }
        guard left == 0 else { throw .badAddress }
    }
    /// Zeroes program memory. EFAULT.
    package static func zero(_ address: VirtualAddress, count: Int) throws(Errno) {
        try unsafe transfer(count: count, program: address) { unsafe cpu_program_zero($0, count) }
    }
    /// Loads an integer of the program at any alignment. EFAULT.
    package static func load<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, at address: VirtualAddress
    ) throws(Errno) -> Value {
        var value: Value = 0
        let size = MemoryLayout<Value>.size
        try unsafe transfer(count: size, program: address) { source in
            unsafe withUnsafeMutableBytes(of: &value) { bytes -> Int in
                guard let destination = bytes.baseAddress else { return size }
                return unsafe cpu_program_copy(destination, source, size)
            }
        }
        return value
    }
    /// Stores an integer into the program at any alignment. EFAULT.
    package static func store<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value, at address: VirtualAddress
    ) throws(Errno) {
        let size = MemoryLayout<Value>.size
        try unsafe transfer(count: size, program: address) { destination in
            unsafe withUnsafeBytes(of: value) { bytes -> Int in
                guard let source = bytes.baseAddress else { return size }
                return unsafe cpu_program_copy(destination, source, size)
            }
        }
    }
    /// Stores `desired` into a word of the program where it is `expected`, as one access that no CPU gets
    /// between; returns what it was. Precondition: the address is a multiple of 4. EFAULT.
    package static func exchange(
        at address: VirtualAddress, expected: UInt32, desired: UInt32
    ) throws(Errno) -> UInt32 {
        var result: UInt64 = 0
        try unsafe transfer(count: 4, program: address) { pointer in
            result = unsafe cpu_program_exchange(
                pointer.assumingMemoryBound(to: UInt32.self), expected, desired)
            return result >> 32 == 0 ? 0 : 4
        }
        return UInt32(truncatingIfNeeded: result)
    }
    /// Changes a word of the program as one access; returns what it was. Precondition and error: as above.
    package static func update(
        at address: VirtualAddress, _ change: (UInt32) -> UInt32
    ) throws(Errno) -> UInt32 {
        var old = try load(UInt32.self, at: address)
        while true {
            let seen = try exchange(at: address, expected: old, desired: change(old))
            if seen == old { return old }
            old = seen
        }
    }
    /// Copies a NUL-terminated string without its NUL into `bytes`; returns its length, or `nil` if
    /// no NUL came within `bytes`. EFAULT.
    package static func copyInString(
        from address: VirtualAddress, into bytes: inout MutableRawSpan
    ) throws(Errno) -> Int? {
        let limit = bytes.byteCount
        guard contains(address, count: 1),
            let source = unsafe UnsafeRawPointer(bitPattern: UInt(address.rawValue))
        else { throw .badAddress }
        let end =
            address.rawValue < UInt64(LIBRARY_BASE)
            ? UInt64(LIBRARY_BASE) : ProgramSpace.end.rawValue
        let reachable = min(UInt64(limit), end - address.rawValue)
        let copied = unsafe bytes.withUnsafeMutableBytes { buffer -> Int in
            guard let destination = buffer.baseAddress else { return 0 }
            return unsafe cpu_program_copy_string(destination, source, Int(reachable))
        }
        guard copied >= 0 else { throw .badAddress }
        guard copied > 0, bytes.bytes.byte(at: copied - 1) == 0 else {
            if reachable < limit { throw .badAddress }
            return nil
        }
        return copied - 1
    }

    @unsafe private static func transfer(
        count: Int, program address: VirtualAddress, _ copy: (UnsafeMutableRawPointer) -> Int
    ) throws(Errno) {
        guard count > 0 else { return }
        guard contains(address, count: count),
            let pointer = unsafe UnsafeMutableRawPointer(bitPattern: UInt(address.rawValue))
        else { throw .badAddress }
        // SAFETY: the copies go through the fault table, so a bad program address is a short count.
        guard unsafe copy(pointer) == 0 else { throw .badAddress }
    }
}
