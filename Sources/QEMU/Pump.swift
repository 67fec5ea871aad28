internal import LinuxABI
internal import LinuxHost

/// Bytes on their way from one descriptor to another, of which neither blocks.
struct Pump {
    private(set) var pending: ArraySlice<UInt8> = []
    /// The source gives no more.
    private(set) var hasEnded = false
    /// Why the target takes no more.
    private(set) var failure: Errno?
    private(set) var byteCount: UInt64 = 0
    private let chunk: Int

    /// Reads at most `chunk` bytes at a time.
    init(chunk: Int) { self.chunk = chunk }

    /// Nothing is here that the target is to take.
    var isEmpty: Bool { pending.isEmpty }

    /// Reads once, where there is room.
    mutating func read(from source: Descriptor) {
        guard pending.isEmpty, !hasEnded else { return }
        do {
            let bytes = try source.read(atMost: chunk)
            hasEnded = bytes.isEmpty
            byteCount += UInt64(bytes.count)
            pending = bytes[...]
        } catch .tryAgain {
        } catch .interrupted {
        } catch {
            // A directory, a terminal that hung up, a peer that is gone: as good as the end.
            hasEnded = true
        }
    }
    /// Writes what the target takes now.
    mutating func write(_ send: (ArraySlice<UInt8>) -> Result<Int, Errno>) {
        while !pending.isEmpty, failure == nil {
            switch send(pending) {
            case .success(let count): pending = pending.dropFirst(count)
            case .failure(.tryAgain), .failure(.interrupted): return
            case .failure(let reason): failure = reason
            }
        }
        if failure != nil {
            pending = []
            hasEnded = true
        }
    }
}
