public import Basics

/// A datagram on its way out.
public struct Outgoing: Sendable {
    /// The UDP payload.
    public var bytes: [UInt8]
    /// Where it goes.
    public var endpoint: Endpoint

    /// Makes a datagram.
    public init(bytes: [UInt8], endpoint: Endpoint) {
        self.bytes = bytes
        self.endpoint = endpoint
    }
}
