import Basics
import Blocks
import Paths
import Scheduling
import Telemetry
import Wire

/// The way of chunks and manifests through the peer: store, forward, recover, play.
extension Peer {
    // MARK: The source

    /// Takes a fresh block into the store and schedules its chunks.
    mutating func emit(_ block: SealedBlock, at now: Instant) {
        let manifest = block.manifest
        counters.mediaIn += manifest.mediaBytes
        _ = store.insert(manifest: manifest, bytes: block.manifestBytes, at: now)
        noteTime(of: manifest, at: now)
        forwardManifest(manifest, block.manifestBytes, except: nil, at: now)
        for (index, chunk) in block.chunks.enumerated() {
            let chunkID = ChunkID(block: manifest.block, index: UInt8(index))
            _ = store.insert(chunkID, payload: chunk, from: id, at: now)
        }
        guard manifest.chunkCount > 0 else { return }
        let rate = max(1, blocker?.mediaRate?.bitsPerSecond ?? 1_000_000)
        let isFirst = mediaRate == 0
        mediaRate = Double(rate)
        if isFirst { boundUplink() }
        chunkSpan = .seconds(min(0.1, Double(Manifest.symbolMax) * 8 / mediaRate))
        budget.chunkRate = mediaRate / 8 / Double(Manifest.symbolMax)
        let departure = Departure(of: manifest)
        for index in 0..<manifest.chunkCount {
            let pause = departure.pause(before: index, mediaRate: mediaRate)
            let chunkID = ChunkID(block: manifest.block, index: UInt8(index))
            paced.insert(chunkID, at: now + pause)
        }
        sendPaced(at: now)
    }

    mutating func sealOverdueBlock(at now: Instant) {
        guard let deadline = blocker?.nextDeadline, deadline <= now else { return }
        var blocks: [SealedBlock] = []
        blocker?.advance(to: now, into: &blocks)
        for block in blocks { emit(block, at: now) }
    }

    mutating func finishStream(at now: Instant) {
        var blocks: [SealedBlock] = []
        blocker?.finish(at: now, into: &blocks)
        for block in blocks { emit(block, at: now) }
        while let (_, chunk) = paced.removeFirst() { forward(chunk, except: nil, at: now) }
    }

    mutating func sendPaced(at now: Instant) {
        while let due = paced.nextTime, due <= now, let (_, chunk) = paced.removeFirst() {
            forward(chunk, except: nil, at: now)
        }
        while let due = history.nextTime, due <= now, let (_, item) = history.removeFirst() {
            guard neighbours[item.slot]?.has.contains(item.chunk) == false else { continue }
            enqueue(item, at: now)
        }
    }

    // MARK: Taking in

    mutating func takeManifest(_ bytes: Bytes, from slot: Int, at now: Instant) {
        guard verifier != nil else { return }
        switch verifier?.verify(bytes) {
        case .valid(let manifest): takeVerified(manifest, bytes, from: slot, at: now)
        case .duplicate, .oldEpoch, .none: break
        case .newEpoch: tracker.rejoin(at: now)
        case .malformed:
            counters.malformed += 1
            ban(slot, because: "sent a manifest that is none", at: now)
        case .forged:
            counters.forged += 1
            ban(slot, because: "sent a forged manifest", at: now)
        case .fork:
            report(.error, .violation, "the source signed two different blocks of one number")
        }
        if let block = Peer.blockNumber(of: bytes), slot < neighbours.count {
            neighbours[slot]?.hasManifest.insert(mask: 1, of: block)
        }
    }

