import Basics
import Chandelier
import Paths
import Telemetry
import Wire

/// Epochs: Chandelier's plan, told as changes, with the introductions that it needs.
extension Tracker {
    /// The source's load that a plan aims at: below two copies of the stream in all stripes together.
    private static func sourceSeatsWanted(_ stripes: Int) -> Int { 2 * stripes - 1 }
    /// Seats of a peer that has not reported yet: one copy of the stream.
    private static func seatsUnknown(_ stripes: Int) -> Int { stripes }
    /// Wire bytes per media byte of a stripe, repair chunks aside (DESIGN section 4).
    static let wireFactor = 1.13

    /// How much work an epoch may do, in looks at a link of about 10 ns: 0.15 s, so that datagrams
    /// do not wait for longer.
    ///
    /// Counted rather than timed, so that the same swarm gets the same plan.
    private static let epochWork = 15_000_000
    /// How long one look at a link takes.
    private static let workSpan = TimeSpan(nanoseconds: 10)

    mutating func plan(swarm at: Int, at now: Instant) {
        swarms[at].epochAt = now + Swarm.epoch
        guard let source = swarms[at].source, swarms[at].record != nil else { return }
        swarms[at].noteForming(at: now)
        widenUplink(beside: swarms[at].member(source), at: now)
        var budget = WorkBudget(units: Tracker.epochWork)
        let view = view(swarm: at, source: source, at: now)
        let plan = configuration.optimiser.plan(view, budget: &budget).plan
        swarms[at].planned(in: Tracker.workSpan * budget.used)
        swarms[at].planNumber += 1
        swarms[at].plannedAt = now
        swarms[at].sparePermille = sparePermille(swarm: at)
        for position in swarms[at].members.indices {
            tell(plan, swarm: at, position: position, at: now)
        }
        relayStranded(plan, swarm: at, at: now)
    }

    private func view(swarm at: Int, source: PeerID, at now: Instant) -> SwarmView {
        let swarm = swarms[at]
        let stripes = swarm.stripeCount
        let viewers = swarm.members.filter {
            $0.role != .source && !swarm.leavesOut($0, at: now)
        }
        let seats = viewers.map { seatCount(of: $0, in: swarm) }
        let demand = viewers.count * stripes
        var members = viewers.map { viewMember($0, stripes, at: now) }
        let roots = Tracker.sourceSeatsWanted(stripes)
        let used = SeatSpread.seats(
            seats,
            taken: childCounts(members),
            bounded: viewers.map { $0.uploadCap != nil },
            demand: demand - roots
        )
        for (at, count) in used.enumerated() { members[at].seats = count }
        if let own = swarm.member(source) {
            // The source gives more than its share only when the others cannot.
            let missing = demand - seats.reduce(0, +)
            let most = own.report.map { Int($0.seats) } ?? 8 * stripes
            let kept = seatsKept(viewers, seats, stripes, roots: roots)
            let wanted = max(roots, max(missing, kept))
            var root = viewMember(own, stripes, at: now)
            root.seats = min(most, wanted)
            members.append(root)
        }
        let rate = BitRate(bitsPerSecond: Int64(swarm.mediaRate / Double(stripes)))
        var view = SwarmView(
            stripeCount: stripes,
            source: source,
            members: members,
            stripeRate: rate
        )
        view.isFormed = swarm.isFormed
        // While nobody knows of a NAT everybody counts alike, and plans are made faster.
        if swarm.members.contains(where: { $0.nat != nil }) {
            let type = swarm.member(source)?.outlook?.type
            view.reachability = Reach.makeTable(source: type ?? .open)
        }
        return view
    }

    /// The seats that the source has to give because of NATs.
    private func seatsKept(_ viewers: [Member], _ seats: [Int], _ stripes: Int, roots: Int) -> Int {
        guard viewers.contains(where: { $0.nat != nil }) else { return 0 }
        var demand = [Int](repeating: 0, count: Reach.classCount)
        var offers = demand
        for (member, count) in zip(viewers, seats) {
            demand[Int(member.reach)] += stripes
            offers[Int(member.reach)] += count
        }
        return Reach.seatsMissing(demand: demand, seats: offers, roots: roots)
    }

    /// The seats that a member reports; before its first report, what its cap allows.
    private func seatCount(of member: Member, in swarm: Swarm) -> Int {
        if let report = member.report { return Int(report.seats) }
        let unknown = Tracker.seatsUnknown(swarm.stripeCount)
        guard let cap = member.uploadCap else { return unknown }
        guard swarm.mediaRate > 0 else { return cap == 0 ? 0 : 1 }
        let stripe = swarm.mediaRate * Tracker.wireFactor / Double(swarm.stripeCount)
        return min(3 * unknown, Int(0.9 * Double(cap) * 1_000 / stripe))
    }

    /// The seats that the viewers have beyond their need, in 1/1,000 of it: of the source's, those that a
    /// plan uses count.
    private func sparePermille(swarm at: Int) -> Int16 {
        let swarm = swarms[at]
        let need = swarm.viewerCount * swarm.stripeCount
        guard need > 0 else { return .max }
        let roots = Tracker.sourceSeatsWanted(swarm.stripeCount)
        let seats = swarm.members.reduce(0) { sum, member in
            sum
                + (member.role == .source
                    ? min(seatCount(of: member, in: swarm), roots) : seatsOffered(member, swarm))
        }
        return Int16(clamping: (seats - need) * 1_000 / need)
    }

    /// Who has no cap doubles its seats when they are used, so twice its seats count.
    private func seatsOffered(_ member: Member, _ swarm: Swarm) -> Int {
        seatCount(of: member, in: swarm) * (member.uploadCap == nil ? 2 : 1)
    }

