import Basics
import Paths
import Secrecy
import Telemetry
import Wire

/// Membership: joins, reports, goodbyes.
extension Tracker {
    mutating func handleSwitchEvents(at now: Instant) {
        let events = switchEvents
        switchEvents.removeAll(keepingCapacity: true)
        for event in events {
            switch event {
            case .established: break
            case .messages(let slot, let content): take(content, from: slot, at: now)
            case .failed(let slot, let remote): forget(slot, remote, at: now)
            case .moved(let slot): moved(slot, at: now)
            case .punch, .identity: violations += 1
            }
        }
    }

    private mutating func take(_ content: Content, from slot: Int, at now: Instant) {
        var reader = MessageReader(content)
        while let message = try? reader.next() {
            switch message {
            case .join(let join): takeJoin(join, from: slot, at: now)
            case .report(let report): takeReport(report, from: slot, at: now)
            case .goodbye: takeGoodbye(from: slot, at: now)
            case .probe(let probe):
                let echo = Echo(
                    probeSentAt: probe.sentAt,
                    receivedAt: now,
                    sourceOffset: .zero,
                    offsetError: nil
                )
                send(.echo(echo), to: slot)
            case .echo: break
            case .welcome, .retry, .introduce, .plan, .summary, .subscribe, .subscribed,
                .unsubscribe, .ancestors, .have, .request, .lack, .requestManifests, .feedback,
                .manifest, .chunk, .seek:
                violations += 1
            }
        }
    }

    private mutating func takeJoin(_ join: Join, from slot: Int, at now: Instant) {
        guard let link = switchboard.links[slot] else { return }
        guard let at = swarmIndex(for: join.channel, at: now) else {
            refusedJoins += 1
            send(.retry(Retry(reason: .refused, after: 10_000)), to: slot)
            return
        }
        if join.role == .source {
            guard takeSource(join, link, swarm: at, at: now) else { return }
        } else if swarms[at].record == nil || swarms[at].source == nil {
            send(.retry(Retry(reason: .sourceOffline, after: 500)), to: slot)
            return
        }
        if join.role == .viewer, mustLineUp(link, swarm: at, at: now) {
            return lineUp(join, link, swarm: at, at: now)
        }
        takeIn(join, link, swarm: at, at: now)
    }

    /// Makes somebody a member, and tells it so.
    mutating func takeIn(_ join: Join, _ link: Link, swarm at: Int, at now: Instant) {
        if join.role == .viewer, swarms[at].member(link.remote) == nil {
            payForNewcomer(at: now)
        }
        add(join, link, swarm: at, at: now)
        welcome(link, swarm: at)
        planSoon(swarm: at, at: now)
    }

    /// Plans anew for somebody who came or went: at once, but in a crowd no oftener than every 4 ms for each
    /// member, at most four times a second, since each plan moves some and must be told.
    mutating func planSoon(swarm at: Int, at now: Instant) {
        let pause = TimeSpan.milliseconds(min(250, 4 * swarms[at].members.count))
        let soon = max(now + swarms[at].gatherSpan, swarms[at].plannedAt + pause)
        swarms[at].epochAt = min(swarms[at].epochAt, soon)
    }

    private func welcomeMessage(_ link: Link, swarm at: Int) -> Message {
        var record = swarms[at].record
        record?.mediaRate = UInt32(min(4e9, swarms[at].mediaRate))
        var message = Welcome(
            observed: link.endpoint,
            record: record,
            source: swarms[at].source,
            reportInterval: reportSeconds(of: link.remote, swarm: at)
        )
        message.sparePermille = swarms[at].sparePermille
        return .welcome(message)
    }

    private mutating func welcome(_ link: Link, swarm at: Int) {
        send(welcomeMessage(link, swarm: at), to: link.slot)
    }