    /// The block number at its fixed place in a manifest.
    private static func blockNumber(of bytes: Bytes) -> UInt32? {
        guard bytes.count >= 10 else { return nil }
        return (6..<10).reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[$1]) }
    }

    private mutating func takeVerified(
        _ manifest: Manifest,
        _ bytes: Bytes,
        from slot: Int,
        at now: Instant
    ) {
        noteGap(before: manifest.block, at: now)
        let early = store.insert(manifest: manifest, bytes: bytes, at: now)
        noteTime(of: manifest, at: now)
        manifestLagMin = min(manifestLagMin, now - manifest.sentAt)
        let due = ownTime(of: manifest.sentAt, at: now)
        playout?.note(manifest: manifest, dueBase: due, at: now)
        watch(manifest, at: now)
        manifestWaits.settle(manifest.block)
        noteTrunk(at: manifest.block)
        forwardManifest(manifest, bytes, except: slot, at: now)
        for chunk in early.stored {
            noteEarly(chunk, at: now)
            stored(chunk, from: nil, at: now)
        }
        for bad in early.bad {
            if let slot = switchboard.slot(of: bad.from) {
                ban(slot, because: "sent a damaged chunk", at: now)
            }
        }
        noteRate(manifest)
        awaitNext(after: manifest, at: now)
        if manifest.flags.contains(.end) {
            endBlock = manifest.block
            endAt = now + configuration.latency + PlayoutBuffer.patience
        }
    }

    private mutating func noteTime(of manifest: Manifest, at now: Instant) {
        if firstManifestAt == nil {
            firstManifestAt = now
            report(.info, .stream, "the stream is there")
        }
        lastManifestAt = now
        // An empty block only says that the source lives.
        guard manifest.sourceCount > 0 else { return }
        noteReturn(at: now)
        lastMediaAt = now
    }

    private mutating func noteRate(_ manifest: Manifest) {
        if mediaRate == 0 { measureRate(upTo: manifest) }
        guard mediaRate > 0 else { return }
        let bits = Double(max(1, manifest.symbolSize)) * 8
        chunkSpan = .seconds(min(0.1, bits / mediaRate))
        budget.chunkRate = mediaRate / bits
    }

    /// The first estimate of the stream's rate, before the tracker tells: what a block carried, over the
    /// time until the next one was sent.
    private mutating func measureRate(upTo manifest: Manifest) {
        guard manifest.block > 0, let before = store.manifest(of: manifest.block - 1) else {
            return
        }
        let span = (manifest.sentAt - before.sentAt).seconds
        guard span > 0.01, before.mediaBytes > 0 else { return }
        mediaRate = Double(before.mediaBytes) * 8 / span
        boundUplink()
    }

    /// A number that was jumped over belongs to a block whose manifest is on another way, or lost.
    private mutating func noteGap(before block: UInt32, at now: Instant) {
        guard let newest = store.newestBlock, block > newest, block - newest <= 32 else { return }
        for missing in (newest + 1)..<block where store.manifest(of: missing) == nil {
            manifestWaits.note(missing, at: now, patience: patience(withManifestOf: missing))
        }
        if block > 128 { manifestWaits.settle(before: block - 128) }
    }

    mutating func takeChunk(_ chunk: ChunkMessage, from slot: Int, at now: Instant) {
        guard let sender = neighbours[slot]?.id else { return }
        counters.chunksIn += 1
        neighbours[slot]?.has.insert(chunk.id)
        switch store.insert(chunk.id, payload: chunk.payload, from: sender, at: now) {
        case .stored:
            hops[chunk.id] = chunk.hops &+ 1
            count(chunk)
            noteArrival(chunk.id, from: slot, at: now)
            stored(chunk.id, from: slot, at: now)
        case .duplicate:
            counters.duplicates += 1
            notePatience(chunk.id, from: slot, at: now)
            decline(chunk.id, from: slot, at: now)
        case .early:
            hops[chunk.id] = chunk.hops &+ 1
            count(chunk)
            let stripe = Int(chunk.id.index) % stripeCount
            if feeds[stripe].parent == slot { feeds[stripe].early = (chunk.id, now) }
            manifestWaits.note(
                chunk.id.block,
                at: now,
                patience: patience(withManifestOf: chunk.id.block, after: chunk.id)
            )
        case .bad:
            counters.forged += 1
            ban(slot, because: "sent a damaged chunk", at: now)
        case .old: break
        }
    }

    /// A duplicate from somebody who is not the stripe's parent: our goodbye to it was lost.
    private mutating func decline(_ chunk: ChunkID, from slot: Int, at now: Instant) {
        let stripe = Int(chunk.index) % stripeCount
        guard feeds[stripe].parent != slot, feeds[stripe].candidate != slot,
            feeds[stripe].parent != nil, !repair.wasRequested(chunk),
            now - (neighbours[slot]?.declinedAt ?? now) > .milliseconds(500)
        else { return }
        neighbours[slot]?.declinedAt = now
        post(.unsubscribe(Unsubscribe(stripes: 1 << stripe)), to: slot)
    }

    private mutating func count(_ chunk: ChunkMessage) {
        counters.mediaIn += chunk.payload.count
        if chunk.hops == 0 { counters.mediaFromSource += chunk.payload.count }
        if chunk.hops >= 1 { counters.mediaFar += chunk.payload.count }
    }

    /// A chunk is held and verified: pass it on, and see whether its block can be completed.
    private mutating func stored(_ chunk: ChunkID, from slot: Int?, at now: Instant) {
        forward(chunk, except: slot, at: now)
        if store.isComplete(chunk.block) {
            repair.settle(chunk.block)
            traces.settle(chunk.block, decoded: [], at: now)
            return
        }
        let recovered = store.recover(block: chunk.block)
        guard !recovered.isEmpty else { return }
        counters.recovered += recovered.count
        repair.settle(chunk.block)
        traceDecoded(recovered, of: chunk.block, at: now)
        for id in recovered {
            hops[id] = hops[chunk]
            forward(id, except: nil, at: now)
        }
    }

    // MARK: Passing on

    /// Sends a chunk to the children of its stripe, interior nodes first, and to those that asked for it.
    mutating func forward(_ chunk: ChunkID, except slot: Int?, at now: Instant) {
        let stripe = Int(chunk.index) % stripeCount
        for child in children[stripe] where child != slot {
            guard let neighbour = neighbours[child], !neighbour.has.contains(chunk) else {
                continue
            }
            let cause: SendQueue.Cause = neighbour.isInterior(stripe) ? .trunk : .push
            enqueue(SendQueue.Item(slot: child, chunk: chunk, cause: cause), at: now)
        }
        guard wanted.contains(chunk) else { return }
        wanted.remove(chunk)
        for waiting in active {
            guard let neighbour = neighbours[waiting], neighbour.wants.contains(chunk) else {
                continue
            }
            neighbour.wants.remove(chunk)
            // A child of the stripe was served above, and may only wait for the uplink still.
            let isPushed = waiting != slot && children[stripe].contains(waiting)
            guard !isPushed, !neighbour.has.contains(chunk) else { continue }
            enqueue(SendQueue.Item(slot: waiting, chunk: chunk, cause: .repair), at: now)
        }
    }

    /// Sends a manifest on: in a small swarm on the stripe of its block's number, in a large one to interior
    /// nodes before all others; on a second stripe as well under loss.
    private mutating func forwardManifest(
        _ manifest: Manifest,
        _ bytes: Bytes,
        except slot: Int?,
        at now: Instant
    ) {
        if isManifestForAll {
            chooseTrunk()
            return sendManifest(manifest.block, bytes, to: fed, except: slot, at: now)
        }
        let first = Int(manifest.block) % stripeCount
        // A full uplink sends them together with the first chunk that it has for such a child.
        if !isCongested {
            chooseTrunk()
            sendManifest(manifest.block, bytes, to: trunk, except: slot, at: now)
        }
        sendManifest(manifest.block, bytes, to: offTrunk(first), except: slot, at: now)
        guard manifest.flags.contains(.doubled) else { return }
        let second = (first + stripeCount / 2) % stripeCount
        sendManifest(manifest.block, bytes, to: children[second], except: slot, at: now)
    }

    private mutating func sendManifest(
        _ block: UInt32,
        _ bytes: Bytes,
        to slots: [Int],
        except: Int?,
        at now: Instant
    ) {
        for slot in slots where slot != except {
            // A copy that came from the child itself is no use to it.
            guard neighbours[slot]?.hasManifest.mask(of: block) == 0 else { continue }
            send(manifestBytes: bytes, of: block, to: slot, at: now)
        }
    }

    mutating func send(
        manifestBytes bytes: Bytes,
        of block: UInt32,
        to slot: Int,
        at now: Instant
    ) {
        neighbours[slot]?.hasManifest.insert(mask: 1, of: block)
        send(Message.manifestHead, bytes, to: slot, at: now)
    }

    /// Sends now if the uplink's cap allows it, otherwise when it does.
    mutating func enqueue(_ item: SendQueue.Item, at now: Instant) {
        if queue.isEmpty, bucket.readyAt(now) <= now {
            sendChunk(item, at: now)
        } else {
            queue.insert(item, deadline: deadline(of: item.chunk.block, queuedAt: now))
        }
    }

    /// Until when a block's chunks are of use to children: their deadline cannot be known, so our own counts.
    ///
    /// Half of the latency is left for the hops below, and for asking elsewhere. Were each hop to count from
    /// when it got the chunk, uplinks that were short for a moment would keep seconds of old chunks on their
    /// way (measured: a crowd of 60 that had a quarter to spare started after 8 s rather than 4.5).
    func deadline(of block: UInt32, queuedAt start: Instant) -> Instant {
        guard let departure = store.departure(of: block) else { return start + .seconds(1) }
        let age = configuration.latency > .zero ? configuration.latency / 2 : PlayoutBuffer.patience
        let until = ownTime(of: departure.sentAt, at: start) + max(age, Peer.pushAgeLeast)
        return max(until, start + Peer.queueLeast)
    }

    /// Children may play later than we do.
    private static let pushAgeLeast = TimeSpan.milliseconds(500)
    /// However late a chunk is, it may wait for the uplink so long.
    private static let queueLeast = TimeSpan.milliseconds(50)

    /// An instant of the source's clock on ours; while the offset is unknown, the way here counts as no time.
    func ownTime(of sentAt: Instant, at now: Instant) -> Instant {
        guard let offset = clock.estimate(at: now)?.offset else { return now }
        return sentAt - offset
    }

    /// When the head of the queue may go.
    var queueReadyAt: Instant {
        var bucket = bucket
        return bucket.readyAt(calledAt)
    }

    mutating func drainQueue(at now: Instant) {
        guard !queue.isEmpty else { return }
        queue.expire(at: now)
        var sent = 0
        while !queue.isEmpty, sent < 64, bucket.readyAt(now) <= now {
            guard let item = queue.removeFirst(at: now) else { return }
            sendChunk(item, at: now)
            sent += 1
        }
    }

    private mutating func sendChunk(_ item: SendQueue.Item, at now: Instant) {
        guard item.slot < neighbours.count, let neighbour = neighbours[item.slot],
            prepare(item.chunk)
        else { return }
        if neighbour.isServed, neighbour.hasManifest.mask(of: item.chunk.block) == 0,
            let bytes = store.manifestBytes(of: item.chunk.block)
        {
            send(manifestBytes: bytes, of: item.chunk.block, to: item.slot, at: now)
        }
        neighbour.has.insert(item.chunk)
        counters.mediaOut += prepared.payload.count
        send(prepared.head, prepared.payload, to: item.slot, at: now)
    }

    /// Looks a chunk up for sending, once for all its children; false when it is not held.
    private mutating func prepare(_ chunk: ChunkID) -> Bool {
        if prepared.id == chunk { return true }
        guard let payload = store.chunk(chunk) else { return false }
        let head = ChunkMessage.head(chunk, hops: isSource ? 0 : hops[chunk])
        prepared = PreparedChunk(id: chunk, head: head, payload: payload)
        return true
    }

    // MARK: Playing

    mutating func noteDelivery(_ delivery: PlayoutBuffer.Delivery, at now: Instant) {
        counters.mediaDelivered += delivery.bytes.count
        if let startup = playout?.figures.startupAt, startedPlaying == nil {
            startedPlaying = startup
            let span = Int((startup - startedAt).milliseconds)
            report(.info, .stream, "playing, \(span) ms after the start")
        }
        let skips = playout?.figures.skips ?? 0
        if skips > skipsTold {
            skipsTold = skips
            report(.warning, .stall, "skipped to the next key frame: chunks came too late")
        }
        if delivery.startsKeyFrame || lags.isEmpty || delivery.id.index == 0,
            let estimate = clock.estimate(at: now), estimate.error <= ClockOffset.errorMax
        {
            lags.append((now + estimate.offset - delivery.sentAt).milliseconds)
        }
    }
}
