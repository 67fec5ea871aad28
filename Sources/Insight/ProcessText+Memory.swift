internal import Base
internal import LinuxABI
internal import Processes

// What a program's own memory holds: strings and vectors of its start.
extension ProcessText {
    /// cmdline: the arguments, as the program has them now (get_mm_cmdline).
    static func commandLine(_ subject: Subject, _ text: inout TextBuffer) {
        guard let memory = subject.memory else { return }
        let (arguments, environment) = (memory.argumentRange, memory.environmentRange)
        guard arguments.lowerBound < arguments.upperBound else { return }
        // Without a NUL at their end the program wrote a title, which may go on into the environment.
        guard let last = arguments.upperBound.retreated(by: 1), byte(at: last, of: memory) ?? 0 != 0
        else { return self.memory(arguments, of: memory, &text) }
        let follows = environment.lowerBound == arguments.upperBound
        let end = follows ? environment.upperBound : arguments.upperBound
        var address = arguments.lowerBound
        // Linux looks at a page of it.
        var left = Page.size
        while address < end, left > 0, let byte = byte(at: address, of: memory) {
            text.append(byte: byte)
            guard byte != 0, let next = address.advanced(by: 1) else { return }
            address = next
            left -= 1
        }
    }
    private static func byte(at address: VirtualAddress, of memory: ProcessMemory) -> UInt8? {
        var storage = InlineArray<1, UInt8>(repeating: 0)
        var span = storage.mutableSpan
        var bytes = span.mutableRaw
        guard (try? memory.read(at: address, into: &bytes)) == 1 else { return nil }
        return bytes.bytes.byte(at: 0)
    }

    /// Bytes as they are now; ends where they can't be read.
    static func memory(
        _ range: Range<VirtualAddress>, of memory: ProcessMemory, _ text: inout TextBuffer
    ) {
        var address = range.lowerBound
        var storage = InlineArray<256, UInt8>(repeating: 0)
        while address < range.upperBound {
            let left = range.upperBound.rawValue - address.rawValue
            let count = Int(min(UInt64(256), left))
            var done = 0
            do throws(Errno) {
                var span = storage.mutableSpan
                var bytes = span.mutableRaw
                var part = bytes._mutatingExtracting(first: count)
                done = try memory.read(at: address, into: &part)
            } catch {
                return
            }
            text.append(storage.span.raw.extracting(first: done))
            guard done == count, let next = address.advanced(by: UInt64(count)) else { return }
            address = next
        }
    }
    /// The auxiliary vector up to and with AT_NULL.
    static func auxiliaryVector(_ memory: ProcessMemory, _ text: inout TextBuffer) {
        var address = memory.auxiliaryVector
        // More entries than there are types (linux/auxvec.h).
        for _ in 0..<64 {
            guard let end = address.advanced(by: 16), let type = memory.word(at: address) else {
                return
            }
            self.memory(address..<end, of: memory, &text)
            guard type != 0 else { return }
            address = end
        }
    }
}
