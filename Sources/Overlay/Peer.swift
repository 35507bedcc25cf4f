public import Basics
import Blocks
public import Driving
import Paths
import Scheduling
public import Secrecy
import Telemetry
import Wire

/// One participant of a swarm: source, relay and viewer are roles of this one type.
///
/// A core: synchronous, without clock, I/O or system randomness. The way of one chunk, in the order of
/// the code: `receive` opens a datagram (Paths, Secrecy), parses it (Wire) and hands it to `takeChunk`,
/// which stores it (Blocks), forwards it (Scheduling) and releases what can be played.
///
/// Contract with the driver: `now` never decreases, effects are performed before the next call, calls
/// never nest. Nothing throws: what the network brings is counted, reported and dropped.
public struct Peer: ~Copyable {
    let configuration: PeerConfiguration
    var switchboard: Switchboard
    var introductions: Introductions
    /// Neighbours that the tracker passes our datagrams on to.
    var relays = RelayTickets()
    /// By slot of the switchboard; trackers are not among them.
    var neighbours: [Neighbour?] = []
    /// Their smoothed round trips in nanoseconds, by slot too; -1 while unknown.
    var trips: [Int64] = []
    /// When something is to be done about each of them, by slot too: who has nothing to do does not look
    /// at all the neighbours.
    var attendAt: [Instant] = []
    /// Slots of neighbours that are established, sorted: the order of every loop over them.
    var active: [Int] = []
    var tracker: TrackerTie
    var record: ChannelRecord?
    var stripeCount: Int
    var sourceID: PeerID?

    // The stream.
    var blocker: Blocker?
    var verifier: ManifestVerifier?
    var store: ChunkStore
    var playout: PlayoutBuffer?
    var feeds: [StripeFeed]
    /// Child slots per stripe, sorted.
    var children: [[Int]]
    /// Slots of neighbours that get any stripe from us, sorted.
    var fed: [Int] = []
    /// Stripes that we send, over all children.
    var seatsUsed = 0
    /// Wire bytes that a tracker beside us has sent of what is ours.
    var lentBytes = 0
    /// Hops of stored chunks, a ring like `BlockRing`.
    var hops: HopRing
    /// Chunks that the source has made and not begun to send.
    var paced = EventHeap<ChunkID>()
    /// Chunks of the past for new children.
    var history = EventHeap<SendQueue.Item>()
    /// When the last chunk of the past goes out.
    var historyPacedTo = Instant.origin
    var queue = SendQueue()
    var prepared = PreparedChunk()
    var bucket: UploadBucket
    /// What the uplink has proved to carry.
    var gauge = UplinkGauge()
    var clock: ClockOffset
    var mediaRate = 0.0
    var chunkSpan = TimeSpan.milliseconds(9)

    // The feedback loops.
    var repair = RepairLoop()
    var manifestWaits = ManifestWaits()
    var budget: RequestBudget
    var redundancy: RedundancyLoop
    var uplink: UplinkLoop

