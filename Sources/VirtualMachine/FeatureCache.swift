internal import Base
internal import KVM
internal import LinuxABI
internal import LinuxHost

/// What CPUID may answer on this host, kept until it boots or loads KVM anew: asking KVM costs 0.3
/// to 0.7 ms on nested hosts, a tenth of a start.
///
/// The file lies in the user's own runtime directory. It is believed only if it is a regular file of
/// this user's that nobody else may write, of exactly the size it says, made in this boot and with
/// this /dev/kvm. Whatever is wrong with it, KVM is asked; a file that can't be written is no error.
enum FeatureCache {
    static func features(
        of device: borrowing KVMDevice
    ) throws(MachineFailure) -> ProcessorFeatures {
        let key = key()
        if let key, let path, let features = read(path, key: key) { return features.restricted }
        do {
            let features = try ProcessorFeatures(supportedBy: device)
            if let key, let path { write(features, to: path, key: key) }
            return features.restricted
        } catch { throw MachineFailure(error) }
    }

    /// `$XDG_RUNTIME_DIR` or /run/user/UID; /run for root, who has no other.
    private static var path: String? {
        let name = "martlet-cpuid"
        if let directory = Host.environment("XDG_RUNTIME_DIR"), directory.hasPrefix("/") {
            return "\(directory)/\(name)"
        }
        let user = Host.userIdentity
        return user == 0 ? "/run/\(name)" : "/run/user/\(user)/\(name)"
    }

    /// The host's boot, and when its /dev/kvm was made.
    private static func key() -> [UInt8]? {
        guard let boot = Host.text(ofFile: "/proc/sys/kernel/random/boot_id", atMost: 64),
            let made = Host.changeTime(ofPath: KVMDevice.path)
        else { return nil }
        return Array("martlet-cpuid 1 \(boot)\(made)\n".utf8)
    }

    private static let entrySize = 28
    private static let maximumEntries = 256

    static func read(_ path: String, key: [UInt8]) -> ProcessorFeatures? {
        do throws(Errno) {
            let file = try OwnedDescriptor.readingWithoutFollowing(path: path)
            let status = try file.borrowed.status()
            guard status.isRegular, status.owner == Host.userIdentity, !status.isWritableByOthers
            else { return nil }
            let limit = key.count + maximumEntries * entrySize
            guard status.byteCount <= limit else { return nil }
            let bytes = try file.borrowed.contents(from: 0, atMost: limit)
            return decode(bytes, key: key)
        } catch { return nil }
    }

    static func decode(_ bytes: [UInt8], key: [UInt8]) -> ProcessorFeatures? {
        guard bytes.starts(with: key), (bytes.count - key.count) % entrySize == 0,
            bytes.count > key.count
        else { return nil }
        let view = bytes.span.raw
        var entries: [ProcessorFeatures.Entry] = []
        for start in stride(from: key.count, to: bytes.count, by: entrySize) {
            func word(_ index: Int) -> UInt32 {
                view.littleEndian(UInt32.self, at: start + 4 * index)
            }
            entries.append(
                ProcessorFeatures.Entry(
                    function: word(0), index: word(1), flags: word(2), eax: word(3), ebx: word(4),
                    ecx: word(5), edx: word(6)))
        }
        return ProcessorFeatures(entries: entries)
    }

    static func encode(_ features: ProcessorFeatures, key: [UInt8]) -> [UInt8] {
        var bytes = key
        for entry in features.entries.prefix(maximumEntries) {
            for word in [
                entry.function, entry.index, entry.flags, entry.eax, entry.ebx, entry.ecx,
                entry.edx,
            ] {
                for shift in stride(from: UInt32(0), to: 32, by: 8) {
                    bytes.append(UInt8(truncatingIfNeeded: word >> shift))
                }
            }
        }
        return bytes
    }

    /// Writes a new file and renames it, so that no reader sees a half.
    private static func write(_ features: ProcessorFeatures, to path: String, key: [UInt8]) {
        let new = "\(path).\(Host.processIdentity)"
        do throws(Errno) {
            let file = try OwnedDescriptor.creating(path: new)
            file.borrowed.writeAll(encode(features, key: key))
            try Host.rename(new, to: path)
        } catch { Host.remove(new) }
    }
}

extension ProcessorFeatures {
    /// Cut to what CPU 0 of a Martlet machine is given.
    fileprivate var restricted: ProcessorFeatures {
        var result = self
        result.restrict(toProcessor: 0)
        return result
    }
}
