internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes

// Options of sockets (socket(7)).
extension SystemCalls {
    /// setsockopt(2): Sets an option. Errors: EBADF, EDOM, EFAULT, EINVAL, ENOPROTOOPT, ENOTSOCK,
    /// EOPNOTSUPP, EPERM.
    static func setsockopt(
        _ caller: Caller, descriptor: Int32, level: Int32, option: Int32, value: VirtualAddress,
        length: Int32
    ) throws(Errno) -> Int {
        guard length >= 0 else { throw .invalidArgument }
        let (socket, _) = try caller.socket(descriptor)
        guard level == SocketOptionNumber.level else { throw .notSupported }
        guard length >= 4 else { throw .invalidArgument }
        let number = try ProgramMemory.load(Int32.self, at: value)
        guard let option = SocketOptionNumber(rawValue: option) else { throw .noProtocolOption }
        switch option {
        case .sendBuffer: socket.setSendBuffer(min(UInt32(bitPattern: number), maximumBuffer))
        case .receiveBuffer:
            socket.setReceiveBuffer(min(UInt32(bitPattern: number), maximumBuffer))
        case .sendBufferForce, .receiveBufferForce:
            guard caller.process.credentials.has(.networkAdministration) else {
                throw .operationNotPermitted
            }
            let size = UInt32(max(0, number))
            if option == .sendBufferForce {
                socket.setSendBuffer(size)
            } else {
                socket.setReceiveBuffer(size)
            }
        case .sendTimeout, .sendTimeoutNew:
            socket.options.sendTimeout = try timeout(at: value, length)
        case .receiveTimeout, .receiveTimeoutNew:
            socket.options.receiveTimeout = try timeout(at: value, length)
        case .receiveLowWater:
            socket.options.receiveLowWater = number < 0 ? Int(Int32.max) : max(1, Int(number))
        case .passCredentials: socket.options.passesCredentials = number != 0
        case .peekOffset:
            // The largest negative number is as good as -1, which is none.
            socket.options.peekOffset = number < 0 ? nil : Int(number)
        case .linger:
            guard length >= 8 else { throw .invalidArgument }
            socket.options.isLingering = number != 0
            if number != 0 {
                socket.options.lingerSeconds = try ProgramMemory.load(
                    Int32.self, at: field(value, 4))
            }
        case .priority:
            guard (0...6).contains(number) || caller.process.credentials.has(.networkAdministration)
            else { throw .operationNotPermitted }
            socket.options.priority = number
        // SO_REUSEPORT is for addresses of the internet.
        case .reusePort: if number != 0 { throw .notSupported }
        case .debug, .reuseAddress, .doNotRoute, .broadcast, .keepAlive, .outOfBandInline, .noCheck:
            if option == .debug, number != 0,
                !caller.process.credentials.has(.networkAdministration)
            {
                throw .permissionDenied
            }
            let bit: UInt64 = 1 << UInt64(option.rawValue)
            if number != 0 {
                socket.options.flags |= bit
            } else {
                socket.options.flags &= ~bit
            }
        case .type, .error, .protocolNumber, .domain, .acceptsConnections, .sendLowWater,
            .peerCredentials, .peerGroups:
            throw .noProtocolOption
        }
        return 0
    }
    private static let maximumBuffer = UInt32(SocketOptions.maximumBuffer)

    /// A limit of time; none where it is zero, and no waiting at all where it is negative. EDOM, EFAULT,
    /// EINVAL (sock_set_timeout).
    private static func timeout(
        at address: VirtualAddress, _ length: Int32
    ) throws(Errno) -> Nanoseconds? {
        guard length >= 16 else { throw .invalidArgument }
        let seconds = try ProgramMemory.load(Int64.self, at: address)
        let microseconds = try ProgramMemory.load(Int64.self, at: field(address, 8))
        guard (0..<1_000_000).contains(microseconds) else { throw .outOfDomain }
        if seconds < 0 { return .zero }
        guard seconds > 0 || microseconds > 0 else { return nil }
        let longest: Int64 = .max / Nanoseconds.perSecond / 2
        guard seconds < longest else { return nil }
        return Nanoseconds(
            rawValue: seconds * Nanoseconds.perSecond + microseconds * 1000)
    }

