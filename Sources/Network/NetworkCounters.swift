internal import Base

/// What a stack counts: what it did, and why it dropped what it dropped.
package enum NetworkCounter: UInt8, CaseIterable, Sendable {
    // Interfaces.
    case interfaceDown, truncatedFrame, badFrame, otherHost, unknownEtherType, noBuffers, reclaims
    // ARP and neighbours.
    case arpReceived, arpSent, badARP, addressConflict, neighborUnresolved, neighborTableFull
    case neighborQueueFull, badDiscovery, routerAdvertisements, tooManyAddresses
    // IP.
    case ipReceived, ipSent, badIPHeader, badIPChecksum, badSource, notMember, badExtensionHeader
    case noNextHeader, unknownProtocol, noRoute
    case fragmentsReceived, fragmentsSent, reassembled, badFragment, duplicateFragment
    case overlappingFragment, fragmentsEvicted, fragmentsTimedOut
    // ICMP and groups.
    case icmpReceived, icmpSent, badICMP, badICMPChecksum, echoToGroup, echoesAnswered, icmpIgnored
    case icmpUnknown, errorsSent, errorsNotSent, badIGMP, groupReports
    // UDP.
    case udpReceived, udpSent, badUDPHeader, badUDPChecksum, udpNoPort, udpBufferFull, udpShut
    case dhcpSent, dhcpIgnored
    // TCP: segments.
    case tcpReceived, tcpSent, tcpRetransmitted, badTCPHeader, badTCPChecksum, badTCPOptions
    case tcpToGroup, tcpNoConnection, tcpResetsSent, tcpResetsReceived
    // TCP: why a segment was not taken.
    case tcpOldTimestamp, tcpNoTimestamp, tcpOutsideWindow, tcpBadReset, tcpUnexpectedSYN
    case tcpNoAcknowledgment, tcpBadAcknowledgment, tcpBadICMP, tcpAfterClose, tcpReceiveBufferFull
    case tcpOutOfOrder, tcpDuplicateData, tcpReassemblyFull
    // TCP: connections.
    case tcpActiveOpens, tcpPassiveOpens, tcpFailedAttempts, tcpBacklogFull, tcpRequestsFull
    case tcpCookiesSent, tcpCookiesReceived, tcpCookiesFailed, tcpTimeWaits, tcpTimeWaitReused
    case tcpTimeWaitEvicted, tcpTooManyOrphans, tcpTooManyConnections, tcpAbortedOnClose
    case tcpTimedOut, tcpKeepAliveDropped
    // TCP: loss and time.
    case tcpTimeouts, tcpFastRecoveries, tcpRecoveries, tcpChallengeACKs, tcpChallengesNotSent
    case tcpDelayedACKs, tcpWindowProbes, tcpReneged, tcpPathMTUChanges, tcpCollapsed
    case tcpSpuriousTimeouts, tcpCongestionMarks, tcpTailProbes
}

/// Values of the counters, from a stack's start on.
package final class NetworkCounters {
    static let capacity = 160
    private var values = InlineArray<160, UInt64>(repeating: 0)

    init() {}
    package subscript(counter: NetworkCounter) -> UInt64 { values[Int(counter.rawValue)] }
    func count(_ counter: NetworkCounter, _ amount: Int = 1) {
        values[Int(counter.rawValue)] &+= UInt64(truncatingIfNeeded: amount)
    }
}
