internal import Base
internal import Memory
internal import Trace
internal import Wire

/// A shortage of memory at a chosen point of the program's run, asked for by `shortage=KIND:N` on the
/// command line: the N-th allocation fails (of `frames`, `heap`, `admissions`), or only the library OS's
/// reserve is left from it on (`rest`).
///
/// Whatever fails, the program must see ENOMEM, be killed, or go on: never may the library OS trap
/// (Scripts/test-shortage). When the program ends a line says whether N was reached.
enum Shortage {
    private enum Kind {
        case single(InjectedShortage)
        case rest

        init?(_ name: RawSpan) {
            if name.equals("frames") {
                self = .single(.frames)
            } else if name.equals("heap") {
                self = .single(.heap)
            } else if name.equals("admissions") {
                self = .single(.admissions)
            } else if name.equals("rest") {
                self = .rest
            } else {
                return nil
            }
        }
        func inject(at n: Int) {
            switch self {
            case .single(let shortage): shortage.inject(at: n)
            case .rest: Frames.injectExhaustion(at: n)
            }
        }
        var isAhead: Bool {
            switch self {
            case .single(let shortage): shortage.isAhead
            case .rest: Frames.isExhaustionAhead
            }
        }
    }
    private static let current = Global<Kind?>(nil)

    /// Begins to count; false where the word is none.
    static func start(_ word: borrowing CommandLineWord) -> Bool {
        var bytes = InlineArray<32, UInt8>(repeating: 0)
        guard word.byteCount <= 32 else { return false }
        var count = 0
        do {
            var span = bytes.mutableSpan
            var raw = span.mutableRaw
            count = word.copy(into: &raw, at: 0)
        }
        var colon = 0
        while colon < count, bytes[colon] != UInt8(ascii: ":") { colon += 1 }
        guard colon < count, let kind = Kind(bytes.span.raw.extracting(first: colon)) else {
            return false
        }
        var n = 0
        for index in colon + 1..<count {
            let digit = Int(bytes[index]) - 0x30
            guard (0...9).contains(digit), n < 1_000_000_000 else { return false }
            n = n * 10 + digit
        }
        guard n > 0 else { return false }
        current.value = kind
        kind.inject(at: n)
        return true
    }
    static func programEnded() {
        guard let kind = current.value else { return }
        Log.info(kind.isAhead ? "shortage: not reached" : "shortage: reached")
        kind.inject(at: 0)
    }
}

extension RawSpan {
    fileprivate func equals(_ text: StaticString) -> Bool {
        guard byteCount == text.utf8CodeUnitCount else { return false }
        for index in 0..<byteCount where byte(at: index) != text.byte(at: index) { return false }
        return true
    }
}
