/// What protects a session.
///
/// There is no negotiation: the driver chooses once, both sides alike.
public enum Suite: Sendable {
    /// `Noise_IK_25519_ChaChaPoly_SHA256`, for every real network.
    case noise
    /// No cryptography, for simulations and for measuring everything else.
    ///
    /// The same messages of the same sizes in the same order. The static key travels in clear and the
    /// tag is a checksum: it notices corruption and stops nobody.
    case standIn
}
