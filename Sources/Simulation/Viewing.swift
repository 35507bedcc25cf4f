import Basics
import Driving

/// What one viewer handed over, compared with what the source published.
struct Viewing {
    private let joinedAt: Instant
    /// The packet that must come next; nil before the first delivery.
    private(set) var next: Int?
    private(set) var startedAt: Instant?
    private(set) var deliveredAt: Instant?
    private(set) var bytesDelivered = 0
    private(set) var packetsSkipped = 0
    private(set) var discontinuities = 0
    private(set) var lags = Histogram()
    /// What was so far when the swarm counted as formed; nil before.
    private var formed: (bytes: Int, skipped: Int)?
    /// The lags since then.
    private(set) var steadyLags = Histogram()
    /// How far the last delivery was behind; nil for the past that was asked for, which is no lag.
    private(set) var lag: TimeSpan?
    private(set) var gapMax = TimeSpan.zero
    /// How long the picture stood still.
    private(set) var stalled = TimeSpan.zero
    /// The longest gap between deliveries that a fault may have caused.
    private(set) var recoveryMax = TimeSpan.zero
    private var mediaTime = TimeSpan(nanoseconds: .min)

    /// A player holds half a second: only what a gap is longer counts as standing still.
    private static let playerBuffer = TimeSpan.milliseconds(500)
    /// Gaps that begin up to this long after a fault count as its effect.
    private static let recoverySpan = TimeSpan.seconds(5)

    init(joinedAt: Instant) { self.joinedAt = joinedAt }

    /// Takes a delivery in; says what is wrong with it, nil when nothing is.
    mutating func take(
        _ delivery: Delivery,
        of programme: Programme,
        fault: Instant?,
        at now: Instant
    ) -> Violation.Finding? {
        let finding = judge(delivery, programme)
        noteGap(fault, at: now)
        lag = nil
        guard let number = Programme.number(of: delivery.bytes) else { return finding }
        next = number + delivery.bytes.count / Programme.packetSize
        bytesDelivered += delivery.bytes.count
        mediaTime = delivery.mediaTime
        if delivery.isDiscontinuity { discontinuities += 1 }
        if let published = programme.publishedAt(number), published >= joinedAt {
            let behind = now - published
            lags.add(behind)
            if formed != nil { steadyLags.add(behind) }
            lag = behind
        }
        return finding
    }

    /// The swarm counts as formed from now on.
    mutating func beginSteady() { formed = (bytesDelivered, packetsSkipped) }

    /// Packets handed over since the swarm counts as formed ÷ those and the skipped; nil where it was not
    /// formed before the viewer went.
    var continuitySteady: Double? {
        guard let formed else { return nil }
        let fresh = (bytesDelivered - formed.bytes) / Programme.packetSize
        let all = fresh + packetsSkipped - formed.skipped
        return all > 0 ? Double(fresh) / Double(all) : 0
    }

    private mutating func judge(_ delivery: Delivery, _ programme: Programme)
        -> Violation.Finding?
    {
        let count = delivery.bytes.count
        guard count > 0, count % Programme.packetSize == 0,
            let number = Programme.number(of: delivery.bytes),
            programme.matches(delivery.bytes, at: number)
        else { return Violation.Finding(1, "played \(count) bytes that were never published") }
        let isJump = next.map { $0 != number } ?? true
        defer { if let next, number > next { packetsSkipped += number - next } }
        if let next, number < next {
            return Violation.Finding(9, "played packet \(number) after \(next - 1)")
        }
        if isJump, next != nil, !delivery.isDiscontinuity {
            return Violation.Finding(1, "jumped to packet \(number) without saying so")
        }
        if isJump, !delivery.startsKeyFrame {
            return Violation.Finding(1, "began at packet \(number), which is no key frame")
        }
        if delivery.mediaTime < mediaTime, !delivery.isDiscontinuity {
            return Violation.Finding(9, "media time went back")
        }
        return nil
    }

    private mutating func noteGap(_ fault: Instant?, at now: Instant) {
        defer { deliveredAt = now }
        guard let before = deliveredAt else {
            startedAt = now
            return
        }
        gapMax = max(gapMax, now - before)
        if now - before > Viewing.playerBuffer {
            stalled = stalled + (now - before - Viewing.playerBuffer)
        }
        if let fault, now > fault, before < fault + Viewing.recoverySpan {
            recoveryMax = max(recoveryMax, now - before)
        }
    }
}
