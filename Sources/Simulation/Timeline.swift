import Basics
public import Telemetry

/// The swarm from second to second.
public struct Timeline: Sendable {
    /// From one sample to the next.
    static let interval = TimeSpan.seconds(1)
    /// Samples that are kept: four hours.
    private static let samplesMax = 14_400

    /// One second.
    public struct Sample: Codable, Sendable {
        /// Seconds since the start of the run, at its end.
        public var t = 0.0
        /// Viewers that were there.
        public var viewers = 0
        /// Share of the viewers that handed something over within the second, among those that have been
        /// there for 5 s or have begun to play; nil without any.
        @OrNull public var playing: Double?
        /// Packets handed over ÷ packets handed over or skipped; nil without any.
        @OrNull public var continuity: Double?
        /// Wire bytes that the source sent ÷ media bytes published.
        @OrNull public var sourceLoad: Double?
        /// Hops from the source, the mean over viewers and stripes; nil when nobody has a parent.
        @OrNull public var depthMean: Double?
        /// The most hops.
        @OrNull public var depthMax: Int?
        /// Wire bytes that the viewers sent ÷ what their uplinks and caps allow; nil when one of
        /// them has no limit.
        @OrNull public var uploadUse: Double?
        /// Wire bits per second that the viewers sent, the mean.
        @OrNull public var uploadMean: Double?
        /// How far what was handed over within the second was behind the source, the median in
        /// milliseconds; nil without any.
        @OrNull public var lagMedianMs: Double?
        /// The 95th percentile of the same.
        @OrNull public var lagTailMs: Double?

        enum CodingKeys: String, CodingKey {
            case t, viewers, playing, continuity
            case sourceLoad = "source_load"
            case depthMean = "depth_mean"
            case depthMax = "depth_max"
            case uploadUse = "upload_use"
            case uploadMean = "upload_mean"
            case lagMedianMs = "lag_p50_ms"
            case lagTailMs = "lag_p95_ms"
        }
    }

    /// The samples, oldest first.
    public private(set) var samples: [Sample] = []
    private var sourceOut = 0
    private var viewersOut: [Int: Int] = [:]
    private var delivered = 0
    private var skipped = 0
    private var lags = Histogram()
    /// Whether the swarm counts as formed.
    var isSteady = false

    mutating func note(lag: TimeSpan) { lags.add(lag) }

    /// The median and the 95th percentile of the lags noted since the last call, in milliseconds.
    mutating func lagQuantiles() -> (median: Double?, tail: Double?) {
        defer { lags = Histogram() }
        return (lags.quantile(0.5), lags.quantile(0.95))
    }

    mutating func append(_ sample: Sample) {
        guard samples.count < Timeline.samplesMax else { return }
        samples.append(sample)
    }

    /// Wire bytes that the source has sent since the last call.
    mutating func sourceBytes(_ count: Int) -> Int {
        defer { sourceOut = count }
        return count - sourceOut
    }

    /// Wire bytes that a machine has sent since the last call.
    mutating func bytes(of machine: Int, _ count: Int) -> Int {
        defer { viewersOut[machine] = count }
        return count - viewersOut[machine, default: 0]
    }

    /// The share of packets handed over since the last call, of totals that never decrease.
    mutating func continuity(delivered now: Int, skipped nowSkipped: Int) -> Double? {
        let (fresh, missed) = (now - delivered, nowSkipped - skipped)
        (delivered, skipped) = (now, nowSkipped)
        return fresh + missed > 0 ? Double(fresh) / Double(fresh + missed) : nil
    }
}

extension World {
    /// Notes how the last second was.
    mutating func sample() {
        beginSteady()
        var sample = Timeline.Sample()
        sample.t = (now - World.start).seconds
        let living = viewers.filter { !machines[$0].isGone }
        sample.viewers = living.count
        samplePlaying(&sample, living)
        sampleLoad(&sample, living)
        sampleDepth(&sample, living)
        (sample.lagMedianMs, sample.lagTailMs) = timeline.lagQuantiles()
        timeline.append(sample)
    }

    /// Begins to measure the steady swarm, once.
    private mutating func beginSteady() {
        guard let from = configuration.steadyFrom, now - World.start >= from,
            !timeline.isSteady
        else { return }
        timeline.isSteady = true
        for index in viewers where !machines[index].isGone {
            machines[index].viewing?.beginSteady()
        }
    }

    private mutating func samplePlaying(_ sample: inout Timeline.Sample, _ living: [Int]) {
        let due = living.filter {
            machines[$0].viewing?.startedAt != nil
                || now - machines[$0].joinedAt > Inspector.startMax
        }
        let playing = due.count { index in
            machines[index].viewing?.deliveredAt.map { now - $0 < Timeline.interval } ?? false
        }
        if !due.isEmpty { sample.playing = Double(playing) / Double(due.count) }
        var (delivered, skipped) = (0, 0)
        for index in viewers {
            guard let viewing = machines[index].viewing else { continue }
            delivered += viewing.bytesDelivered / Programme.packetSize
            skipped += viewing.packetsSkipped
        }
        sample.continuity = timeline.continuity(delivered: delivered, skipped: skipped)
    }

    private mutating func sampleLoad(_ sample: inout Timeline.Sample, _ living: [Int]) {
        let second = Timeline.interval.seconds
        let media = Double(configuration.rate.bitsPerSecond) / 8 * second
        if now <= publishesUntil {
            sample.sourceLoad = Double(timeline.sourceBytes(machines[0].wireOut)) / media
        }
        var (sent, allowed, isLimited) = (0.0, 0.0, true)
        for index in living {
            let machine = machines[index]
            sent += Double(timeline.bytes(of: index, machine.wireOut)) * 8 / second
            if let limit = machine.uploadLimit {
                allowed += Double(limit.bitsPerSecond)
            } else {
                isLimited = false
            }
        }
        guard !living.isEmpty else { return }
        sample.uploadMean = sent / Double(living.count)
        if isLimited, allowed > 0 { sample.uploadUse = sent / allowed }
    }

    private func sampleDepth(_ sample: inout Timeline.Sample, _ living: [Int]) {
        var (sum, count, most) = (0, 0, 0)
        for parents in inspector.tree {
            let depths = Cycles.depths(in: parents, root: 0)
            for index in living where index < depths.count && depths[index] > 0 {
                sum += depths[index]
                count += 1
                most = max(most, depths[index])
            }
        }
        guard count > 0 else { return }
        sample.depthMean = Double(sum) / Double(count)
        sample.depthMax = most
    }
}
