/// How our UDP port stands on the home router, as a snapshot shows it.
public struct PortMappingRow: Codable, Sendable, Equatable {
    /// `off`, `asking`, `mapped`, `absent` or `removed`.
    public var state = "off"
    /// How the router was asked: `PCP`, `NAT-PMP` or `UPnP`; nil without a mapping.
    @OrNull public var language: String?
    /// The endpoint on the outside that the router maps to us; nil without a mapping.
    @OrNull public var outside: String?
    /// One sentence for people, without the full stop.
    public var text = ""

    /// Makes a row that says nothing.
    public init() {}
}
