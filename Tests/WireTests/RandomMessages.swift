import Basics
import Wire

/// Makes seeded random messages of every type, with every field anywhere in its range.
struct RandomMessages {
    var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func message(_ tag: Message.Tag) -> Message {
        switch tag {
        case .join: .join(join())
        case .report: .report(report())
        case .welcome: .welcome(welcome())
        case .retry: .retry(Retry(reason: element(Retry.Reason.allCases, .busy), after: u32()))
        case .introduce: .introduce(introduction())
        case .plan: .plan(plan())
        case .summary:
            .summary(
                Summary(
                    viewers: u32(),
                    mediaRate: u32(),
                    missedPermille: u16(),
                    sparePermille: Int16(bitPattern: u16()),
                    reportInterval: u8(),
                    isFormed: u8() % 2 == 0
                )
            )
        case .subscribe: .subscribe(subscribe())
        case .subscribed: .subscribed(Subscribed(accepted: u32(), refused: u32()))
        case .unsubscribe: .unsubscribe(Unsubscribe(stripes: u32()))
        case .ancestors: .ancestors(ancestors())
        case .have:
            .have(BufferMap(oldest: u32(), base: u32(), masks: list(32) { $0.u64() }))
        case .request: .request(chunkRequest())
        case .lack: .lack(chunkRequest())
        case .requestManifests:
            .requestManifests(
                ManifestRequest(
                    first: u32(),
                    count: UInt8(1 + random.below(32)),
                    stripes: u32()
                )
            )
        case .seek: .seek(Seek(known: list(Seek.knownMax) { $0.peer() }))
        case .feedback:
            .feedback(
                Feedback(
                    received: u16(),
                    expected: u16(),
                    missedPermille: u16(),
                    roundTrip: u16(),
                    interior: u32()
                )
            )
        case .probe: .probe(Probe(sentAt: instant()))
        case .echo: .echo(echo())
        case .goodbye: .goodbye(Goodbye(reason: element(Goodbye.Reason.allCases, .leaving)))
        case .manifest: .manifest(Bytes(manifest().emitted))
        case .chunk: .chunk(chunk())
        }
    }

    mutating func manifest() -> Manifest {
        var manifest = Manifest()
        manifest.flags = Manifest.Flags(rawValue: u8())
        manifest.epoch = u32()
        manifest.block = u32()
        manifest.mediaTime = TimeSpan(nanoseconds: Int64(bitPattern: u64()))
        manifest.sentAt = instant()
        manifest.previous = bytes(Manifest.hashSize)
        manifest.sourceCount = random.below(65)
        if manifest.sourceCount > 0 {
            let most = min(manifest.sourceCount, 64 - manifest.sourceCount)
            manifest.repairCount = random.below(most + 1)
            manifest.symbolSize = 1 + random.below(Manifest.symbolMax)
            manifest.lastSize = 1 + random.below(manifest.symbolSize)
        }
        manifest.hashes = bytes(manifest.chunkCount * Manifest.hashSize)
        manifest.signature = bytes(Manifest.signatureSize)
        return manifest
    }

    mutating func bytes(_ count: Int) -> Bytes {
        Bytes((0..<count).map { _ in u8() })
    }

    // MARK: Messages

    private mutating func join() -> Join {
        var join = Join(
            channel: channel(),
            role: element(Role.allCases, .viewer),
            name: name(),
            candidates: list(4) { $0.endpoint() }
        )
        join.uploadCap = optional()
        join.record = random.below(2) == 0 ? record() : nil
        join.nat = outlook()
        return join
    }

    private mutating func welcome() -> Welcome {
        Welcome(
            observed: endpoint(),
            record: random.below(2) == 0 ? record() : nil,
            source: random.below(2) == 0 ? PeerID(u64() | 1) : nil,
            reportInterval: u8()
        )
    }

    private mutating func record() -> ChannelRecord {
        var record = ChannelRecord(
            authorityKey: bytes(32),
            name: name(),
            sourceKey: bytes(32),
            epoch: u32()
        )
        record.notAfter = Int64(bitPattern: u64())
        record.stripeCount = random.below(2) == 0 ? 8 : 16
        record.mediaRate = u32()
        record.signature = bytes(64)
        return record
    }

    private mutating func introduction() -> Introduction {
        var introduction = Introduction(
            number: u64(),
            token: bytes(16),
            part: element(Introduction.Part.allCases, .initiator),
            contact: contact()
        )
        introduction.role = element(Role.allCases, .viewer)
        introduction.name = name()
        introduction.near = outlook()
        introduction.far = outlook()
        introduction.relay = u64()
        return introduction
    }

    private mutating func plan() -> PlanUpdate {
        PlanUpdate(
            number: u32(),
            lines: list(16) { random in
                PlanUpdate.Line(stripe: random.u8(), peers: random.list(4) { $0.peer() })
            }
        )
    }

