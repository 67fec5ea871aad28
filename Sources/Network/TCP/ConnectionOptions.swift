package import Base
internal import LinuxABI

/// Options of TCP (tcp(7)); an accepted connection has its listener's.
package struct ConnectionOptions: Sendable {
    /// TCP_NODELAY
    package var sendsAtOnce = false
    /// TCP_CORK: nothing but whole segments, for 200 ms at most.
    package var isCorked = false
    /// TCP_QUICKACK
    package var acknowledgesAtOnce = false
    /// SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT
    package var keepsAlive = false
    package var keepIdle = Nanoseconds.seconds(7200)
    package var keepInterval = Nanoseconds.seconds(75)
    package var keepCount = 9
    /// TCP_USER_TIMEOUT; zero: as the retransmissions go.
    package var userTimeout = Nanoseconds.zero
    /// TCP_LINGER2: how long FIN-WAIT-2 lasts without a program; `nil`: not at all.
    package var finishTimeout: Nanoseconds? = .seconds(60)
    /// TCP_SYNCNT
    package var synRetries = 6
    /// TCP_MAXSEG; 0: as the path has it.
    package var maximumSegmentSize = 0
    /// TCP_WINDOW_CLAMP; 0: none.
    package var windowClamp = 0
    /// TCP_NOTSENT_LOWAT
    package var unsentLowWater = Int.max
    /// SO_SNDBUF and SO_RCVBUF, doubled as Linux does; `nil`: they grow by themselves.
    package var sendBuffer: Int?
    package var receiveBuffer: Int?
    /// SO_RCVLOWAT
    package var receiveLowWater = 1
    /// SO_LINGER; `nil`: close(2) does not wait. Zero resets.
    package var linger: Nanoseconds?
    package init() {}
}

/// What getsockopt(2) tells by TCP_INFO of a connection.
package struct TCPInformation: Equatable, Sendable {
    package var state = TCPState.closed
    package var isRecovering = false
    package var hasTimedOut = false
    package var retransmits = 0
    package var probes = 0
    package var backoff = 0
    package var usesTimestamps = false
    package var usesSelective = false
    package var sendScale: UInt8 = 0
    package var receiveScale: UInt8 = 0
    package var timeout = Nanoseconds.zero
    package var sendSegment = 0
    package var receiveSegment = 0
    /// In segments.
    package var inFlight = 0
    package var selective = 0
    package var congestionWindow = 0
    package var threshold = 0
    package var pathMTU = 0
    package var roundTrip = Nanoseconds.zero
    package var roundTripVariation = Nanoseconds.zero
    package var leastRoundTrip = Nanoseconds.zero
    package var receiveSpace = 0
    package var totalRetransmits = 0
    package var bytesAcknowledged: UInt64 = 0
    package var bytesReceived: UInt64 = 0
    package var segmentsOut = 0
    package var segmentsIn = 0
    package var unsentBytes = 0
    package var sinceSent = Nanoseconds.zero
    package var sinceReceived = Nanoseconds.zero
    package init() {}
}
