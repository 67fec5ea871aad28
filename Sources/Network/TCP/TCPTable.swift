internal import Base
internal import Wire

/// TCP's flows, and its endpoints by port.
final class TCPTable {
    let limit: Int
    var flows = FlowTable()
    /// Half-open ones among the flows.
    var requestCount = 0
    /// Connections without a program.
    var orphanCount = 0
    /// Those in TIME-WAIT, oldest first.
    private var firstWaiting: TCPConnection?
    private var lastWaiting: TCPConnection?
    private(set) var waitingCount = 0

    private static let bucketCount = 256
    private var ports: [TCPEndpoint?] = Array(repeating: nil, count: bucketCount)

    init(limit: Int) { self.limit = limit }

    // MARK: Ports

    private static func bucket(_ port: UInt16) -> Int { Int(port) & (bucketCount - 1) }
    func firstEndpoint(_ port: UInt16) -> TCPEndpoint? { ports[Self.bucket(port)] }
    func insert(_ endpoint: TCPEndpoint) {
        let bucket = Self.bucket(endpoint.boundPort)
        endpoint.nextInPorts = ports[bucket]
        ports[bucket] = endpoint
    }
    func remove(_ endpoint: TCPEndpoint) {
        let bucket = Self.bucket(endpoint.boundPort)
        if ports[bucket] === endpoint {
            ports[bucket] = endpoint.nextInPorts
        } else {
            var before = ports[bucket]
            while let current = before, current.nextInPorts !== endpoint {
                before = current.nextInPorts
            }
            before?.nextInPorts = endpoint.nextInPorts
        }
        endpoint.nextInPorts = nil
    }
    /// Whether an endpoint may have a port (socket(7): SO_REUSEADDR, SO_REUSEPORT).
    func isFree(_ port: UInt16, _ address: IPAddress, for endpoint: TCPEndpoint) -> Bool {
        let wanted = BoundAddress(address, endpoint.options)
        var other = firstEndpoint(port)
        while let current = other {
            other = current.nextInPorts
            guard current !== endpoint, current.boundPort == port,
                BoundAddress.overlap(current.bound, wanted)
            else { continue }
            if current.options.reusesAddress, endpoint.options.reusesAddress,
                !current.isListening
            {
                continue
            }
            if current.options.reusesPort, endpoint.options.reusesPort,
                current.options.owner == endpoint.options.owner
            {
                continue
            }
            return false
        }
        // Connections of a listener that is gone, those in TIME-WAIT too.
        guard !endpoint.options.reusesAddress, !endpoint.options.reusesPort else { return true }
        var isFree = true
        flows.forEach { entry in
            guard entry.flow.localPort == port,
                wanted.score(entry.flow.local, wanted.interfaceIndex) != nil
            else { return }
            isFree = false
        }
        return isFree
    }
    /// The listener that fits best; of several alike one of the SO_REUSEPORT group by the flow's hash.
    func listener(_ flow: Flow, _ index: UInt8, _ hash: KeyedHash) -> TCPListener? {
        var best: TCPListener?
        var bestScore = -1
        var alike: UInt64 = 0
        var candidate = firstEndpoint(flow.localPort)
        while let current = candidate {
            candidate = current.nextInPorts
            guard let listener = current.listener, current.boundPort == flow.localPort,
                let score = current.bound.score(flow.local, index)
            else { continue }
            if score > bestScore {
                best = listener
                bestScore = score
                alike = 1
            } else if score == bestScore {
                alike += 1
                if hash.hash(flow, alike) % alike == 0 { best = listener }
            }
        }
        return best
    }

    // MARK: TIME-WAIT

    func addWaiting(_ connection: TCPConnection) {
        connection.previousWaiting = lastWaiting
        if let last = lastWaiting {
            last.nextWaiting = connection
        } else {
            firstWaiting = connection
        }
        lastWaiting = connection
        waitingCount += 1
    }
    func removeWaiting(_ connection: TCPConnection) {
        if let previous = connection.previousWaiting {
            previous.nextWaiting = connection.nextWaiting
        } else {
            firstWaiting = connection.nextWaiting
        }
        if let next = connection.nextWaiting {
            next.previousWaiting = connection.previousWaiting
        } else {
            lastWaiting = connection.previousWaiting
        }
        connection.nextWaiting = nil
        connection.previousWaiting = nil
        waitingCount -= 1
    }
    var oldestWaiting: TCPConnection? { firstWaiting }

    func shutDown() {
        flows.forEach { $0.discard() }
        for index in ports.indices {
            while let endpoint = ports[index] { remove(endpoint) }
        }
    }
}