    /// Whether a source may broadcast on the channel: the authority signed its record, and it is
    /// not older than the one we know.
    private mutating func takeSource(_ join: Join, _ link: Link, swarm at: Int, at now: Instant)
        -> Bool
    {
        let seconds = now.nanoseconds / 1_000_000_000
        guard let record = join.record, record.isValid(for: join.channel, at: seconds),
            record.epoch >= swarms[at].record?.epoch ?? 0
        else {
            refusedJoins += 1
            send(.retry(Retry(reason: .refused, after: 10_000)), to: link.slot)
            return false
        }
        let isNew = record.epoch > swarms[at].record?.epoch ?? 0
        if let old = swarms[at].source, old != link.remote {
            guard isNew else {
                send(.retry(Retry(reason: .refused, after: 10_000)), to: link.slot)
                return false
            }
            remove(old, swarm: at, because: "was replaced by a new source", at: now)
        } else if isNew {
            // The same peer in a new process: nobody has a session with it any more.
            swarms[at].remove(link.remote)
        }
        swarms[at].record = record
        swarms[at].source = link.remote
        if isNew { announceRecord(swarm: at) }
        return true
    }

    /// A new source process: everybody learns its record.
    private mutating func announceRecord(swarm at: Int) {
        for member in swarms[at].members where member.role != .source {
            if let link = switchboard.links[member.slot] {
                send(welcomeMessage(link, swarm: at), to: member.slot)
            }
            if let position = swarms[at].position(of: member.id) {
                swarms[at].members[position].told = []
            }
        }
    }

    private mutating func add(_ join: Join, _ link: Link, swarm at: Int, at now: Instant) {
        let isNew = swarms[at].member(link.remote) == nil
        guard isNew else {
            // A repeated join: the welcome was lost, and with it perhaps the plan.
            if let position = swarms[at].position(of: link.remote) {
                swarms[at].members[position].heardAt = now
                swarms[at].members[position].told = []
            }
            return
        }
        // What a peer claims counts only on its own network; a source beside the tracker is trusted.
        let own = join.candidates.filter {
            $0 != link.endpoint && ($0.isPrivate || link.endpoint.isLoopback)
        }
        claimsIgnored += join.candidates.count { $0 != link.endpoint } - own.count
        var member = Member(
            id: link.remote,
            slot: link.slot,
            key: Bytes(link.remoteKey),
            role: join.role,
            name: PrintableText.clean(join.name),
            uploadCap: join.uploadCap,
            candidates: [link.endpoint] + own.prefix(Contact.candidatesMax - 1),
            prefix: link.endpoint.prefix,
            joinedAt: now,
            heardAt: now,
            told: []
        )
        member.nat = join.nat
        member.reportSeconds = Int(reportSeconds(of: link.remote, swarm: at))
        while channels.count <= link.slot { channels.append(nil) }
        channels[link.slot] = join.channel
        swarms[at].add(member)
        let title = member.name.isEmpty ? "peer \(member.id.short)" : member.name
        report(.info, .joined, "\(title) joined as \(join.role.name)", peer: member.id, swarm: at)
    }

    private mutating func takeReport(_ report: Report, from slot: Int, at now: Instant) {
        guard let (at, position) = place(of: slot) else {
            // We do not know it any more, perhaps after a restart: let it join again.
            send(.goodbye(Goodbye(reason: .unneeded)), to: slot)
            return
        }
        if now - swarms[at].members[position].heardAt > swarms[at].members[position].cut {
            // It was cut off, and has lost its neighbours: what was told and introduced meanwhile is void.
            swarms[at].forgetIntroductions(of: swarms[at].members[position].id)
            swarms[at].members[position].told = []
            planSoon(swarm: at, at: now)
        }
        swarms[at].members[position].heardAt = now
        swarms[at].note(report, at: position)
        note(report.nat, swarm: at, position: position, at: now)
        repeatPlan(swarm: at, position: position, heard: report.planNumber, at: now)
        compare(report, swarm: at, position: position, at: now)
        introduceAgain(swarm: at, position: position, at: now)
        if let link = switchboard.links[slot] {
            swarms[at].members[position].candidates[0] = link.endpoint
        }
        if swarms[at].members[position].role == .source {
            measureMedia(report.mediaBytesIn, swarm: at, at: now)
        }
        let seconds = reportSeconds(of: swarms[at].members[position].id, swarm: at)
        swarms[at].members[position].reportSeconds = Int(seconds)
        send(
            .summary(
                Summary(
                    viewers: UInt32(swarms[at].viewerCount),
                    mediaRate: UInt32(min(4e9, swarms[at].mediaRate)),
                    missedPermille: swarms[at].missedMost,
                    sparePermille: swarms[at].sparePermille,
                    reportInterval: seconds,
                    isFormed: swarms[at].isFormed
                )
            ),
            to: slot
        )
    }

