import Basics
import Blocks
import Overlay
import Secrecy
import Tracking
import Wire

extension HopStage {
    /// Keys and configurations of the cores.
    final class Cast {
        private let authority: ChannelAuthority
        private let channel: ChannelID
        private let key: SourceKey
        private let trackerIdentity: Identity
        /// What the relay has verified while it was recorded, the relays that play it back know.
        private let pool = ContentPool(blocksMax: 8_192)
        /// The same keys in every run, so that every run builds the same trees.
        private var entropy = Entropy(secret: [UInt8](repeating: 7, count: 32))

        init() throws {
            authority = ChannelAuthority.fresh(from: &entropy)
            channel = authority.channel(named: "hop")
            trackerIdentity = Identity.fresh(from: &entropy)
            guard let key = SourceKey(privateKey: entropy.bytes(32)) else {
                throw CommandFailure(.bug, "cannot make a signing key")
            }
            self.key = key
        }

        private func secret() -> Entropy { Entropy(secret: entropy.bytes(32)) }

        func tracker(at now: Instant) -> Tracker {
            var own = TrackerConfiguration()
            own.suite = .standIn
            return Tracker(own, identity: trackerIdentity, entropy: secret(), at: now)
        }

        func source(rate: BitRate, tracker: Endpoint, at now: Instant) -> Peer {
            var record = ChannelRecord(
                authorityKey: .empty,
                name: "hop",
                sourceKey: Bytes(key.publicKey),
                epoch: 1
            )
            authority.sign(&record)
            var own = configuration(.source, "source", tracker)
            own.publishing = .init(record: record, key: key)
            own.redundancyPercent = 0
            // Seats are 90 % of the cap at the wire rate: this gives 8 or 9, one copy of the stream.
            own.uploadCap = BitRate(bitsPerSecond: rate.bitsPerSecond * 14 / 10)
            return Peer(own, identity: Identity.fresh(from: &entropy), entropy: secret(), at: now)
        }

        func viewer(_ number: Int, cap: BitRate?, tracker: Endpoint) -> Viewer {
            var own = configuration(.viewer, "viewer \(number)", tracker)
            own.uploadCap = cap
            own.latency = .zero
            own.pool = pool
            return Viewer(
                configuration: own,
                identity: Identity.fresh(from: &entropy),
                entropy: secret()
            )
        }

        private func configuration(
            _ role: Role,
            _ name: String,
            _ tracker: Endpoint
        ) -> PeerConfiguration {
            var own = PeerConfiguration(
                channel: channel,
                role: role,
                name: name,
                trackers: [.init(endpoint: tracker, key: trackerIdentity.publicKey)]
            )
            own.suite = .standIn
            return own
        }
    }
    /// All that a viewer is made from: the same again behaves the same.
    struct Viewer {
        let configuration: PeerConfiguration
        let identity: Identity
        let entropy: Entropy

        func make(at now: Instant) -> Peer {
            Peer(configuration, identity: identity, entropy: entropy, at: now)
        }
    }
}
