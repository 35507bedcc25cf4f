import Basics
import Blocks
import Paths
import Wire

/// What the tracker hears from us.
extension Peer {
    mutating func makeReport(at now: Instant) -> Report {
        var report = Report()
        report.seats = UInt16(min(60_000, uplink.seats))
        report.seatsUsed = UInt16(min(60_000, seatsUsed))
        report.children = UInt16(childCount)
        report.downRate = UInt32(min(4e9, (downMeter.bitsPerSecond ?? 0) / 1_000))
        report.upRate = UInt32(min(4e9, (upMeter.bitsPerSecond ?? 0) / 1_000))
        report.wireBytesOut = UInt64(counters.wireOut)
        report.mediaBytesOut = UInt64(counters.mediaOut)
        report.mediaBytesIn = UInt64(counters.mediaIn)
        report.mediaBytesFromSource = UInt64(counters.mediaFromSource)
        report.mediaBytesFar = UInt64(counters.mediaFar)
        report.chunksIn = UInt64(counters.chunksIn)
        report.duplicates = UInt32(clamping: counters.duplicates)
        report.rescued = UInt32(clamping: counters.rescued)
        report.missedPermille = UInt16(min(1_000, misses.share * 1_000))
        report.parents = feeds.map { feed in
            feed.parent.flatMap { neighbours[$0]?.id } ?? PeerID(0)
        }
        report.suspects = suspects
        report.planNumber = tracker.planNumber
        report.nat = nat
        let trips = feeds.compactMap { feed in
            feed.parent.flatMap { neighbours[$0]?.estimate.roundTrip }
        }
        if !trips.isEmpty {
            let sum = trips.reduce(0.0) { $0 + $1.milliseconds }
            report.roundTrip = UInt32(sum / Double(trips.count))
        }
        addPlayout(to: &report)
        // A suspicion is told twice, in case a report is lost, then it must arise anew.
        suspectsTold += 1
        if suspectsTold % 3 == 0 { suspects.removeAll() }
        return report
    }

    private func addPlayout(to report: inout Report) {
        report.lag = lagMedian.map { UInt32(max(0, min(4e9, $0))) }
        guard let figures = playout?.figures else { return }
        report.chunksDue = UInt64(max(0, figures.chunksDue))
        report.chunksInTime = UInt64(max(0, figures.chunksInTime))
        report.pictureDue = UInt64(max(0, figures.pictureDue.milliseconds))
        report.pictureDone = UInt64(max(0, figures.pictureDone.milliseconds))
        report.stalls = UInt32(clamping: figures.stalls)
        if let startup = figures.startupAt {
            report.startup = UInt32(max(0, (startup - startedAt).milliseconds))
            report.buffer = UInt32(max(0, min(4e9, figures.bufferAhead.milliseconds)))
        }
    }

    var childCount: Int { fed.count }

    /// The median playback lag in milliseconds, of the last 32 blocks; nil while unknown.
    ///
    /// These are 3 to 8 s of media: people who look how far behind they are ask about now.
    var lagMedian: Double? {
        let sorted = lags.ordered.suffix(32).sorted()
        return sorted.isEmpty ? nil : sorted[sorted.count / 2]
    }
}