    var counters = PeerCounters()
    var downMeter = RateMeter()
    var upMeter = RateMeter()
    var mediaMeter = RateMeter()
    var events = RingBuffer<Event>(capacity: 200)
    var lags = RingBuffer<Double>(capacity: 256)
    var misses = MissShare()
    var impatience = Impatience()
    var tally = RepairTally()
    var traces = RescueTraces()
    var scores = ParentScores()
    var suspects: [PeerID] = []
    var banned: [PeerID] = []
    var startedAt: Instant
    var calledAt: Instant
    var tickAt: Instant
    var suspicionAt = Instant.distantFuture
    var firstManifestAt: Instant?
    var lastManifestAt: Instant?
    /// When the last block with media in it came, or was published.
    var lastMediaAt: Instant?
    /// Since when the stream has been away, once that has been told.
    var silentSince: Instant?
    var isStopping = false
    var startedPlaying: Instant?
    /// Something is missing before the next delivery: another source process has begun.
    var isInterrupted = false
    var introductionsKnown: [PeerID: Introduction] = [:]
    /// The bits that are set in the `wants` of any neighbour.
    var wanted = BlockRing()
    /// What `store.additionCount` was when playout last looked; -1 when it has to look anew.
    var releasedCount = -1
    /// When playout has something to do by itself, as of the last look.
    var playoutAt = Instant.distantFuture
    /// Whether any neighbour may have been asked for stripes and not have answered.
    var isAsking = false
    /// Our NAT, as others are told it; nil while nobody has looked.
    var nat: NatOutlook?
    /// Introductions by neighbours, when no tracker answers.
    var mutual = MutualMeeting()
    /// Introductions that wait for a look at the NAT, and until when.
    var held: [HeldIntroduction] = []
    var heldUntil = Instant.distantFuture
    /// Neighbours hear from us this often, whatever else there is to say.
    var keepAlive = Peer.keepAliveMost
    var chargedInCall = 0
    /// The stripes in whose trees our parents know us as an interior node.
    var interiorTold: UInt32 = 0
    /// So many blocks in a row brought their manifests down the trunk, up to those that make a habit.
    var trunkRun = 0
    /// Since when more seats are taken than the uplink offers.
    var overloadedSince: Instant?
    var skipsTold = 0
    /// The source's last block, and when to stop waiting for it.
    var endBlock: UInt32?
    var endAt: Instant?
    var suspectsTold = 0
    /// When parents are asked again whether they still have us, if nothing comes; whether the silent ones have
    /// been probed for it.
    var renewAt = Instant.origin
    var isRenewalProbed = false
    /// How many parents were asked for the past; the first two bring all manifests.
    var historyAsked = 0
    /// Until when chunks of the past may come from new parents.
    var historyUntil = Instant.origin
    /// Until when new parents are asked for the past because nothing came for a while.
    var cutUntil = Instant.origin
    /// The shortest time from a block's sending to its manifest's arrival, clocks uncorrected.
    var manifestLagMin = TimeSpan(nanoseconds: .max / 2)
    var lastRescueTold = UInt32.max
    var rescueToldAt = Instant.origin
    var random: SeededRandom
    /// The median round trip to the neighbours; nil when one of them has changed.
    var tripKnown: TimeSpan?
    /// Whether the stream has ended and everything that could be played was handed over.
    public private(set) var isEnded = false

    // Storage that every call reuses.
    var switchEvents: [Switchboard.Event] = []
    var outgoing: [Outgoing] = []
    var mailed: [Int] = []
    var deliveries: [PlayoutBuffer.Delivery] = []
    var reports: [Event] = []
    /// Per stripe, when a block's first chunk is overdue, and from when on its parent pushes.
    var habits: [(usual: Instant, pushedFrom: Instant)] = []

    /// Makes a peer; it begins to join with the first `advance`.
    ///
    /// `entropy` makes keys, so it must be secret on a real machine; two peers of the same configuration
    /// and entropy behave the same.
    public init(
        _ configuration: PeerConfiguration,
        identity: Identity,
        entropy: Entropy,
        at now: Instant
    ) {
        self.configuration = configuration
        var entropy = entropy
        random = SeededRandom(seed: PeerID(publicKey: entropy.bytes(8)).value)
        stripeCount = Int(configuration.publishing?.record.stripeCount ?? 8)
        var lines = Switchboard.Configuration(
            identity: identity,
            suite: configuration.suite,
            service: .peer,
            prologue: Prologue.channel(configuration.channel),
            linksMax: configuration.neighboursMax + configuration.trackers.count
        )
        // Peers that share what they hold need not copy it for each other.
        if configuration.pool != nil { lines.bodies = .shared }
        switchboard = Switchboard(lines, entropy: entropy)
        introductions = Introductions(own: identity.id, suite: configuration.suite)
        tracker = TrackerTie(trackers: configuration.trackers, at: now)
        store = ChunkStore(pool: configuration.pool)
        feeds = Array(repeating: StripeFeed(), count: stripeCount)
        children = Array(repeating: [], count: stripeCount)
        hops = HopRing()
        bucket = UploadBucket(rate: configuration.uploadCap, at: now)
        clock = ClockOffset(isSource: configuration.role == .source ? .source : .other)
        budget = RequestBudget(chunkRate: 110, at: now)
        redundancy = RedundancyLoop(at: now)
        uplink = UplinkLoop(stripeCount: stripeCount, role: configuration.role, at: now)
        uplink.bound(cap: configuration.uploadCap, stripeWireRate: 0)
        startedAt = now
        calledAt = now
        tickAt = now
        if configuration.exposure == .sourceOnly {
            nat = NatOutlook(.usual, newestPort: 0, insidePort: 0, traits: .secluded)
        }
        if let publishing = configuration.publishing { setUpSource(publishing, at: now) }
    }

