internal import CLinux
internal import Glibc
package import LinuxABI

/// A child process, killed when its owner goes before it ended.
package struct ChildProcess: ~Copyable, Sendable {
    /// Readable once the child has ended (pidfd_open(2)).
    package let descriptor: OwnedDescriptor
    private let identity: Int32

    /// How a child ended.
    package enum End: Equatable, Sendable {
        case exited(status: Int32)
        case killed(signal: Int32)
    }

    /// Starts a program; its descriptors from 3 on are copies of `descriptors`, both its outputs go
    /// to `output`. It dies with the calling thread.
    package init(
        _ path: String, arguments: [[UInt8]], descriptors: [Descriptor], output: Descriptor
    ) throws(Errno) {
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe []
        defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
        for argument in arguments {
            let copy = unsafe (argument + [0]).withUnsafeBytes { bytes in
                // SAFETY: the bytes end in the NUL that was appended.
                unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                    unsafe characters.baseAddress.flatMap { unsafe strdup($0) }
                }
            }
            guard unsafe copy != nil else { throw .outOfMemory }
            unsafe pointers.append(copy)
        }
        unsafe pointers.append(nil)
        var identity: Int32 = 0
        let numbers = descriptors.map(\.rawValue)
        let result = unsafe clinux_start_child(
            path, pointers, numbers, numbers.count, output.rawValue, &identity)
        descriptor = try OwnedDescriptor(checking: result)
        self.identity = identity
    }

    /// Ends the child now, whatever it does.
    package func kill() { clinux_kill(identity) }

    /// Waits for the end.
    package consuming func wait() -> End {
        let status = clinux_reap(identity)
        return status & 0x7f == 0
            ? .exited(status: status >> 8 & 0xff) : .killed(signal: status & 0x7f)
    }
}

/// A connected pair of stream sockets of which neither blocks.
package struct SocketPair: ~Copyable, Sendable {
    package let own: OwnedDescriptor
    package let peer: OwnedDescriptor

    /// `sendByteCount` bounds what may lie on its way to the peer.
    package init(sendByteCount: Int32 = 0) throws(Errno) {
        var numbers: [Int32] = [-1, -1]
        guard unsafe clinux_socket_pair(&numbers, sendByteCount) == 0 else { throw .last }
        own = OwnedDescriptor(owning: numbers[0])
        peer = OwnedDescriptor(owning: numbers[1])
    }
    /// Gives both up, to live as long as the process or until they are closed.
    package consuming func leak() -> (own: Descriptor, peer: Descriptor) {
        (own.leak(), peer.leak())
    }
}

extension Host {
    /// A pipe: its reading end, which does not block, and its writing end.
    package static func pipe() throws(Errno) -> (reading: Descriptor, writing: Descriptor) {
        var numbers: [Int32] = [-1, -1]
        guard unsafe clinux_pipe(&numbers) == 0 else { throw .last }
        return (Descriptor(rawValue: numbers[0]), Descriptor(rawValue: numbers[1]))
    }
    /// Closes a descriptor that was leaked.
    package static func close(_ descriptor: Descriptor) { _ = Glibc.close(descriptor.rawValue) }
    /// The file that a command's name means, looked for in PATH; `nil` where there is none.
    package static func executable(named name: String) -> String? {
        if name.contains("/") { return unsafe clinux_is_executable(name) != 0 ? name : nil }
        for folder in (environment("PATH") ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        {
            let path = "\(folder)/\(name)"
            if unsafe clinux_is_executable(path) != 0 { return path }
        }
        return nil
    }
}
