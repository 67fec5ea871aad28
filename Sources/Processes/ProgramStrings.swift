internal import Base
internal import Memory

/// A list of strings of any bytes but NUL: a program's arguments or its environment.
///
/// Its size is the host's or the program's choice, so adding may fail.
package struct ProgramStrings: ~Copyable {
    private var storage: FixedBuffer<UInt8>
    /// Bytes of all strings, their NULs included.
    package private(set) var byteCount = 0
    package private(set) var count = 0

    /// Makes an empty list; `nil` without memory.
    package init?() {
        guard let storage = FixedBuffer<UInt8>(count: 256, repeating: 0) else { return nil }
        self.storage = storage
    }

    /// Makes room for a string of `byteCount` bytes; whether there was memory.
    private mutating func reserve(_ byteCount: Int) -> Bool {
        let needed = self.byteCount + byteCount + 1
        guard needed > storage.count else { return true }
        guard
            let grown = storage.grown(
                to: max(needed, storage.count * 2), filling: 0)
        else { return false }
        storage = grown
        return true
    }
    /// Whether bytes begin a string or go on with the last one.
    package enum Piece: Sendable {
        case new
        case continued
    }
    /// Adds a string up to its first NUL or its end. Returns whether there was memory.
    package mutating func append(_ bytes: RawSpan, _ piece: Piece = .new) -> Bool {
        guard reserve(bytes.byteCount) else { return false }
        if piece == .continued {
            byteCount -= 1
            count -= 1
        }
        var index = 0
        while index < bytes.byteCount {
            let byte = bytes.byte(at: index)
            if byte == 0 { break }
            storage[byteCount + index] = byte
            index += 1
        }
        finish(index)
        return true
    }
    /// Adds a string of at most `byteCount` bytes that `write` stores and counts.
    package mutating func append(
        byteCount: Int, _ write: (inout MutableRawSpan) -> Int
    ) -> Bool {
        guard reserve(byteCount) else { return false }
        let start = self.byteCount
        var bytes = storage.mutableBytes
        var part = bytes._mutatingExtracting(start..<start + byteCount)
        let written = write(&part)
        finish(min(written, byteCount))
        return true
    }
    private mutating func finish(_ length: Int) {
        storage[byteCount + length] = 0
        byteCount += length + 1
        count += 1
    }

    /// Makes sure that there is a first string, be it empty, as execve(2) does; whether there was memory.
    mutating func hasFirst() -> Bool {
        guard count == 0 else { return true }
        let empty: StaticString = ""
        return append(empty.bytes)
    }
    /// Puts three strings in the first one's place, the second only where it is not empty; whether there was
    /// memory.
    mutating func replaceFirst(
        by first: RawSpan, _ second: RawSpan, _ third: RawSpan
    ) -> Bool {
        guard var new = ProgramStrings(), new.append(first),
            second.byteCount == 0 || new.append(second), new.append(third)
        else { return false }
        var offset = length(at: 0) + 1
        while offset < byteCount {
            let size = length(at: offset)
            guard new.append(storage.bytes.extracting(offset..<offset + size)) else { return false }
            offset += size + 1
        }
        self = new
        return true
    }

    /// All strings, each with its NUL.
    package var bytes: RawSpan {
        @_lifetime(borrow self) get { storage.bytes.extracting(first: byteCount) }
    }
    /// Length of the longest string, its NUL included.
    var longest: Int {
        @inline(never) get {
            var longest = 0
            var offset = 0
            while offset < byteCount {
                let size = length(at: offset) + 1
                longest = max(longest, size)
                offset += size
            }
            return longest
        }
    }
    /// Length without NUL of the string that begins at `offset`. Precondition: one begins there.
    func length(at offset: Int) -> Int {
        var end = offset
        while storage[end] != 0 { end += 1 }
        return end - offset
    }
}
