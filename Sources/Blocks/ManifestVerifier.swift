public import Basics
import Crypto
public import Wire

/// Two valid manifests for one block: proof that a source, or the thief of its key, forked the
/// stream.
public struct ForkEvidence: Sendable, Equatable {
    /// The manifest that came first, whole.
    public let first: Bytes
    /// The one that contradicts it, whole.
    public let second: Bytes
}

/// Checks manifests against the record of their channel.
///
/// A byte-equal copy of a manifest that was valid costs no signature check.
public struct ManifestVerifier: Sendable {
    /// What a manifest is.
    public enum Verdict: Sendable, Equatable {
        /// Signed by the source of the channel's record, not seen before.
        case valid(Manifest)
        /// Not a manifest at all.
        case malformed
        /// Not signed by the source: whoever sent it lies.
        case forged
        /// Of a start of the source before the record's.
        case oldEpoch
        /// Signed by the source, but of a later start than the record's: ask for the new record.
        case newEpoch(Manifest)
        /// Valid, and contradicts another valid one.
        case fork(ForkEvidence)
        /// A valid one once more.
        case duplicate
    }

    /// This many manifests are remembered.
    public static let recentMax = 1_024
    /// This much evidence is kept.
    public static let evidenceMax = 8

    /// What proves forks, oldest first.
    public private(set) var evidence: [ForkEvidence] = []

    private let channel: ChannelID
    private let epoch: UInt32
    private let signer: Bytes
    private let pool: ContentPool?
    private let key: Curve25519.Signing.PublicKey?
    private var recent = BlockWindow<Bytes>(spanMax: recentMax)

    /// Trusts what the record says; check the record itself before.
    ///
    /// With a pool, a signature that another verifier of the same pool has checked is not checked again.
    public init(channel: ChannelID, record: ChannelRecord, pool: ContentPool? = nil) {
        self.channel = channel
        self.pool = pool
        epoch = record.epoch
        signer = record.sourceKey
        key = try? Curve25519.Signing.PublicKey(rawRepresentation: record.sourceKey.storageSlice)
    }

    /// Checks a manifest as it came from the wire.
    public mutating func verify(_ bytes: Bytes) -> Verdict {
        guard let manifest = try? Manifest.parse(bytes) else { return .malformed }
        guard manifest.epoch >= epoch else { return .oldEpoch }
        let known = manifest.epoch == epoch ? recent[manifest.block] : nil
        if known == bytes { return .duplicate }
        guard isSigned(bytes, manifest) else { return .forged }
        guard manifest.epoch == epoch else { return .newEpoch(manifest) }
        if let known { return remember(ForkEvidence(first: known, second: bytes)) }
        if let newest = recent.bounds?.upperBound, newest < manifest.block {
            let span = UInt32(ManifestVerifier.recentMax - 1)
            recent.removeAll(below: manifest.block - min(manifest.block, span))
        }
        guard let content = pool?.content(manifest, bytes) else {
            recent.insert(bytes, at: manifest.block)
            return .valid(manifest)
        }
        recent.insert(content.bytes, at: manifest.block)
        return .valid(content.manifest)
    }

    private func isSigned(_ bytes: Bytes, _ manifest: Manifest) -> Bool {
        guard let pool else { return hasValidSignature(bytes, manifest) }
        return pool.isSigned(manifest, bytes, by: (channel, signer)) {
            hasValidSignature(bytes, manifest)
        }
    }

    private func hasValidSignature(_ bytes: Bytes, _ manifest: Manifest) -> Bool {
        let unsigned = bytes.slice(0, bytes.count - Manifest.signatureSize)
        let message = Manifest.signedMessage(channel: channel, unsigned: unsigned.storageSlice)
        return key?.isValidSignature(manifest.signature.storageSlice, for: message) ?? false
    }

    private mutating func remember(_ found: ForkEvidence) -> Verdict {
        if evidence.count < ManifestVerifier.evidenceMax, !evidence.contains(found) {
            evidence.append(found)
        }
        return .fork(found)
    }
}
