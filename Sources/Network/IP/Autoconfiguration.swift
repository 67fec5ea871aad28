internal import Base
internal import LinuxABI
internal import Wire

/// Stateless autoconfiguration of IPv6 (RFC 4862): a link-local address, and one of each prefix that a router
/// announces; with the routers' default routes (RFC 4861, section 6.3.4).
final class Autoconfiguration: StackPart {
    private static let probeInterval = Nanoseconds.seconds(1)
    private static let solicitationInterval = Nanoseconds.seconds(4)
    private static let solicitationLimit = 3
    /// No announcement shortens what is left of an address below this (RFC 4862, section 5.5.3(e)).
    private static let leastLifetime = Nanoseconds.seconds(7200)

    private final class Link {
        let interface: NetworkInterface
        var nextProbe: Nanoseconds?
        var nextSolicitation: Nanoseconds?
        var solicitationsSent = 0
        init(_ interface: NetworkInterface) { self.interface = interface }
    }
    private var links: [Link] = []

    /// Makes an interface's link-local address; once it is known to be nobody else's, routers are asked for.
    func start(on interface: NetworkInterface) {
        let link = Link(interface)
        links.append(link)
        addTentative(Self.identifier(of: interface, in: 0xfe80 << 48), bitCount: 64, on: link)
    }
    /// A modified EUI-64 (RFC 4291, appendix A).
    private static func identifier(of interface: NetworkInterface, in prefix: UInt64) -> IPAddress {
        let mac = interface.mac.rawValue
        let low = (mac >> 24) << 40 | 0xff_fe00_0000 | mac & 0xff_ffff
        return IPAddress(high: prefix, low: low ^ 1 << 57)
    }
    private func addTentative(
        _ address: IPAddress, bitCount: Int, on link: Link, _ prefix: IPv6Prefix? = nil
    ) {
        var new = InterfaceAddress(address, bitCount: bitCount)
        new.isTentative = true
        if let prefix { lifetimes(of: &new, prefix) }
        guard link.interface.set(new) else { return stack.counters.count(.tooManyAddresses) }
        // Its solicited-node group is joined first (RFC 4862, section 5.4.2).
        if link.interface.join(address.solicitedNode) == true {
            stack.report(address.solicitedNode, on: link.interface, .joined)
        }
        link.nextProbe = stack.now
        stack.timers.wake(self, by: stack.now)
    }
    private func lifetimes(of address: inout InterfaceAddress, _ prefix: IPv6Prefix) {
        func end(_ seconds: UInt32) -> Nanoseconds? {
            seconds == .max ? nil : stack.now + .seconds(Int(seconds))
        }
        address.validUntil = end(prefix.validSeconds)
        address.preferredUntil = end(prefix.preferredSeconds)
    }

    /// Somebody else has an address that is tentative here (RFC 4862, section 5.4.5).
    func isTaken(_ address: IPAddress, on interface: NetworkInterface) {
        stack.counters.count(.addressConflict)
        interface.remove(address)
        stack.routes.touch()
    }

