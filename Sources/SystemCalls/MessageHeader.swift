internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes

/// A `struct msghdr` of the program, or that of a `struct mmsghdr` (recvmsg(2), recvmmsg(2)).
struct MessageHeader {
    private let place: VirtualAddress
    let name: VirtualAddress
    let nameLength: Int32
    private let vectors: VirtualAddress
    private let vectorCount: Int
    private let control: VirtualAddress
    private let controlLength: UInt64

    private enum Field {
        static let nameLength: UInt64 = 8
        static let vectors: UInt64 = 16
        static let vectorCount: UInt64 = 24
        static let control: UInt64 = 32
        static let controlLength: UInt64 = 40
        static let flags: UInt64 = 48
        /// `msg_len` of a struct mmsghdr, and the whole's size.
        static let length: UInt64 = 56
        static let stride: UInt64 = 64
    }
    /// Loads a header. EFAULT, EINVAL, EMSGSIZE for too many buffers.
    init(at address: VirtualAddress) throws(Errno) {
        place = address
        name = VirtualAddress(rawValue: try ProgramMemory.load(UInt64.self, at: address))
        var length = try ProgramMemory.load(
            Int32.self, at: SystemCalls.field(address, Field.nameLength))
        vectors = VirtualAddress(
            rawValue: try ProgramMemory.load(
                UInt64.self, at: SystemCalls.field(address, Field.vectors)))
        let count = try ProgramMemory.load(
            UInt64.self, at: SystemCalls.field(address, Field.vectorCount))
        control = VirtualAddress(
            rawValue: try ProgramMemory.load(
                UInt64.self, at: SystemCalls.field(address, Field.control)))
        controlLength = try ProgramMemory.load(
            UInt64.self, at: SystemCalls.field(address, Field.controlLength))
        if name.isNull { length = 0 }
        guard length >= 0 else { throw .invalidArgument }
        nameLength = min(length, Int32(SocketAddress.maximumByteCount))
        // UIO_MAXIOV
        guard count <= 1024 else { throw .messageTooLong }
        vectorCount = Int(count)
    }
    /// The header of an array of `struct mmsghdr` at an index.
    init(at address: VirtualAddress, index: Int) throws(Errno) {
        try self.init(at: try SystemCalls.field(address, UInt64(index) * Field.stride))
    }
    func buffers() throws(Errno) -> TransferBuffers {
        try TransferBuffers(VectorList(at: vectors, count: vectorCount))
    }
    /// Stores what a message of several counted.
    func storeLength(_ count: Int) throws(Errno) {
        try ProgramMemory.store(
            UInt32(truncatingIfNeeded: count), at: SystemCalls.field(place, Field.length))
    }

    // MARK: Control messages

    /// CMSG_LEN(0), and where the next one begins.
    private static let controlHeader = 16
    private static func aligned(_ count: Int) -> Int { (count + 7) & ~7 }
    /// net.core.optmem_max
    private static let maximumControl = 131_072

    /// Takes SCM_RIGHTS and SCM_CREDENTIALS of the program's into a message (__scm_send). EBADF, EFAULT,
    /// EINVAL, ENOBUFS, ENOMEM, EPERM, ESRCH.
    func loadControl(
        into message: inout OutgoingMessage, for socket: Socket, _ caller: Caller
    ) throws(Errno) {
        guard controlLength <= UInt64(Int32.max) else { throw .noBufferSpace }
        let count = Int(controlLength)
        guard count > 0 else { return }
        guard count <= Self.maximumControl else { throw .noBufferSpace }
        // Linux copies all of it first.
        _ = try ProgramMemory.load(UInt8.self, at: control)
        _ = try ProgramMemory.load(
            UInt8.self, at: SystemCalls.field(control, UInt64(count - 1)))
        var offset = 0
        do throws(Errno) {
            while count - offset >= Self.controlHeader {
                let start = try SystemCalls.field(control, UInt64(offset))
                let length = try ProgramMemory.load(UInt64.self, at: start)
                let level = try ProgramMemory.load(Int32.self, at: SystemCalls.field(start, 8))
                let type = try ProgramMemory.load(Int32.self, at: SystemCalls.field(start, 12))
                guard length >= UInt64(Self.controlHeader), length <= UInt64(count - offset)
                else { throw .invalidArgument }
                let data = Int(length) - Self.controlHeader
                if level == SocketOptionNumber.level {
                    let place = try SystemCalls.field(start, UInt64(Self.controlHeader))
                    switch type {
                    case ControlMessageType.rights:
                        guard socket.family == SocketFamily.unix else { throw .invalidArgument }
                        try addFiles(to: &message, at: place, count: data / 4, caller)
                    case ControlMessageType.credentials:
                        guard data == 12 else { throw .invalidArgument }
                        message.credentials = try credentials(at: place, caller)
                    default: throw .invalidArgument
                    }
                }
                offset += Self.aligned(Int(length))
            }
        } catch {
            message.files?.close()
            message.files = nil
            throw error
        }
    }
    private func addFiles(
        to message: inout OutgoingMessage, at place: VirtualAddress, count: Int, _ caller: Caller
    ) throws(Errno) {
        guard count > 0 else { return }
        let files: PassedFiles
        if let there = message.files { files = there } else { files = try PassedFiles() }
        message.files = files
        guard files.count + count <= ControlMessageType.maximumRights else {
            throw .invalidArgument
        }
        for index in 0..<count {
            let number = try ProgramMemory.load(
                Int32.self, at: SystemCalls.field(place, UInt64(index) * 4))
            try files.add(try caller.anyFile(number))
        }
    }
    /// What a process may say that it is (scm_check_creds). EINVAL, EPERM, ESRCH.
    private func credentials(
        at place: VirtualAddress, _ caller: Caller
    ) throws(Errno) -> PeerCredentials {
        let process = try ProgramMemory.load(Int32.self, at: place)
        let user = try ProgramMemory.load(UInt32.self, at: SystemCalls.field(place, 4))
        let group = try ProgramMemory.load(UInt32.self, at: SystemCalls.field(place, 8))
        guard user != .max, group != .max else { throw .invalidArgument }
        let own = caller.process.credentials
        guard process == caller.process.identifier || own.has(.administration),
            own.users.contains(user) || own.has(.setUser),
            own.groups.contains(group) || own.has(.setGroup)
        else { throw .operationNotPermitted }
        guard ProcessTable.find(process) != nil else { throw .noSuchProcess }
        return PeerCredentials(process: process, user: user, group: group)
    }

