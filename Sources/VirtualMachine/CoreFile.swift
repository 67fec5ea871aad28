internal import DeviceModels
internal import LinuxABI
package import LinuxHost
internal import Synchronization

/// The file that takes the memory of a program which a signal ends (`--core`).
///
/// It is opened before the guest runs, and written at offsets that the guest says. What a guest can make it
/// take is bounded: bytes in all by a machine's memory and its tables, offsets by `maximumOffset`; what is
/// beyond ends a guest.
package final class CoreFile: Sendable {
    private let file: Descriptor
    private let path: String
    private let maximumByteCount: UInt64
    /// Holes may make a file larger than any memory: 16 TiB, which file systems take.
    static let maximumOffset: UInt64 = 1 << 44
    private let state = Mutex(State())
    private struct State {
        var byteCount: UInt64 = 0
        var failure: Errno?
    }

    /// Creates or empties a file for a machine of so much memory.
    package init(path: String, memoryByteCount: UInt64) throws(MachineFailure) {
        do throws(Errno) {
            file = try OwnedDescriptor.emptied(path: path).leak()
        } catch {
            throw .refused("\(path): \(Host.description(of: error))")
        }
        self.path = path
        // A page may be in several mappings; headers and notes are beside the pages.
        maximumByteCount =
            memoryByteCount.multipliedReportingOverflow(by: 2).partialValue &+ 64 << 20
    }
    package var descriptor: Descriptor { file }

    /// Writes bytes of the guest. After a failure of the host the rest is dropped.
    func write(_ bytes: ArraySlice<UInt8>, at offset: UInt64) throws(GuestFault) {
        let total = state.withLock { state in
            state.byteCount += UInt64(bytes.count)
            return state.byteCount
        }
        guard total <= maximumByteCount, offset <= Self.maximumOffset else {
            throw GuestFault("the kernel wrote more into the core file than its machine has")
        }
        guard state.withLock({ $0.failure }) == nil else { return }
        do throws(Errno) {
            try file.replace(at: Int64(offset), with: Array(bytes))
        } catch {
            state.withLock { $0.failure = error }
        }
    }
    /// What there is to say of it when the machine has ended; `nil` where nothing was written.
    package var report: String? {
        let (byteCount, failure) = state.withLock { ($0.byteCount, $0.failure) }
        if let failure {
            return "the core file \(path) is not complete: \(Host.description(of: failure))"
        }
        return byteCount == 0 ? nil : "the program's memory is in the core file \(path)"
    }
}
