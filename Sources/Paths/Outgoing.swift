public import Basics

/// A datagram on its way out.
public struct Outgoing: Sendable {
    /// The UDP payload.
    public var datagram: Datagram
    /// Where it goes.
    public var endpoint: Endpoint

    /// Makes a datagram.
    public init(bytes: [UInt8], endpoint: Endpoint) {
        self.init(Datagram(Bytes(bytes)), to: endpoint)
    }

    /// Addresses a datagram.
    public init(_ datagram: Datagram, to endpoint: Endpoint) {
        self.datagram = datagram
        self.endpoint = endpoint
    }

    /// The UDP payload in one run.
    public var bytes: [UInt8] { datagram.bytes }
}
