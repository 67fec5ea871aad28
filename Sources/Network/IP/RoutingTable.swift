package import Base
package import Wire

/// A way to a network.
package struct NetworkRoute: Sendable {
    package let prefix: IPAddress
    /// Of 128 bits.
    package let bitCount: Int
    /// `nil`: its hosts are on the link.
    package let gateway: IPAddress?
    package let interfaceIndex: UInt8
    package var metric: UInt32 = 0
    /// A router's word holds so long (RFC 4861, section 6.3.4).
    package var validUntil: Nanoseconds?

    package init(
        _ prefix: IPAddress, bitCount: Int, gateway: IPAddress? = nil, through index: UInt8
    ) {
        self.prefix = prefix
        self.bitCount = bitCount
        self.gateway = gateway
        interfaceIndex = index
    }
    fileprivate func leadsSame(as other: Self) -> Bool {
        prefix == other.prefix && bitCount == other.bitCount && gateway == other.gateway
            && interfaceIndex == other.interfaceIndex
    }
}

/// The machine's routes: few, so that they are looked through for the longest prefix.
package struct RoutingTable {
    private static let limit = 64
    package private(set) var routes: [NetworkRoute] = []
    /// Changes whenever a route found before may no longer be the right one.
    private(set) var generation: UInt32 = 1

    /// Adds a route or replaces the one that leads the same way; false where there are too many.
    mutating func set(_ route: NetworkRoute) -> Bool {
        generation &+= 1
        for index in routes.indices where routes[index].leadsSame(as: route) {
            routes[index] = route
            return true
        }
        guard routes.count < Self.limit else { return false }
        routes.append(route)
        return true
    }
    mutating func remove(where condition: (NetworkRoute) -> Bool) {
        generation &+= 1
        routes.removeAll(where: condition)
    }
    /// Notes that addresses or interfaces changed.
    mutating func touch() { generation &+= 1 }

    /// The route with the longest prefix, then the smallest metric; through one interface alone where asked.
    func find(_ destination: IPAddress, through index: UInt8? = nil) -> NetworkRoute? {
        var best: NetworkRoute?
        for route in routes where route.prefix.isV4 == destination.isV4 {
            guard index == nil || route.interfaceIndex == index,
                destination.shares(route.bitCount, bitsWith: route.prefix)
            else { continue }
            if let present = best {
                guard
                    (route.bitCount, present.metric) > (present.bitCount, route.metric)
                else { continue }
            }
            best = route
        }
        return best
    }
}

/// How packets to one destination go, as found at one state of the tables.
package struct Path {
    package let interface: NetworkInterface
    /// Who gets the frame.
    let nextHop: IPAddress
    package let source: IPAddress
    let generation: UInt32
    /// The next hop's entry, once it has one.
    var neighbor: Neighbor?
}
