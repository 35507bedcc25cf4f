/// A handshake pattern of the Noise framework (revision 34, section 7) as a table.
struct NoisePattern: Sendable {
    /// One step of a message: a key sent, or an agreement mixed in; first letter initiator's key.
    enum Token: Sendable {
        case e, s, ee, es, se, ss
    }

    /// The full protocol name, which starts the handshake hash.
    let name: String
    /// Whether the initiator knows the responder's static key beforehand (`<- s` above the dots).
    let responderIsKnown: Bool
    /// The messages, initiator's first, then in turn.
    let messages: [[Token]]

    /// One round trip; the initiator knows the responder and is hidden from everybody else.
    static let ik = NoisePattern(
        name: "Noise_IK_25519_ChaChaPoly_SHA256",
        responderIsKnown: true,
        messages: [[.e, .es, .s, .ss], [.e, .ee, .se]]
    )

    /// One and a half round trips; neither knows the other beforehand.
    static let xx = NoisePattern(
        name: "Noise_XX_25519_ChaChaPoly_SHA256",
        responderIsKnown: false,
        messages: [[.e], [.e, .ee, .s, .es], [.s, .se]]
    )
}