    /// Takes over what a member knows of its NAT; what it has forgotten by a restart stays known.
    private mutating func note(
        _ nat: NatOutlook?,
        swarm at: Int,
        position: Int,
        at now: Instant
    ) {
        guard let nat else { return }
        let before = swarms[at].members[position].nat
        if nat.newestPort != before?.newestPort { swarms[at].members[position].portsTaken = 0 }
        if nat.type != before?.type {
            // Whom it could not meet by mistake about its NAT it may meet now.
            swarms[at].forgetIntroductions(of: swarms[at].members[position].id)
            planSoon(swarm: at, at: now)
        }
        swarms[at].members[position].nat = nat
    }

    /// Where a member does not have the parent that it was told, perhaps because it was not reached:
    /// what it has counts, and it is told anew.
    private mutating func compare(
        _ report: Report,
        swarm at: Int,
        position: Int,
        at now: Instant
    ) {
        let member = swarms[at].members[position]
        guard now - member.toldAt > Member.compliance else { return }
        for stripe in member.told.indices {
            guard let parent = member.told[stripe].first, stripe < report.parents.count,
                report.parents[stripe] != parent
            else { continue }
            swarms[at].members[position].told[stripe] = []
        }
    }

    private mutating func measureMedia(_ bytes: UInt64, swarm at: Int, at now: Instant) {
        guard let before = swarms[at].mediaMeterBefore, bytes >= before.bytes else {
            swarms[at].mediaMeterBefore = (bytes, now)
            return
        }
        let span = (now - before.at).seconds
        guard span >= 0.5 else { return }
        let fresh = Double(bytes - before.bytes) * 8 / span
        let old = swarms[at].mediaRate
        swarms[at].mediaRate = old == 0 ? fresh : old + (fresh - old) * 0.3
        swarms[at].mediaMeterBefore = (bytes, now)
    }

    private mutating func takeGoodbye(from slot: Int, at now: Instant) {
        if let link = switchboard.links[slot] { leaveLine(link.remote) }
        guard let (at, position) = place(of: slot) else { return }
        let id = swarms[at].members[position].id
        remove(id, swarm: at, because: "left", at: now)
    }

    private mutating func forget(_ slot: Int, _ remote: PeerID, at now: Instant) {
        leaveLine(remote)
        guard let (at, _) = place(of: slot) else { return }
        remove(remote, swarm: at, because: "lost its session", at: now)
    }

    mutating func remove(_ peer: PeerID, swarm at: Int, because reason: String, at now: Instant) {
        guard let member = swarms[at].member(peer) else { return }
        let title = member.name.isEmpty ? "peer \(peer.short)" : member.name
        report(.info, .left, "\(title) \(reason)", peer: peer, swarm: at)
        swarms[at].remove(peer)
        channels[member.slot] = nil
        relays.drop(member.slot)
        switchboard.drop(member.slot)
        planSoon(swarm: at, at: now)
    }

    func place(of slot: Int) -> (swarm: Int, position: Int)? {
        guard slot < channels.count, let channel = channels[slot],
            let at = swarms.firstIndex(where: { $0.channel == channel }),
            let remote = switchboard.links[slot]?.remote,
            let position = swarms[at].position(of: remote)
        else { return nil }
        return (at, position)
    }

    private mutating func swarmIndex(for channel: ChannelID, at now: Instant) -> Int? {
        if let only = configuration.channel, only != channel { return nil }
        if let known = swarms.firstIndex(where: { $0.channel == channel }) { return known }
        guard swarms.count < configuration.channelsMax else { return nil }
        swarms.append(Swarm(channel: channel, at: now))
        return swarms.count - 1
    }
}
