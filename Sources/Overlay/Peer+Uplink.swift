import Basics
import Blocks
import Paths
import Telemetry
import Wire

/// The uplink: how much it carries, as the children tell, and how much is promised of it.
extension Peer {
    /// Decides anew how much the uplink bears, and tells people when it is full.
    mutating func decideUplink(at now: Instant) {
        let wasToldFull = uplink.isToldFull
        gaugeUplink(at: now)
        uplink.observe(queue: childQueue, loss: childLoss(\.lossOut))
        uplink.decide(used: seatsUsed, waiting: queueSpan, at: now)
        guard uplink.isToldFull != wasToldFull else { return }
        guard uplink.isToldFull else {
            report(.info, .path, "the uplink has room again")
            return
        }
        let lost = Int((uplink.loss * 100).rounded())
        let text = "the uplink is full: what is sent waits \(Int(uplink.queue.milliseconds)) ms"
        report(.warning, .path, lost > 0 ? "\(text), \(lost) % of it is lost" : text)
    }

    /// What we send at most: what the user allows, and what the uplink has proved to carry.
    var uplinkCap: BitRate? {
        guard let measured = gauge.cap else { return configuration.uploadCap }
        return min(measured, configuration.uploadCap ?? measured)
    }

    /// For how long the uplink has to be silent until it has paid for what was sent at once.
    ///
    /// Handshakes and the manifests of the past are counted after they were sent: a crowd asks for more of them than a
    /// thin uplink has (measured with 400 newcomers: 33 KB within a tenth of a second at 2 Mbit/s).
    mutating func debt(at now: Instant) -> TimeSpan { bucket.readyAt(now) - now }

    /// Sends no faster from now on than what arrived while the uplink overflowed.
    private mutating func gaugeUplink(at now: Instant) {
        let known = uplinkCap
        let isOther = gauge.observe(
            bytes: counters.wireOut + lentBytes,
            loss: childLoss(\.lossOutLast),
            queue: childQueue,
            queueMost: childQueueMost,
            at: now
        )
        guard isOther, uplinkCap != known else { return }
        bucket.change(rate: uplinkCap, at: now)
        boundUplink()
    }

    /// Bounds the seats by what the uplink may send, at what a stripe costs on the wire.
    mutating func boundUplink() {
        let before = uplink.isRateKnown
        uplink.bound(
            cap: uplinkCap,
            stripeWireRate: mediaRate * wireFactor / Double(stripeCount)
        )
        if uplink.isRateKnown != before { tracker.nextReportAt = calledAt }
    }

    /// Wire bytes per media byte when a stripe is pushed: headers and manifests cost a tenth (DESIGN
    /// section 4), repair chunks what the newest whole block has of them.
    private var wireFactor: Double {
        guard let newest = store.newestBlock, let manifest = store.manifest(of: newest),
            manifest.sourceCount > 0
        else { return 1.15 }
        return 1.12 * Double(manifest.chunkCount) / Double(manifest.sourceCount)
    }

    /// What our children do not get of what we send: the median, so that one bad link does not count as
    /// ours; none while they are too few to tell.
    private func childLoss(_ loss: KeyPath<Neighbour, Double?>) -> Double {
        let losses = fed.compactMap { neighbours[$0]?[keyPath: loss] }.sorted()
        return losses.count < 2 ? 0 : losses[(losses.count - 1) / 2]
    }

    /// The queue at our uplink, as the children's round trips show it.
    ///
    /// The median over the children, so that one bad link does not count as ours; a single long round
    /// trip is no queue, and after a short one there is none any more.
    private var childQueue: TimeSpan {
        let queues = childTrips.map { min($0.smooth, $0.last) - $0.least }.sorted()
        return queues.isEmpty ? .zero : queues[queues.count / 2]
    }

    /// The longest queue that a child's last round trip shows.
    private var childQueueMost: TimeSpan {
        childTrips.map { $0.last - $0.least }.max() ?? .zero
    }

    /// The round trips to the children that have been measured.
    private var childTrips: [(smooth: TimeSpan, last: TimeSpan, least: TimeSpan)] {
        fed.compactMap { slot in
            guard let estimate = neighbours[slot]?.estimate, let smooth = estimate.roundTrip,
                let last = estimate.roundTripLast, let least = estimate.roundTripMin
            else { return nil }
            return (smooth, last, least)
        }
    }
}
