public import Basics
public import Wire

/// Answers Binding requests, as a tracker does on its own port (RFC 8489 section 7.3, RFC 5780 section
/// 6.1).
///
/// Stateless. Whoever drives it limits answers per prefix, as for handshakes (SECURITY 2.3).
public struct StunService: Sendable {
    /// How large an answer may be.
    public enum Generosity: Sendable {
        /// Never larger than the request, so that nobody is flooded through us.
        case never
        /// A plain request of 20 or 28 bytes gets its 32 or 44 bytes, as ordinary clients expect.
        ///
        /// Whoever drives the service has to limit that further.
        case plainRequest
    }

    /// An answer on its way.
    public struct Answer: Sendable, Equatable {
        /// The message.
        public var bytes: [UInt8]
        /// Where it goes.
        public var endpoint: Endpoint
        /// From where it goes: empty for where the request came.
        public var from: StunMessage.Change
    }

    /// From where it can answer, other than where requests come.
    public var changes: StunMessage.Change
    /// How large answers may be.
    public var generosity: Generosity
    /// The name in SOFTWARE, told where there is room.
    public var software: String

    /// Bytes of an XOR-MAPPED-ADDRESS of IPv6 in an answer; requests of a probe are no shorter.
    static let answerSizeMax = StunMessage.headerSize + 24

    /// Makes a service that answers from where it is asked and from the given other places.
    public init(changes: StunMessage.Change, generosity: Generosity, software: String) {
        self.changes = changes
        self.generosity = generosity
        self.software = software
    }

    /// The answer to a datagram; nil for what is no request or must not be answered.
    public func answer(_ datagram: Bytes, from asker: Endpoint) -> Answer? {
        guard let request = try? StunMessage(parsing: datagram), request.kind == .request,
            asker.port != 0
        else { return nil }
        var answer = StunMessage(.success, request.transaction)
        answer.cookie = request.cookie
        answer.fingerprint = request.fingerprint
        var (endpoint, change) = (asker, request.change)
        let refused = unsupported(request)
        if refused.isEmpty {
            answer.mapped = asker
            if let port = request.responsePort { endpoint = asker.with(port: port) }
        } else if request.isOld {
            // Old clients take any answer for the one that they asked for.
            return nil
        } else {
            answer.kind = .failure
            answer.errorCode = 420
            answer.unknown = refused
            change = []
        }
        guard isAllowed(answer, for: datagram) else { return nil }
        var named = answer
        named.software = software
        let bytes = named.emitted.count <= datagram.count ? named.emitted : answer.emitted
        return Answer(bytes: bytes, endpoint: endpoint, from: change)
    }

    /// The attributes for which a request is refused (RFC 8489 section 6.3.1).
    private func unsupported(_ request: StunMessage) -> [UInt16] {
        guard request.unknown.isEmpty else { return request.unknown }
        guard request.change.isSubset(of: changes) else { return [0x0003] }
        // A well-known port may belong to anything: nothing is sent there on somebody's word.
        if let port = request.responsePort, port < 1_024 { return [0x0027] }
        return []
    }

    private func isAllowed(_ answer: StunMessage, for request: Bytes) -> Bool {
        if answer.emitted.count <= request.count { return true }
        switch generosity {
        case .never: return false
        case .plainRequest: return answer.kind == .success
        }
    }
}