    private mutating func ancestors() -> Ancestors {
        Ancestors(
            lines: list(16) { random in
                Ancestors.Line(stripe: random.u8(), peers: random.list(12) { $0.peer() })
            }
        )
    }

    private mutating func subscribe() -> Subscribe {
        Subscribe(
            stripes: u32(),
            planned: u32(),
            historyAge: optional(),
            manifests: element(Subscribe.Manifests.allCases, .all)
        )
    }

    private mutating func chunkRequest() -> ChunkRequest {
        ChunkRequest(
            entries: list(16) { ChunkRequest.Entry(block: $0.u32(), mask: $0.u64()) }
        )
    }

    private mutating func echo() -> Echo {
        Echo(
            probeSentAt: instant(),
            receivedAt: instant(),
            sourceOffset: TimeSpan(nanoseconds: Int64(bitPattern: u64())),
            offsetError: random.below(4) == 0 ? nil : .microseconds(random.below(4_000_000_000))
        )
    }

    private mutating func chunk() -> ChunkMessage {
        let id = ChunkID(block: u32(), index: UInt8(random.below(64)))
        return ChunkMessage(
            id: id,
            hops: u8(),
            payload: bytes(random.below(Manifest.symbolMax + 1))
        )
    }

    private mutating func report() -> Report {
        var report = Report()
        report.seats = u16()
        report.seatsUsed = u16()
        report.children = u16()
        report.downRate = u32()
        report.upRate = u32()
        report.wireBytesOut = u64()
        report.mediaBytesOut = u64()
        report.mediaBytesIn = u64()
        report.mediaBytesFromSource = u64()
        report.mediaBytesFar = u64()
        report.chunksIn = u64()
        report.duplicates = u32()
        report.rescued = u32()
        report.chunksDue = u64()
        report.chunksInTime = u64()
        report.pictureDue = u64()
        report.pictureDone = u64()
        report.lag = optional()
        report.buffer = optional()
        report.startup = optional()
        report.stalls = u32()
        report.missedPermille = u16()
        report.roundTrip = optional()
        report.parents = list(16) { $0.peer() }
        report.suspects = list(8) { $0.peer() }
        report.nat = outlook()
        return report
    }

    // MARK: Fields

    private mutating func outlook() -> NatOutlook? {
        guard random.below(4) > 0 else { return nil }
        return NatOutlook(
            element(NatType.allCases, .usual),
            delta: Int8(bitPattern: u8()),
            newestPort: u16(),
            insidePort: u16(),
            traits: element([[], .hairpins, .untranslated, [.hairpins, .untranslated]], [])
        )
    }

    private mutating func contact() -> Contact {
        Contact(key: bytes(32), candidates: list(4) { $0.endpoint() })
    }

    private mutating func endpoint() -> Endpoint {
        random.below(2) == 0
            ? Endpoint(ipv4: u32(), port: u16())
            : Endpoint(high: u64(), low: u64(), port: u16())
    }

    private mutating func channel() -> ChannelID {
        guard let id = ChannelID(bytes(ChannelID.size).array) else {
            preconditionFailure("a channel identifier of 20 bytes")
        }
        return id
    }

    private mutating func name() -> String {
        String(["a", "Ö", "日", "🎥", " "].shuffled(using: &random).joined().prefix(random.below(6)))
    }

    private mutating func instant() -> Instant { Instant(nanoseconds: Int64(bitPattern: u64())) }
    private mutating func peer() -> PeerID { PeerID(u64()) }
    private mutating func u8() -> UInt8 { UInt8(truncatingIfNeeded: random.next()) }
    private mutating func u16() -> UInt16 { UInt16(truncatingIfNeeded: random.next()) }
    private mutating func u32() -> UInt32 { UInt32(truncatingIfNeeded: random.next()) }
    private mutating func u64() -> UInt64 { random.next() }

    /// A number below the one that stands for nil, or nil.
    private mutating func optional() -> UInt32? { random.below(4) == 0 ? nil : u32() & ~1 }

    private mutating func element<T>(_ all: [T], _ fallback: T) -> T {
        all.randomElement(using: &random) ?? fallback
    }

    private mutating func list<T>(_ most: Int, _ make: (inout RandomMessages) -> T) -> [T] {
        var result: [T] = []
        for _ in 0..<random.below(most + 1) { result.append(make(&self)) }
        return result
    }
}

/// All messages of a datagram, and how many were of unknown type.
func readAll(_ bytes: [UInt8]) throws(WireError) -> (messages: [Message], unknown: Int) {
    var reader = MessageReader(Bytes(bytes))
    var messages: [Message] = []
    while let message = try reader.next() { messages.append(message) }
    return (messages, reader.unknownCount)
}
