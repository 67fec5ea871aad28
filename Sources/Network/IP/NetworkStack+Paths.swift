internal import Base
package import LinuxABI
package import Wire

/// Addresses, routes, and which way a packet goes.
extension NetworkStack {
    /// Gives an interface an address and its network a route. ENOBUFS where there are too many.
    package func addAddress(
        _ address: InterfaceAddress, to interface: NetworkInterface
    ) throws(Errno) {
        guard interface.set(address) else { throw .noBufferSpace }
        if address.bitCount < 128, interface.kind == .ethernet {
            try addRoute(
                NetworkRoute(
                    address.address, bitCount: address.bitCount, through: interface.index))
        }
        routes.touch()
    }
    package func removeAddress(_ address: IPAddress, from interface: NetworkInterface) {
        guard let present = interface.address(address) else { return }
        interface.remove(address)
        routes.remove {
            $0.interfaceIndex == interface.index && $0.prefix == present.address
                && $0.bitCount == present.bitCount && $0.gateway == nil
        }
    }
    /// ENOBUFS where there are too many.
    package func addRoute(_ route: NetworkRoute) throws(Errno) {
        guard routes.set(route) else { throw .noBufferSpace }
    }
    package func removeRoutes(where condition: (NetworkRoute) -> Bool) {
        routes.remove(where: condition)
    }
    /// Whether one of the interfaces has an address; of 127/8 the loopback has all.
    package func isLocal(_ address: IPAddress) -> Bool {
        if address.isV4, address.isLoopback { return true }
        for interface in interfaces where interface.has(address) { return true }
        return false
    }

    /// The way to a destination, and the address to send from where `source` says none.
    ///
    /// ENETUNREACH without a route, EADDRNOTAVAIL where `source` is no address of this machine, EINVAL where it
    /// can't go there.
    func findPath(
        to destination: IPAddress, from source: IPAddress? = nil, through index: UInt8? = nil
    ) throws(Errno) -> Path {
        let source = source.flatMap { $0.isAny ? nil : $0 }
        if let source, !isLocal(source) { throw .addressNotAvailable }
        if let source, source.isV4 != destination.isV4 { throw .invalidArgument }
        if isLocal(destination) {
            let own: IPAddress =
                destination.isV4 && destination.isLoopback
                ? IPAddress(IPv4Address(127, 0, 0, 1)) : destination
            return Path(
                interface: loopback, nextHop: destination, source: source ?? own,
                generation: routes.generation, neighbor: nil)
        }
        // RFC 1122, section 3.2.1.3(g): 127/8 does not leave the host.
        if let source, source.isLoopback { throw .invalidArgument }
        let isOnLink =
            destination.isMulticast || destination.isLinkLocal
            || destination == IPAddress(.broadcast)
        let interface: NetworkInterface
        var nextHop = destination
        if isOnLink, let chosen = index.flatMap({ self.interface($0) }) ?? onLinkInterface(source) {
            interface = chosen
        } else {
            guard let route = routes.find(destination, through: index),
                let found = self.interface(route.interfaceIndex)
            else { throw .networkUnreachable }
            interface = found
            nextHop = route.gateway ?? destination
        }
        guard interface.isUp else { throw .networkDown }
        guard let chosen = source ?? sourceAddress(to: destination, via: nextHop, on: interface)
        else { throw destination.isV4 ? .networkUnreachable : .addressNotAvailable }
        return Path(
            interface: interface, nextHop: nextHop, source: chosen, generation: routes.generation,
            neighbor: nil)
    }
    /// Where groups and link-local addresses are without a word of the program: where the default route leads or
    /// the source is, else the first one.
    private func onLinkInterface(_ source: IPAddress?) -> NetworkInterface? {
        if let source {
            for interface in interfaces where interface.has(source) { return interface }
        }
        if let route = routes.find(.anyV4) ?? routes.find(.any) {
            return interface(route.interfaceIndex)
        }
        for interface in interfaces where interface.kind == .ethernet { return interface }
        return nil
    }
    /// The address to send from: RFC 6724, section 5, rules 1 to 3 and 8, within one interface.
    private func sourceAddress(
        to destination: IPAddress, via nextHop: IPAddress, on interface: NetworkInterface
    ) -> IPAddress? {
        var best: InterfaceAddress?
        var bestScore = Int.min
        for candidate in interface.addresses
        where candidate.address.isV4 == destination.isV4 && !candidate.isTentative {
            var score = 0
            let isWideEnough = candidate.address.isLinkLocal == destination.isLinkLocal
            if isWideEnough || destination.isMulticast && candidate.address.isLinkLocal {
                score += 1000
            }
            if candidate.preferredUntil.map({ $0 > now }) ?? true { score += 500 }
            let target = candidate.address.isV4 ? nextHop : destination
            if target.shares(candidate.bitCount, bitsWith: candidate.address) { score += 200 }
            guard score > bestScore else { continue }
            best = candidate
            bestScore = score
        }
        return best?.address
    }
    /// Looks for the way again where tables changed since. Errors as `findPath`.
    func refresh(_ path: inout Path, to destination: IPAddress) throws(Errno) {
        guard path.generation != routes.generation else { return }
        let neighbor = path.neighbor
        let nextHop = path.nextHop
        path = try findPath(to: destination, from: path.source)
        if path.nextHop == nextHop { path.neighbor = neighbor }
    }
    /// Bytes of the largest packet that gets to a destination whole.
    func pathMTU(_ destination: IPAddress, on path: Path) -> Int {
        min(path.interface.mtu, pathMTUs.find(destination, now) ?? .max)
    }

    // MARK: Groups

    /// Joins a group on an interface for one more user (RFC 1112, section 7.1). EINVAL, ENODEV, ENOBUFS.
    package func join(_ group: IPAddress, on index: UInt8?) throws(Errno) -> UInt8 {
        guard group.isMulticast else { throw .invalidArgument }
        guard let interface = index.flatMap({ self.interface($0) }) ?? onLinkInterface(nil) else {
            throw .noSuchDevice
        }
        guard let isFirst = interface.join(group) else { throw .noBufferSpace }
        if isFirst { report(group, on: interface, .joined) }
        drain()
        return interface.index
    }
    package func leave(_ group: IPAddress, on index: UInt8) {
        guard let interface = interface(index), interface.leave(group) else { return }
        report(group, on: interface, .left)
        drain()
    }
}