    private mutating func setUpSource(
        _ publishing: PeerConfiguration.Publishing,
        at now: Instant
    ) {
        record = publishing.record
        sourceID = id
        blocker = Blocker(
            Blocker.Configuration(
                channel: configuration.channel,
                key: publishing.key,
                epoch: publishing.record.epoch,
                stripeCount: stripeCount
            ),
            at: now
        )
        if let fixed = fixedRepairPerRow { blocker?.repairPerRow = fixed }
    }

    /// The peer's identifier.
    public var id: PeerID { switchboard.configuration.identity.id }
    /// Whether the peer publishes the stream.
    var isSource: Bool { configuration.role == .source }

    /// Takes in a datagram of one run of bytes.
    public mutating func receive(
        _ datagram: Bytes,
        from endpoint: Endpoint,
        at now: Instant,
        into effects: inout Effects
    ) {
        receive(Datagram(datagram), from: endpoint, at: now, into: &effects)
    }

    /// Takes in a datagram.
    public mutating func receive(
        _ datagram: Datagram,
        from endpoint: Endpoint,
        at now: Instant,
        into effects: inout Effects
    ) {
        begin(at: now)
        counters.wireIn += datagram.count + Envelope.headerOverhead
        if RelayTickets.isDirect(datagram, from: endpoint) {
            open(datagram, from: endpoint, at: now)
        } else if let (content, origin) = relays.arrival(datagram, from: endpoint) {
            open(content, from: origin, at: now)
        } else {
            counters.malformed += 1
        }
        handleSwitchEvents(at: now, size: datagram.count + Envelope.headerOverhead)
        finish(at: now, into: &effects)
    }

    private mutating func open(_ datagram: Datagram, from endpoint: Endpoint, at now: Instant) {
        switchboard.receive(
            datagram,
            from: endpoint,
            at: now,
            into: &switchEvents,
            out: &outgoing
        )
    }

    /// Takes in whole transport stream packets of the live programme; source only.
    public mutating func publish(
        _ packets: [UInt8],
        at now: Instant,
        into effects: inout Effects
    ) {
        begin(at: now)
        var blocks: [SealedBlock] = []
        blocker?.append(packets, at: now, into: &blocks)
        for block in blocks { emit(block, at: now) }
        finish(at: now, into: &effects)
    }

    /// Does what is due.
    public mutating func advance(to now: Instant, into effects: inout Effects) {
        begin(at: now)
        sealOverdueBlock(at: now)
        sendPaced(at: now)
        if heldUntil <= now { followHeld(at: now) }
        if introductions.nextDeadline ?? .distantFuture <= now {
            introductions.advance(to: now, out: &outgoing)
        }
        askForManifests(at: now)
        if repair.wakeAt <= now { repairOverdue(at: now) }
        if suspicionAt <= now { judgeSuspects(at: now) }
        if tickAt <= now { tick(at: now) }
        finish(at: now, into: &effects)
    }