    /// getsockopt(2): Tells an option. Errors: EBADF, EFAULT, EINVAL, ENODATA, ENOPROTOOPT, ENOTSOCK,
    /// EOPNOTSUPP.
    static func getsockopt(
        _ caller: Caller, descriptor: Int32, level: Int32, option: Int32, value: VirtualAddress,
        length: VirtualAddress
    ) throws(Errno) -> Int {
        let (socket, _) = try caller.socket(descriptor)
        guard level == SocketOptionNumber.level else { throw .notSupported }
        let room = try ProgramMemory.load(Int32.self, at: length)
        guard room >= 0 else { throw .invalidArgument }
        guard let option = SocketOptionNumber(rawValue: option) else { throw .noProtocolOption }
        var bytes = InlineArray<16, UInt8>(repeating: 0)
        let count: Int
        do {
            var span = bytes.mutableSpan
            var raw = span.mutableRaw
            count = try encode(option, of: socket, into: &raw)
        }
        let stored = min(Int(room), count)
        try ProgramMemory.copyOut(bytes.span.raw.extracting(first: stored), to: value)
        try ProgramMemory.store(Int32(stored), at: length)
        return 0
    }
    /// Writes an option's value; returns its bytes.
    private static func encode(
        _ option: SocketOptionNumber, of socket: Socket, into bytes: inout MutableRawSpan
    ) throws(Errno) -> Int {
        let options = socket.options
        let number: Int
        switch option {
        case .type: number = Int(socket.type.rawValue)
        case .domain: number = Int(socket.family)
        case .protocolNumber: number = Int(socket.protocolNumber)
        case .error: number = Int(socket.takePendingError()?.rawValue ?? 0)
        case .acceptsConnections: number = socket.isListening ? 1 : 0
        case .sendBuffer: number = options.sendBuffer
        case .receiveBuffer: number = options.receiveBuffer
        case .sendLowWater: number = 1
        case .receiveLowWater: number = options.receiveLowWater
        case .passCredentials: number = options.passesCredentials ? 1 : 0
        case .peekOffset: number = options.peekOffset ?? -1
        case .priority: number = Int(options.priority)
        case .reusePort: number = 0
        case .debug, .reuseAddress, .doNotRoute, .broadcast, .keepAlive, .outOfBandInline, .noCheck:
            number = Int(options.flags >> UInt64(option.rawValue) & 1)
        case .linger:
            bytes.storeLittleEndian(Int32(options.isLingering ? 1 : 0), at: 0)
            bytes.storeLittleEndian(options.lingerSeconds, at: 4)
            return 8
        case .peerCredentials:
            bytes.storeLittleEndian(socket.peer.process, at: 0)
            bytes.storeLittleEndian(socket.peer.user, at: 4)
            bytes.storeLittleEndian(socket.peer.group, at: 8)
            return 12
        case .sendTimeout, .sendTimeoutNew: return encode(options.sendTimeout, into: &bytes)
        case .receiveTimeout, .receiveTimeoutNew:
            return encode(options.receiveTimeout, into: &bytes)
        // Nobody can say which groups the other side had.
        case .peerGroups: throw .noData
        case .sendBufferForce, .receiveBufferForce: throw .noProtocolOption
        }
        bytes.storeLittleEndian(Int32(truncatingIfNeeded: number), at: 0)
        return 4
    }
    private static func encode(_ time: Nanoseconds?, into bytes: inout MutableRawSpan) -> Int {
        let time = time?.rawValue ?? 0
        bytes.storeLittleEndian(time / Nanoseconds.perSecond, at: 0)
        bytes.storeLittleEndian(time % Nanoseconds.perSecond / 1000, at: 8)
        return 16
    }
}

extension Socket {
    /// SO_SNDBUF: twice what is asked for, and enough for a message (sk_setsockopt).
    fileprivate func setSendBuffer(_ byteCount: UInt32) {
        options.sendBuffer = max(
            Int(min(byteCount, UInt32(Int32.max / 2))) * 2, SocketOptions.minimumSendBuffer)
        roomChanged()
    }
    fileprivate func setReceiveBuffer(_ byteCount: UInt32) {
        options.receiveBuffer = max(
            Int(min(byteCount, UInt32(Int32.max / 2))) * 2, SocketOptions.minimumReceiveBuffer)
    }
}
