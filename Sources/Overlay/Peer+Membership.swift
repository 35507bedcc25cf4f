import Basics
import Blocks
import Paths
import Scheduling
import Secrecy
import Telemetry
import Wire

/// Membership: the tracker, introductions, and links to other peers coming and going.
extension Peer {
    mutating func handleSwitchEvents(at now: Instant, size: Int) {
        // Nearly always there is one, which is taken out rather than copied.
        if switchEvents.count == 1, let event = switchEvents.popLast() {
            return handle(event, at: now, size: size)
        }
        for event in switchEvents { handle(event, at: now, size: size) }
    }

    private mutating func handle(_ event: Switchboard.Event, at now: Instant, size: Int) {
        switch event {
        case .established(let slot): established(slot, at: now)
        case .messages(let slot, let content): take(content, from: slot, size: size, at: now)
        case .punch(let punch, let endpoint): punched(punch, from: endpoint, at: now)
        case .failed(let slot, let remote): failed(slot, remote, at: now)
        case .moved(let slot): moved(slot)
        case .identity(let key, let endpoint): identified(key, from: endpoint, at: now)
        }
    }

    /// Moves the membership on: connect, join again, or give the tracker up.
    mutating func tieToTracker(at now: Instant) {
        guard !isStopping, let target = tracker.target else { return }
        switch tracker.state {
        case .idle(let until):
            if until <= now { approach(target, at: now) }
        case .discovering(let until):
            guard until <= now else { return }
            let isHopeless = tracker.questions >= TrackerTie.questionsMax
            if isHopeless { failTracker(at: now) } else { approach(target, at: now) }
        case .connecting: break
        case .joining(let slot, let retryAt):
            if retryAt <= now {
                if now - (tracker.joinSentAt ?? now) > TrackerTie.joinSilenceMax {
                    failTracker(at: now)
                } else {
                    sendJoin(to: slot, at: now)
                }
            }
        case .joined(let slot, let answeredAt):
            if now - answeredAt > tracker.silenceMax {
                report(.warning, .tracker, "the tracker does not answer; the swarm goes on")
                failTracker(at: now)
            } else if tracker.nextReportAt <= now {
                tracker.nextReportAt = now + reportPause(at: now)
                post(.report(makeReport(at: now)), to: slot)
                tracker.ask(at: now)
            }
        }
    }

    /// How long until the next report.
    ///
    /// A young source tells often what it publishes: the swarm's seats depend on the rate. Who gets nothing
    /// cannot wait for help.
    private func reportPause(at now: Instant) -> TimeSpan {
        let isYoung = isSource && now - startedAt < .seconds(3)
        if isYoung || isWaiting(at: now) { return TrackerTie.urgentInterval }
        return isStarving(at: now) ? tracker.urgentInterval : tracker.reportInterval
    }

    private mutating func approach(
        _ target: PeerConfiguration.TrackerAddress,
        at now: Instant
    ) {
        guard let key = tracker.key else {
            let request = Discovery.request(service: .tracker)
            outgoing.append(Outgoing(bytes: request, endpoint: target.endpoint))
            tracker.state = .discovering(until: now + tracker.patience)
            tracker.questions += 1
            return
        }
        guard
            let slot = switchboard.connect(
                to: key,
                .tracker,
                via: target.endpoint,
                at: now,
                out: &outgoing
            )
        else { return failTracker(at: now) }
        tracker.state = .connecting(slot: slot)
        if switchboard.isEstablished(slot) { sendJoin(to: slot, at: now) }
    }

    private mutating func identified(
        _ key: [UInt8],
        from endpoint: Endpoint,
        at now: Instant
    ) {
        guard case .discovering = tracker.state, tracker.target?.endpoint == endpoint else {
            return
        }
        tracker.learntKey = key
        if let target = tracker.target { approach(target, at: now) }
    }

    /// Whether a viewer that has played gets nothing any more.
    func isStarving(at now: Instant) -> Bool {
        guard !isSource, startedPlaying != nil, let lastManifestAt else { return false }
        return now - lastManifestAt > .seconds(1)
    }

    /// Whether a viewer has joined a moment ago and has found nobody yet: what introduces it may be lost.
    private func isWaiting(at now: Instant) -> Bool {
        guard !isSource, let joinSentAt = tracker.joinSentAt else { return false }
        return now - joinSentAt < .seconds(3) && feeds.allSatisfy { $0.parent == nil }
    }

    private mutating func failTracker(at now: Instant) {
        if let slot = tracker.slot { switchboard.drop(slot) }
        if tracker.failures == 0 || tracker.failures % 8 == 7 {
            let place = tracker.target?.endpoint.description ?? "?"
            report(.warning, .tracker, "cannot reach the tracker at \(place); trying again")
        }
        tracker.fail(at: now, jitter: random.unit(), isStarving: isStarving(at: now))
    }

