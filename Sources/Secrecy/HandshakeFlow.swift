/// A handshake in progress, whichever suite it runs.
enum HandshakeFlow: Sendable {
    case noise(HandshakeState)
    case standIn(StandInHandshake)

    /// What one side brings to a handshake.
    struct Start {
        var suite: Suite
        var side: HandshakeSide
        var identity: Identity
        var remoteKey: [UInt8]?
        var prologue: [UInt8]
        var ephemeral: [UInt8]
    }

    init(_ start: Start) {
        switch start.suite {
        case .noise:
            let keys = HandshakeState.Keys(
                local: start.identity.key,
                ephemeral: Primitives.privateKey(start.ephemeral),
                remote: start.remoteKey
            )
            self = .noise(
                HandshakeState(
                    pattern: .ik,
                    side: start.side,
                    keys: keys,
                    prologue: start.prologue
                )
            )
        case .standIn:
            var flow = StandInHandshake(
                side: start.side,
                localKey: start.identity.publicKey,
                ephemeral: start.ephemeral,
                remoteKey: start.remoteKey
            )
            flow.mix(start.prologue)
            self = .standIn(flow)
        }
    }

    var remoteKey: [UInt8]? {
        switch self {
        case .noise(let state): state.remoteKey
        case .standIn(let flow): flow.remoteKey
        }
    }

    mutating func write(_ payload: [UInt8]) throws(SecrecyError) -> [UInt8] {
        switch self {
        case .noise(var state):
            let message = try state.write(payload)
            self = .noise(state)
            return message
        case .standIn(var flow):
            let message = flow.write(payload)
            self = .standIn(flow)
            return message
        }
    }

    mutating func read(_ message: [UInt8]) throws(SecrecyError) -> [UInt8] {
        switch self {
        case .noise(var state):
            let payload = try state.read(message)
            self = .noise(state)
            return payload
        case .standIn(var flow):
            let payload = try flow.read(message)
            self = .standIn(flow)
            return payload
        }
    }

    /// What seals the initiator's and the responder's direction.
    func split() -> (initiator: TransportCipher, responder: TransportCipher) {
        switch self {
        case .noise(let state):
            let keys = state.symmetric.split()
            return (.noise(keys.initiator), .noise(keys.responder))
        case .standIn(let flow):
            let seeds = flow.split()
            return (.standIn(seeds.initiator), .standIn(seeds.responder))
        }
    }
}