    /// A router's word (RFC 4861, section 6.3.4; RFC 4862, section 5.5.3).
    func take(
        _ advertisement: RouterAdvertisement, from router: IPAddress, on interface: NetworkInterface
    ) {
        var found: Link?
        for link in links where link.interface === interface { found = link }
        guard let link = found else { return stack.counters.count(.icmpIgnored) }
        stack.counters.count(.routerAdvertisements)
        link.nextSolicitation = nil
        if let mac = advertisement.router {
            stack.neighbors.learn(router, mac, on: interface, .heard)
        }
        var route = NetworkRoute(.any, bitCount: 0, gateway: router, through: interface.index)
        if advertisement.lifetimeSeconds > 0 {
            route.validUntil = stack.now + .seconds(Int(advertisement.lifetimeSeconds))
            route.metric = 1024
            _ = stack.routes.set(route)
        } else {
            stack.routes.remove {
                $0.gateway == router && $0.bitCount == 0 && $0.interfaceIndex == interface.index
            }
        }
        if let mtu = advertisement.mtu, mtu < interface.mtu { interface.setMTU(mtu) }
        for index in 0..<advertisement.prefixes.count {
            guard let prefix = advertisement.prefixes[index] else { continue }
            take(prefix, on: link)
        }
        armExpiry()
    }
    private func take(_ prefix: IPv6Prefix, on link: Link) {
        let interface = link.interface
        guard !prefix.prefix.isLinkLocal, !prefix.prefix.isMulticast,
            prefix.preferredSeconds <= prefix.validSeconds
        else { return }
        if prefix.isOnLink, prefix.bitCount > 0 {
            var route = NetworkRoute(
                prefix.prefix, bitCount: prefix.bitCount, through: interface.index)
            route.metric = 256
            if prefix.validSeconds == 0 {
                stack.routes.remove {
                    $0.prefix == route.prefix && $0.bitCount == route.bitCount
                        && $0.gateway == nil && $0.validUntil != nil
                }
            } else {
                route.validUntil =
                    prefix.validSeconds == .max
                    ? Nanoseconds(rawValue: .max) : stack.now + .seconds(Int(prefix.validSeconds))
                _ = stack.routes.set(route)
            }
        }
        guard prefix.isAutonomous, prefix.bitCount == 64 else { return }
        let address = Self.identifier(of: interface, in: prefix.prefix.high)
        guard var present = interface.address(address) else {
            guard prefix.validSeconds > 0 else { return }
            return addTentative(address, bitCount: 128, on: link, prefix)
        }
        let before = present.validUntil
        lifetimes(of: &present, prefix)
        // An announcement that nobody signed does not end an address at once.
        if let before, let new = present.validUntil, new < before,
            new < stack.now + Self.leastLifetime
        {
            present.validUntil = Self.earlier(before, stack.now + Self.leastLifetime)
        }
        _ = interface.set(present)
    }
    private static func earlier(_ a: Nanoseconds, _ b: Nanoseconds) -> Nanoseconds {
        a < b ? a : b
    }

    // MARK: Time

    override func timeHasCome(_ now: Nanoseconds) {
        for link in links {
            if let time = link.nextProbe, time <= now { probe(link) }
            if let time = link.nextSolicitation, time <= now { solicit(link) }
        }
        expire(now)
        for link in links {
            if let time = link.nextProbe { stack.timers.wake(self, by: time) }
            if let time = link.nextSolicitation { stack.timers.wake(self, by: time) }
        }
        armExpiry()
    }
    /// Asks whether anybody has a tentative address; once, then it is ours (DupAddrDetectTransmits).
    private func probe(_ link: Link) {
        link.nextProbe = nil
        for address in link.interface.addresses where address.isTentative {
            var address = address
            if address.probesSent == 0 {
                address.probesSent = 1
                stack.sendSolicitation(of: address.address, knownAs: nil, on: link.interface)
                link.nextProbe = stack.now + Self.probeInterval
            } else {
                address.isTentative = false
                stack.routes.touch()
                if address.address.isLinkLocal {
                    link.nextSolicitation = stack.now
                    stack.timers.wake(self, by: stack.now)
                }
            }
            _ = link.interface.set(address)
        }
    }
    private func solicit(_ link: Link) {
        link.nextSolicitation = nil
        guard link.solicitationsSent < Self.solicitationLimit else { return }
        link.solicitationsSent += 1
        stack.sendRouterSolicitation(on: link.interface)
        link.nextSolicitation = stack.now + Self.solicitationInterval
    }
    private func expire(_ now: Nanoseconds) {
        for link in links {
            for address in link.interface.addresses {
                guard let end = address.validUntil, end <= now else { continue }
                link.interface.remove(address.address)
                _ = link.interface.leave(address.address.solicitedNode)
                stack.routes.touch()
            }
        }
        stack.routes.remove { $0.validUntil.map { $0 <= now } ?? false }
    }
    private func armExpiry() {
        for link in links {
            for address in link.interface.addresses {
                if let end = address.validUntil { stack.timers.wake(self, by: end) }
            }
        }
        for route in stack.routes.routes {
            if let end = route.validUntil, end.rawValue < .max { stack.timers.wake(self, by: end) }
        }
    }
}

extension NetworkStack {
    /// Lets an interface make itself IPv6 addresses.
    package func startIPv6(on interface: NetworkInterface) {
        autoconfiguration.start(on: interface)
        drain()
    }
}