    /// When `advance` has something to do next.
    ///
    /// Mutating in name, like all that is asked often: a peer that is only looked at would be copied to be
    /// handed over, all 3 KB of it.
    public var nextDeadline: Instant? {
        mutating get {
            var earliest = min(tickAt, min(repair.wakeAt, suspicionAt))
            earliest = min(earliest, heldUntil)
            earliest = min(earliest, introductions.nextDeadline ?? .distantFuture)
            earliest = min(earliest, manifestWaits.nextDeadline ?? .distantFuture)
            earliest = min(earliest, paced.nextTime ?? .distantFuture)
            earliest = min(earliest, history.nextTime ?? .distantFuture)
            earliest = min(earliest, playoutAt)
            if isSource { earliest = min(earliest, blocker?.nextDeadline ?? .distantFuture) }
            if !queue.isEmpty { earliest = min(earliest, queueReadyAt) }
            return earliest
        }
    }

    /// Says goodbye to everybody and stops taking part.
    public mutating func leave(at now: Instant, into effects: inout Effects) {
        begin(at: now)
        isStopping = true
        if blocker != nil { finishStream(at: now) }
        for slot in active {
            let reason: Goodbye.Reason = isSource ? .ended : .leaving
            post(.goodbye(Goodbye(reason: reason)), to: slot)
        }
        if let slot = tracker.slot { post(.goodbye(Goodbye(reason: .leaving)), to: slot) }
        finish(at: now, into: &effects)
    }

    private mutating func begin(at now: Instant) {
        if !outgoing.isEmpty { outgoing.removeAll(keepingCapacity: true) }
        if !switchEvents.isEmpty { switchEvents.removeAll(keepingCapacity: true) }
        if now - calledAt > .milliseconds(400) { excusePause(at: now) }
        calledAt = now
    }

    /// After a pause of our own nobody else is late.
    private mutating func excusePause(at now: Instant) {
        repair.excuse(until: now + .milliseconds(50))
        suspicionAt = .distantFuture
        for slot in active { neighbours[slot]?.suspectSince = nil }
    }

    private mutating func finish(at now: Instant, into effects: inout Effects) {
        drainQueue(at: now)
        releasePlayout(at: now, into: &effects)
        sealMail(at: now)
        var size = 0
        for direct in outgoing {
            guard direct.endpoint.isRelayed else {
                size += direct.datagram.count + Envelope.headerOverhead
                effects.list.append(.send(direct.datagram, to: direct.endpoint))
                continue
            }
            guard let one = relays.departure(direct) else { continue }
            size += one.datagram.count + Envelope.headerOverhead
            effects.list.append(.send(one.datagram, to: one.endpoint))
        }
        counters.wireOut += size
        // Handshakes and punches; what `send` sealed has been charged there.
        bucket.charge(size - chargedInCall, at: now)
        chargedInCall = 0
        if !outgoing.isEmpty { outgoing.removeAll(keepingCapacity: true) }
        guard !reports.isEmpty else { return }
        for event in reports {
            events.append(event)
            effects.list.append(.report(event))
        }
        reports.removeAll(keepingCapacity: true)
    }

    private mutating func releasePlayout(at now: Instant, into effects: inout Effects) {
        guard playoutAt <= now || releasedCount != store.additionCount, playout != nil else {
            return
        }
        releasedCount = store.additionCount
        deliveries.removeAll(keepingCapacity: true)
        playoutAt =
            playout?.release(from: store, at: now, into: &deliveries) ?? .distantFuture
        noteUnknownAhead(at: now)
        for delivery in deliveries {
            noteDelivery(delivery, at: now)
            effects.list.append(
                .deliver(
                    Delivery(
                        bytes: delivery.bytes,
                        startsKeyFrame: delivery.startsKeyFrame,
                        isDiscontinuity: delivery.isDiscontinuity || isInterrupted,
                        mediaTime: delivery.mediaTime
                    )
                )
            )
            isInterrupted = false
        }
    }

    /// The end: the source's last block is out, or too late.
    mutating func judgeEnd(at now: Instant) {
        guard let endAt, let endBlock, !isEnded else { return }
        let isOut = playout?.figures.playoutPoint.map { $0.block >= endBlock } ?? false
        if isOut || endAt <= now { isEnded = true }
    }
}