    private mutating func sendJoin(to slot: Int, at now: Instant) {
        var join = Join(
            channel: configuration.channel,
            role: configuration.role,
            name: configuration.name,
            candidates: configuration.exposure == .members ? configuration.candidates : []
        )
        join.uploadCap = configuration.uploadCap.map { UInt32($0.bitsPerSecond / 1_000) }
        if isSource { join.record = record }
        join.nat = nat
        post(.join(join), to: slot)
        if tracker.joinSentAt == nil { tracker.joinSentAt = now }
        tracker.state = .joining(slot: slot, retryAt: now + .milliseconds(300))
    }

    mutating func takeWelcome(_ welcome: Welcome, from slot: Int, at now: Instant) {
        guard tracker.slot == slot else { return }
        tracker.observed = welcome.observed
        tracker.reportInterval = .seconds(Int(max(1, welcome.reportInterval)))
        if !tracker.isJoined {
            report(.info, .tracker, "the tracker at \(place(of: slot)) took us in")
        }
        tracker.state = .joined(slot: slot, answeredAt: now)
        tracker.succeed()
        noteSpare(permille: welcome.sparePermille)
        if let source = welcome.source { sourceID = source }
        if !isSource, let record = welcome.record { adopt(record, at: now) }
        let plans = tracker.earlyPlans
        tracker.earlyPlans = []
        for plan in plans { takePlan(plan, at: now) }
    }

    private func place(of slot: Int) -> String {
        switchboard.links[slot]?.endpoint.description ?? "?"
    }

    /// Takes over a channel's record if the authority signed it and it is not older than ours.
    private mutating func adopt(_ fresh: ChannelRecord, at now: Instant) {
        let seconds = now.nanoseconds / 1_000_000_000
        guard fresh.isValid(for: configuration.channel, at: seconds) else {
            counters.violations += 1
            report(.error, .violation, "the tracker sent a channel record with a bad signature")
            return
        }
        if fresh.mediaRate > 0, mediaRate == 0 { mediaRate = Double(fresh.mediaRate) }
        guard record == nil || fresh.epoch > record?.epoch ?? 0 else { return }
        let isRestart = record != nil
        record = fresh
        verifier = ManifestVerifier(
            channel: configuration.channel,
            record: fresh,
            pool: configuration.pool
        )
        if isRestart {
            report(.info, .stream, "the source has started anew")
            // What neighbours have told before the welcome came holds good; after a restart it may not.
            clock = ClockOffset(isSource: .other)
            // Our session was with the process before.
            if let slot = sourceSlot {
                lose(slot, because: "it has started anew", at: now)
            }
        }
        restartStream(stripes: Int(fresh.stripeCount), at: now)
    }

    /// A new epoch: nothing of the old one can follow.
    private mutating func restartStream(stripes: Int, at now: Instant) {
        stripeCount = stripes
        store = ChunkStore(pool: configuration.pool)
        // Blocks are numbered from 0 again: what was looked up last must not be sent under a new name.
        prepared = PreparedChunk()
        hops = HopRing()
        history = EventHeap<SendQueue.Item>()
        historyPacedTo = .origin
        queue = SendQueue()
        isInterrupted = startedPlaying != nil
        startedPlaying = nil
        historyAsked = 0
        manifestLagMin = TimeSpan(nanoseconds: .max / 2)
        wanted = BlockRing()
        repair = RepairLoop()
        manifestWaits = ManifestWaits()
        feeds = Array(repeating: StripeFeed(), count: stripes)
        children = Array(repeating: [], count: stripes)
        for slot in active {
            neighbours[slot]?.childStripes = 0
            neighbours[slot]?.askedStripes = 0
            neighbours[slot]?.has = BlockRing()
            neighbours[slot]?.hasManifest = BlockRing()
            neighbours[slot]?.wants = BlockRing()
            neighbours[slot]?.map = nil
            neighbours[slot]?.forgetAncestors()
        }
        listChildren()
        uplink = UplinkLoop(stripeCount: stripes, role: configuration.role, at: now)
        boundUplink()
        if configuration.role == .viewer {
            playout = PlayoutBuffer(latency: configuration.latency, at: now)
            releasedCount = -1
            playoutAt = .distantFuture
            playout?.startMargin = min(PlayoutBuffer.haltMin, configuration.latency / 4)
        }
    }