    /// Tells the program all of what came but its bytes (____sys_recvmsg). EFAULT, EINVAL.
    func store(
        _ received: IncomingMessage, of socket: Socket, _ flags: MessageFlags, _ caller: Caller
    ) throws(Errno) {
        var output = ControlOutput(
            place: control, room: Int(min(controlLength, UInt64(Int32.max))),
            flags: flags.intersection(.closeOnExec))
        if received.isTruncated { output.flags.insert(.truncated) }
        if let credentials = received.credentials { output.append(credentials) }
        if let files = received.files { output.append(files, caller) }
        if !name.isNull {
            try caller.store(
                received.sender, at: name, length: SystemCalls.field(place, Field.nameLength))
        }
        try ProgramMemory.store(
            output.flags.rawValue, at: SystemCalls.field(place, Field.flags))
        try ProgramMemory.store(
            UInt64(output.done), at: SystemCalls.field(place, Field.controlLength))
    }

    /// Control messages on their way to the program; what does not fit is MSG_CTRUNC.
    private struct ControlOutput {
        let place: VirtualAddress
        var room: Int
        var flags: MessageFlags
        var done = 0

        /// put_cmsg of SCM_CREDENTIALS.
        mutating func append(_ credentials: PeerCredentials) {
            guard !place.isNull, room >= controlHeader else { return flags.insertTruncation() }
            let whole = controlHeader + 12
            let length = min(whole, room)
            if length < whole { flags.insertTruncation() }
            var bytes = InlineArray<28, UInt8>(repeating: 0)
            do {
                var span = bytes.mutableSpan
                var raw = span.mutableRaw
                Self.storeHeader(length, ControlMessageType.credentials, in: &raw)
                raw.storeLittleEndian(credentials.process, at: 16)
                raw.storeLittleEndian(credentials.user, at: 20)
                raw.storeLittleEndian(credentials.group, at: 24)
            }
            guard let target = place.advanced(by: UInt64(done)) else { return }
            // As in Linux, a fault here tells the program nothing.
            try? ProgramMemory.copyOut(bytes.span.raw.extracting(first: length), to: target)
            advance(by: aligned(whole))
        }
        /// Stores a struct cmsghdr for `length` bytes, itself among them.
        @_lifetime(bytes: copy bytes)
        private static func storeHeader(
            _ length: Int, _ type: Int32, in bytes: inout MutableRawSpan
        ) {
            bytes.storeLittleEndian(UInt64(length), at: 0)
            bytes.storeLittleEndian(SocketOptionNumber.level, at: 8)
            bytes.storeLittleEndian(type, at: 12)
        }
        private mutating func advance(by count: Int) {
            done += min(count, room)
            room -= min(count, room)
        }
        /// scm_detach_fds: gives the files descriptors, as many as there is room for.
        mutating func append(_ files: PassedFiles, _ caller: Caller) {
            defer { files.close() }
            guard !place.isNull, room > controlHeader else { return flags.insertTruncation() }
            let count = min(files.count, (room - controlHeader) / 4)
            var stored = 0
            while stored < count, let file = files.takeFirst() {
                do throws(Errno) {
                    try install(file, number: stored, caller)
                } catch { break }
                stored += 1
            }
            if files.count > 0 || stored < count { flags.insertTruncation() }
            guard stored > 0 else { return }
            let length = controlHeader + stored * 4
            if let target = place.advanced(by: UInt64(done)) {
                var bytes = InlineArray<16, UInt8>(repeating: 0)
                do {
                    var span = bytes.mutableSpan
                    var raw = span.mutableRaw
                    Self.storeHeader(length, ControlMessageType.rights, in: &raw)
                }
                try? ProgramMemory.copyOut(bytes.span.raw, to: target)
            }
            advance(by: aligned(length))
        }
        /// Gives a held file a descriptor, or lets go of it. EFAULT, EMFILE, ENOMEM.
        private func install(_ file: OpenFile, number: Int, _ caller: Caller) throws(Errno) {
            let own: DescriptorFlags = flags.contains(.closeOnExec) ? .closeOnExec : []
            let descriptor = Int32(try caller.install(file, own))
            do throws(Errno) {
                let target = try SystemCalls.field(
                    place, UInt64(done + controlHeader + number * 4))
                try ProgramMemory.store(descriptor, at: target)
            } catch {
                try caller.process.descriptors.remove(descriptor).release()
                throw error
            }
        }
    }
}

extension MessageFlags {
    fileprivate mutating func insertTruncation() { insert(.controlTruncated) }
}
