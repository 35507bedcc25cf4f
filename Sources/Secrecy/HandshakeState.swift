import Crypto

/// Noise's HandshakeState (revision 34, section 5.3): walks through the messages of a pattern.
///
/// A value: to try a message that may be forged, read it with a copy and keep the copy on success.
struct HandshakeState: Sendable {
    /// What one side brings.
    struct Keys: Sendable {
        /// The own long-lived key.
        var local: Curve25519.KeyAgreement.PrivateKey
        /// The own key of this handshake; never used twice.
        var ephemeral: Curve25519.KeyAgreement.PrivateKey
        /// The other side's long-lived public key, if known beforehand.
        var remote: [UInt8]?
    }

    private(set) var symmetric: SymmetricState
    private let pattern: NoisePattern
    private let side: HandshakeSide
    private var keys: Keys
    private var remoteEphemeral: [UInt8]?
    private var step = 0

    init(pattern: NoisePattern, side: HandshakeSide, keys: Keys, prologue: [UInt8]) {
        self.pattern = pattern
        self.side = side
        self.keys = keys
        symmetric = SymmetricState(protocolName: pattern.name)
        symmetric.mixHash(prologue)
        guard pattern.responderIsKnown else { return }
        switch side {
        case .initiator: symmetric.mixHash(keys.remote ?? [])
        case .responder: symmetric.mixHash(Array(keys.local.publicKey.rawRepresentation))
        }
    }

    /// The other side's static key, once known.
    var remoteKey: [UInt8]? { keys.remote }
    /// Whether all messages have been written or read.
    var isComplete: Bool { step == pattern.messages.count }

    /// The next message of the pattern, around a payload.
    mutating func write(_ payload: [UInt8]) throws(SecrecyError) -> [UInt8] {
        var message: [UInt8] = []
        for token in try nextTokens() {
            switch token {
            case .e:
                let point = Array(keys.ephemeral.publicKey.rawRepresentation)
                symmetric.mixHash(point)
                message += point
            case .s:
                let point = Array(keys.local.publicKey.rawRepresentation)
                message += try symmetric.encryptAndHash(point)
            case .ee, .es, .se, .ss: try mix(token)
            }
        }
        return message + (try symmetric.encryptAndHash(payload))
    }

    /// Reads the next message of the pattern; returns its payload.
    mutating func read(_ message: [UInt8]) throws(SecrecyError) -> [UInt8] {
        var rest = message[...]
        func take(_ count: Int) throws(SecrecyError) -> [UInt8] {
            guard rest.count >= count else { throw .malformed }
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        for token in try nextTokens() {
            switch token {
            case .e:
                let point = try take(Primitives.keySize)
                symmetric.mixHash(point)
                remoteEphemeral = point
            case .s:
                let size = Primitives.keySize + (symmetric.hasKey ? Primitives.tagSize : 0)
                keys.remote = try symmetric.decryptAndHash(try take(size))
            case .ee, .es, .se, .ss: try mix(token)
            }
        }
        return try symmetric.decryptAndHash(Array(rest))
    }

    private mutating func nextTokens() throws(SecrecyError) -> [NoisePattern.Token] {
        guard !isComplete else { throw .malformed }
        defer { step += 1 }
        return pattern.messages[step]
    }

    /// Mixes an agreement in.
    ///
    /// The token's first letter is the initiator's key, its second the responder's.
    private mutating func mix(_ token: NoisePattern.Token) throws(SecrecyError) {
        let usesEphemeral: (initiator: Bool, responder: Bool)
        switch token {
        case .ee: usesEphemeral = (true, true)
        case .es: usesEphemeral = (true, false)
        case .se: usesEphemeral = (false, true)
        case .ss: usesEphemeral = (false, false)
        case .e, .s: return
        }
        let isInitiator = side == .initiator
        let isOwnEphemeral = isInitiator ? usesEphemeral.initiator : usesEphemeral.responder
        let isOtherEphemeral = isInitiator ? usesEphemeral.responder : usesEphemeral.initiator
        guard let other = isOtherEphemeral ? remoteEphemeral : keys.remote else { throw .badKey }
        let own = isOwnEphemeral ? keys.ephemeral : keys.local
        symmetric.mixKey(try Primitives.agreement(own, with: other))
    }
}
