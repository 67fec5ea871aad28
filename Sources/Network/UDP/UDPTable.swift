internal import Base
internal import LinuxABI
package import Wire

/// UDP's endpoints by port.
final class UDPTable {
    private static let bucketCount = 256
    private var buckets: [UDPEndpoint?] = Array(repeating: nil, count: bucketCount)
    private(set) var count = 0

    private static func bucket(_ port: UInt16) -> Int { Int(port) & (bucketCount - 1) }
    func first(_ port: UInt16) -> UDPEndpoint? { buckets[Self.bucket(port)] }

    func insert(_ endpoint: UDPEndpoint) {
        let bucket = Self.bucket(endpoint.localPort)
        endpoint.nextInTable = buckets[bucket]
        buckets[bucket] = endpoint
        count += 1
    }
    func remove(_ endpoint: UDPEndpoint) {
        let bucket = Self.bucket(endpoint.localPort)
        if buckets[bucket] === endpoint {
            buckets[bucket] = endpoint.nextInTable
        } else {
            var before = buckets[bucket]
            while let current = before, current.nextInTable !== endpoint {
                before = current.nextInTable
            }
            before?.nextInTable = endpoint.nextInTable
        }
        endpoint.nextInTable = nil
        count -= 1
    }
    /// Whether a port can be bound beside those that have it (SO_REUSEADDR, SO_REUSEPORT: socket(7)).
    func isFree(_ port: UInt16, _ address: IPAddress, for endpoint: UDPEndpoint) -> Bool {
        var other = first(port)
        while let current = other {
            other = current.nextInTable
            guard current !== endpoint, current.localPort == port,
                BoundAddress.overlap(current.bound, BoundAddress(address, endpoint.options))
            else { continue }
            if current.options.reusesAddress, endpoint.options.reusesAddress { continue }
            if current.options.reusesPort, endpoint.options.reusesPort,
                current.options.owner == endpoint.options.owner
            {
                continue
            }
            return false
        }
        return true
    }
    func shutDown() {
        for index in buckets.indices {
            while let endpoint = buckets[index] {
                remove(endpoint)
                endpoint.dropAll()
            }
        }
    }
}

/// What addresses an endpoint hears.
struct BoundAddress: Equatable {
    let address: IPAddress
    let takesBoth: Bool
    let interfaceIndex: UInt8

    /// :: hears IPv4 too, but for IPV6_V6ONLY (RFC 3493, section 5.3).
    init(_ address: IPAddress, _ options: EndpointOptions) {
        self.address = address
        takesBoth = address == .any && !options.isV6Only
        interfaceIndex = options.interfaceIndex
    }
    /// How well it fits a packet's destination; `nil`: not at all.
    func score(_ destination: IPAddress, _ index: UInt8) -> Int? {
        guard interfaceIndex == 0 || interfaceIndex == index else { return nil }
        let ofInterface = interfaceIndex == 0 ? 0 : 1
        if address == destination { return 4 + ofInterface }
        guard address.isAny else { return nil }
        if address.isV4 == destination.isV4 { return 2 + ofInterface }
        return takesBoth ? ofInterface : nil
    }
    static func overlap(_ a: Self, _ b: Self) -> Bool {
        if a.interfaceIndex != 0, b.interfaceIndex != 0, a.interfaceIndex != b.interfaceIndex {
            return false
        }
        if a.address == b.address { return true }
        if a.takesBoth || b.takesBoth {
            // Both families on one side, or all of the same one.
            return a.takesBoth || a.address.isAny || a.address.isV4 || b.address.isAny
                || !a.address.isV4
        }
        return a.address.isV4 == b.address.isV4 && (a.address.isAny || b.address.isAny)
    }
}

/// Options that endpoints of both transports have; where none is said, Linux's names are those of socket(7).
package struct EndpointOptions: Sendable {
    package var reusesAddress = false
    package var reusesPort = false
    /// Whose socket it is: SO_REUSEPORT groups are of one user.
    package var owner: UInt32 = 0
    /// IPV6_V6ONLY
    package var isV6Only = false
    /// SO_BINDTODEVICE; 0: any.
    package var interfaceIndex: UInt8 = 0
    package var mayBroadcast = false
    /// IP_TTL, IPV6_UNICAST_HOPS
    package var timeToLive: UInt8 = 64
    /// IP_TOS, IPV6_TCLASS
    package var trafficClass: UInt8 = 0
    /// IP_MULTICAST_TTL, IP_MULTICAST_LOOP, IP_MULTICAST_IF
    package var groupTimeToLive: UInt8 = 1
    package var loopsGroups = true
    /// IP_MULTICAST_ALL
    package var hearsAllGroups = true
    package var groupInterface: UInt8 = 0
    package var sendBuffer = 212_992
    package var receiveBuffer = 212_992
    package init() {}
}

/// A bound on an address and its port.
package struct EndpointAddress: Equatable, Sendable {
    package let address: IPAddress
    package let port: UInt16
    /// Of a link-local address (sin6_scope_id); 0: none.
    package var interfaceIndex: UInt8 = 0
    package init(_ address: IPAddress, _ port: UInt16) {
        self.address = address
        self.port = port
    }
}