    /// The upload that the viewers need and that all members offer, all of the source's among it, in
    /// bits per second of the wire; unknown without media or viewers.
    func balanceRow(_ swarm: Swarm) -> RescueRow {
        var row = RescueRow()
        let need = swarm.viewerCount * swarm.stripeCount
        guard need > 0, swarm.mediaRate > 0 else { return row }
        let offered = swarm.members.reduce(0) { $0 + seatsOffered($1, swarm) }
        let stripe = swarm.mediaRate * Tracker.wireFactor / Double(swarm.stripeCount)
        row.demandBps = Double(need) * stripe
        row.capacityBps = Double(offered) * stripe
        if offered > 0 { row.load = Double(need) / Double(offered) }
        return row
    }

    /// How many children each member has in all stripes together.
    private func childCounts(_ members: [SwarmView.Member]) -> [Int] {
        var counts: [PeerID: Int] = [:]
        for parent in members.lazy.flatMap(\.parents) {
            if let parent { counts[parent, default: 0] += 1 }
        }
        return members.map { counts[$0.id] ?? 0 }
    }

    /// A member as the optimiser sees it, without seats.
    private func viewMember(_ member: Member, _ stripes: Int, at now: Instant) -> SwarmView.Member {
        var result = SwarmView.Member(
            id: member.id,
            role: member.role,
            seats: 0,
            prefix: member.prefix
        )
        result.needs = member.role == .source ? 0 : UInt32((UInt64(1) << UInt64(stripes)) - 1)
        result.uptime = now - member.joinedAt
        result.reach = member.reach
        result.suspects = member.report?.suspects ?? []
        result.parents = (0..<stripes).map { stripe in
            // What was told counts; the peer is on its way there.
            if stripe < member.told.count, let parent = member.told[stripe].first { return parent }
            guard let known = member.report?.parents, stripe < known.count, known[stripe].value != 0
            else { return nil }
            return known[stripe]
        }
        return result
    }

    /// Tells a member what has changed for it, and introduces it to whom it needs.
    private mutating func tell(
        _ plan: Plan,
        swarm at: Int,
        position: Int,
        at now: Instant
    ) {
        let member = swarms[at].members[position]
        guard let assignments = plan.parents[member.id] else { return }
        var told = member.told
        while told.count < swarms[at].stripeCount { told.append([]) }
        var lines: [PlanUpdate.Line] = []
        for assignment in assignments {
            let peers = [assignment.parent].compactMap { $0 } + assignment.backups
            guard assignment.parent != nil, told[assignment.stripe] != peers,
                !isGoodEnough(told[assignment.stripe], instead: peers, swarm: at, at: now)
            else { continue }
            told[assignment.stripe] = peers
            lines.append(.init(stripe: UInt8(assignment.stripe), peers: peers))
        }
        introduceAll(member, to: told, swarm: at, at: now)
        guard !lines.isEmpty else { return }
        swarms[at].members[position].told = told
        swarms[at].members[position].toldAt = now
        swarms[at].members[position].toldNumber = swarms[at].planNumber
        let update = PlanUpdate(number: swarms[at].planNumber, lines: lines)
        send(.plan(update), to: member.slot)
    }

    /// Whether a member need not hear yet that its backups are others by now.
    ///
    /// Each plan of a growing swarm has better ones for nearly everybody; to tell them, and to introduce
    /// them, would take the uplink that newcomers need to be introduced to their parents. Once nobody comes
    /// and nothing waits they are told.
    private func isGoodEnough(
        _ told: [PeerID],
        instead peers: [PeerID],
        swarm at: Int,
        at now: Instant
    ) -> Bool {
        guard told.first == peers.first, told.count >= peers.count else { return false }
        let isGrowing =
            !outbox.isEmpty
            || swarms[at].members.last.map { now - $0.joinedAt < Member.compliance } ?? false
        return isGrowing && told.allSatisfy { swarms[at].position(of: $0) != nil }
    }

    /// Tells a member its whole plan again when its report shows that the last update was lost.
    mutating func repeatPlan(swarm at: Int, position: Int, heard number: UInt32, at now: Instant) {
        let member = swarms[at].members[position]
        guard number < member.toldNumber, now - member.toldAt > .milliseconds(400) else { return }
        let lines = member.told.enumerated().filter { !$1.isEmpty }.map {
            PlanUpdate.Line(stripe: UInt8($0), peers: $1)
        }
        send(.plan(PlanUpdate(number: member.toldNumber, lines: lines)), to: member.slot)
    }

    /// Whether a pair meets through a relay, although by now the plan knows a better way.
    private func isRelayed(_ member: Member, _ other: PeerID, swarm at: Int) -> Bool {
        guard !relays.isEmpty, let other = swarms[at].member(other) else { return false }
        return relays.connects(member.slot, other.slot)
    }

    /// Introduces a member to its parents first, then to its backups.
    ///
    /// While others wait for a parent backups are not introduced: they took half of the tracker's uplink in a crowd
    /// (measured), and the next plan has others anyway.
    mutating func introduceAll(
        _ member: Member,
        to told: [[PeerID]],
        swarm at: Int,
        at now: Instant
    ) {
        let connected = member.report?.parents ?? []
        var seen: [PeerID] = []
        let isCrowded = !swarms[at].line.isEmpty || outbox.holdsParents
        for rank in 0...(isCrowded ? 0 : Plan.Assignment.backupsMax) {
            for peers in told where rank < peers.count {
                let other = peers[rank]
                guard !seen.contains(other),
                    !connected.contains(other)
                        || isRelayed(member, other, swarm: at)
                else { continue }
                seen.append(other)
                introduce(member, other, rank: rank, swarm: at, at: now)
            }
        }
    }
}