    mutating func takeRetry(_ retry: Retry, from slot: Int, at now: Instant) {
        guard tracker.slot == slot else { return }
        if tracker.refusal != retry.reason {
            switch retry.reason {
            case .busy:
                report(.info, .tracker, "many join at once; in line at the tracker")
            case .sourceOffline: report(.info, .tracker, "the source is not there yet")
            case .refused: report(.error, .tracker, "the tracker refused us")
            }
        }
        tracker.refusal = retry.reason
        let wait = TimeSpan.milliseconds(Int(min(30_000, max(50, retry.after))))
        tracker.joinSentAt = nil
        tracker.state = .joining(slot: slot, retryAt: now + wait)
    }

    private mutating func established(_ slot: Int, at now: Instant) {
        guard let link = switchboard.links[slot] else { return }
        if tracker.slot == slot {
            sendJoin(to: slot, at: now)
            return
        }
        guard !isStopping, !banned.contains(link.remote) else {
            switchboard.drop(slot)
            return
        }
        while neighbours.count <= slot {
            neighbours.append(nil)
            attendAt.append(.distantFuture)
            trips.append(-1)
        }
        neighbours[slot] = Neighbour(id: link.remote, at: now)
        attendAt[slot] = now
        trips[slot] = -1
        if let introduction = introductionsKnown.removeValue(forKey: link.remote) {
            name(slot, introduction)
        }
        if link.remote == sourceID { neighbours[slot]?.role = .source }
        if !active.contains(slot) {
            let at = active.firstIndex { $0 > slot } ?? active.count
            active.insert(slot, at: at)
        }
        listChildren()
        tripKnown = nil
        introductions.finish(with: link.remote, at: now)
        suspects.removeAll { $0 == link.remote }
        probe(slot, at: now)
        // Whoever waited for this neighbour need not wait for the next regular review.
        for stripe in feeds.indices
        where feeds[stripe].parent == nil || feeds[stripe].planned.first == link.remote {
            feeds[stripe].reviewAt = now
        }
        reviewFeeds(at: now)
    }

    mutating func name(_ slot: Int, _ introduction: Introduction) {
        neighbours[slot]?.name = PrintableText.clean(introduction.name)
        neighbours[slot]?.role = introduction.role
        neighbours[slot]?.place = introduction.contact.candidates.first
        neighbours[slot]?.isShown = !(introduction.far?.traits.contains(.secluded) ?? false)
    }

    private mutating func failed(_ slot: Int, _ remote: PeerID, at now: Instant) {
        if tracker.slot == slot {
            failTracker(at: now)
        } else if slot < neighbours.count, neighbours[slot] != nil {
            lose(slot, because: "its session ran out", at: now)
        } else {
            suspect(remote)
            report(.warning, .path, "peer \(remote.short) cannot be reached", peer: remote)
        }
    }

    mutating func suspect(_ remote: PeerID) {
        suspects.removeAll { $0 == remote }
        suspects.append(remote)
        if suspects.count > Report.suspectsMax { suspects.removeFirst() }
    }

    /// Forgets a neighbour: its stripes need other parents, its children slots are free.
    mutating func lose(
        _ slot: Int,
        because reason: String,
        saying words: String = "is gone",
        at now: Instant
    ) {
        guard slot < neighbours.count, let neighbour = neighbours[slot] else { return }
        let isParent = feeds.contains { $0.parent == slot }
        if isParent || neighbour.childStripes != 0 {
            let severity: Severity = isParent ? .warning : .info
            report(severity, .left, "\(title(slot)) \(words): \(reason)", peer: neighbour.id)
        }
        send(Message.goodbye(Goodbye(reason: .unneeded)).emitted, to: slot, at: now)
        neighbours[slot] = nil
        active.removeAll { $0 == slot }
        for stripe in children.indices { children[stripe].removeAll { $0 == slot } }
        listChildren()
        tripKnown = nil
        switchboard.drop(slot)
        let orphaned = feeds.indices.filter { feeds[$0].parent == slot }
        for stripe in feeds.indices where feeds[stripe].candidate == slot {
            feeds[stripe].candidate = nil
        }
        for stripe in orphaned { feeds[stripe].loseParent(at: now) }
        reviewFeeds(at: now)
        if !orphaned.isEmpty { announceAncestors(of: orphaned) }
    }

    /// Ends a neighbourhood for a breach of the protocol; the peer stays away for good.
    mutating func ban(_ slot: Int, because reason: String, at now: Instant) {
        guard slot < neighbours.count, let neighbour = neighbours[slot] else { return }
        counters.violations += 1
        report(.error, .violation, "\(title(slot)) \(reason); banned", peer: neighbour.id)
        banned.append(neighbour.id)
        if banned.count > 256 { banned.removeFirst() }
        suspect(neighbour.id)
        lose(slot, because: "it broke the protocol", at: now)
    }
}
