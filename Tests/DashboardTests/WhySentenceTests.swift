import Telemetry
import Testing

@testable import Dashboard

@Suite struct WhySentenceTests {
    private func changed(
        _ snapshot: SwarmSnapshot,
        _ change: (inout SwarmSnapshot) -> Void
    ) -> WhySentence.Verdict {
        var snapshot = snapshot
        change(&snapshot)
        return WhySentence.verdict(for: Scene(snapshot))
    }

    @Test("finds nothing wrong with a healthy swarm, from either side")
    func healthy() {
        #expect(WhySentence.text(for: Fixture.swarm()) == "all is well: all 6 viewers play in time")
        #expect(
            WhySentence.text(for: Fixture.seenByViewer())
                == "all is well: you play 0.41s behind the source"
        )
        #expect(WhySentence.verdict(for: Scene(Fixture.swarm())).severity == .info)
        let rescued = changed(Fixture.swarm()) { $0.peers[2].rescued = 3 }
        #expect(rescued.severity == .info)
        #expect(rescued.text.contains("3 late chunks were rescued"))
    }

    @Test("waits for the first report, the first block and the first viewer")
    func waiting() {
        #expect(WhySentence.verdict(for: Scene(nil)).text.contains("waiting for the first report"))
        #expect(WhySentence.text(for: SwarmSnapshot()).contains("waiting for the source's first"))
        var alone = Fixture.swarm(viewers: 0)
        alone.live = true
        #expect(WhySentence.text(for: alone) == "nobody watches yet; share the link")
    }

    @Test("names the side that is silent")
    func silence() {
        let source = changed(Fixture.swarm()) { $0.live = false }
        #expect(source.severity == .error)
        #expect(source.text.contains("your input brings no media"))
        let viewer = changed(Fixture.seenByViewer()) { $0.live = false }
        #expect(viewer.text.contains("the source sends nothing"))
        let alone = changed(Fixture.seenByViewer()) {
            $0.live = false
            $0.peers = [$0.peers[1]]
        }
        #expect(alone.text.contains("you reach no other peer"))
    }

    @Test("names the own network before the swarm")
    func ownSide() {
        let lossy = changed(Fixture.seenByViewer()) {
            $0.peers[1].loss = 0.04
            $0.peers[2].continuity = 0.9
        }
        #expect(lossy.severity == .warning)
        #expect(lossy.text.contains("your network loses 4.0% of the datagrams"))
        let uplink = changed(Fixture.seenByViewer()) {
            $0.loops = [
                LoopRow(
                    name: "uplink",
                    state: "limited",
                    target: "",
                    value: "2 Mbit/s",
                    lastAction: ""
                )
            ]
        }
        #expect(uplink.text.contains("your uplink is full at 7.0 Mbit/s; those you feed move"))
        let orphan = changed(Fixture.seenByViewer()) {
            $0.peers[1].parents["3"] = nil
            $0.peers[1].parents["4"] = nil
        }
        #expect(orphan.text.contains("2 of 8 stripes have no parent here"))
        let late = changed(Fixture.seenByViewer()) {
            $0.peers[1].continuity = 0.95
            $0.peers[1].bufferMs = 90
        }
        #expect(late.severity == .error)
        #expect(late.text.contains("95.0% of your chunks came in time: the buffer is thin"))
    }

    @Test("tells a viewer in line from one without a network, and the source of those who wait")
    func line() {
        let inLine = changed(Fixture.seenByViewer()) {
            $0.live = false
            $0.peers.removeAll { $0.role == "source" }
            $0.bitrateBps = nil
            $0.continuity.mean = nil
            $0.trackers = [TrackerRow(place: "192.0.2.1:4000", state: "in line")]
        }
        #expect(inLine.rule == .notStarted && inLine.text.contains("you are in line"))
        let crowd = changed(Fixture.swarm()) {
            $0.tracking = TrackingRow()
            $0.tracking?.waiting = 36
        }
        #expect(crowd.text.hasSuffix("; 36 more are in line to be taken in"), "\(crowd.text)")
    }

    @Test("names the worst viewer, its cause and how many more")
    func worst() {
        let verdict = changed(Fixture.swarm()) {
            $0.peers[3].continuity = 0.97
            $0.peers[3].loss = 0.05
            $0.peers[4].continuity = 0.998
        }
        #expect(verdict.severity == .error)
        #expect(
            verdict.text
                == "Olivia (daa6) (and 1 more) got 97.0% of its chunks in time: "
                + "its network loses 5.0%; a cable would help"
        )
    }

    @Test("tells a viewer with a full line from one with a bad cable")
    func fullLine() {
        let full = changed(Fixture.swarm()) {
            $0.peers[3].continuity = 0.8
            $0.peers[3].loss = 0.2
            $0.peers[3].downBps = 0.4 * ($0.bitrateBps ?? 0)
        }
        #expect(full.rule == .worstViewer && full.text.contains("its line is full, slow or cut"))
        #expect(full.text.contains("only 1.2 Mbit/s of 3.1 Mbit/s reach it"))
    }

    @Test("names a laggard, an overloaded source, a shortage, a limit and relays")
    func swarm() {
        let laggard = changed(Fixture.swarm()) {
            $0.peers[2].lagMs = 4_000
            Fixture.measure(&$0)
        }
        #expect(laggard.text.contains("Orsino (3c6e) is 4.00s behind, the others 0.5"))
        let faraway = changed(Fixture.swarm()) {
            $0.peers[2].lagMs = 4_000
            $0.peers[2].rttMs = 2_500
            Fixture.measure(&$0)
        }
        #expect(faraway.text.contains("behind, the others 0.5"))
        #expect(
            faraway.text.hasSuffix(
                "a datagram takes 2.50s to it and back; something fills its line, or its network is slow"
            )
        )
        let loaded = changed(Fixture.swarm()) { $0.sourceLoad = 5.8 }
        #expect(loaded.text.contains("feeds almost everybody itself (×5.80 for 6 viewers)"))
        let short = changed(Fixture.swarm()) {
            $0.rescue.load = 1.4
            $0.rescue.demandBps = 14e6
            $0.rescue.capacityBps = 10e6
        }
        #expect(short.text.contains("short of upload (needs 14 Mbit/s, has 10 Mbit/s); raise --up"))
        let limit = changed(Fixture.swarm()) { $0.loops[0].state = "limited" }
        #expect(limit.text.contains("all the repair allowed hardly suffices (14 % repair)"))
        let relayed = changed(Fixture.swarm()) { snapshot in
            for index in 1...3 { snapshot.peers[index].path = "relayed" }
        }
        #expect(relayed.text.contains("4 of 6 peers cannot be reached directly"))
    }

    @Test("does not call well a viewer that has not played yet")
    func starting() {
        let told = changed(Fixture.seenByViewer()) { snapshot in
            snapshot.peers[1].startupMs = nil
            snapshot.peers[1].continuity = nil
            snapshot.peers[1].bufferMs = nil
            Fixture.measure(&snapshot)
        }
        #expect(told.rule == .starting && told.text.contains("the first key frame"))
    }

    @Test("takes no unknown for a fault")
    func unknown() {
        var snapshot = Fixture.swarm()
        for index in snapshot.peers.indices {
            snapshot.peers[index].continuity = nil
            snapshot.peers[index].loss = nil
            snapshot.peers[index].lagMs = nil
            snapshot.peers[index].bufferMs = nil
            snapshot.peers[index].path = nil
        }
        snapshot.sourceLoad = nil
        Fixture.measure(&snapshot)
        #expect(WhySentence.verdict(for: Scene(snapshot)).severity == .info)
        snapshot.own = snapshot.peers[1].id
        #expect(WhySentence.verdict(for: Scene(snapshot)).text == "all is well: you play in time")
    }
}

@Suite struct PlainReporterTests {
    @Test("says how things stand in one sentence, after what happened")
    func first() {
        var reporter = PlainReporter()
        #expect(
            reporter.lines(for: Fixture.swarm()) == [
                "info joined: Viola joined",
                "WARN parent: peer 7c3e was slow: 4 chunks late; replaced by 5a11",
                "[12:34] LIVE Sunday service: 3.1 Mbit/s, 6 viewers, 0.48s behind the source, "
                    + "buffer 0.45s (fair), nothing rescued, source load x1.80; "
                    + "all is well: all 6 viewers play in time",
            ]
        )
    }

    @Test("tells what repeats itself once, as the screen does, but names no key")
    func folded() {
        var reporter = PlainReporter()
        var snapshot = Fixture.swarm()
        _ = reporter.lines(for: snapshot)
        let rescue = "a chunk of block 7 was missing; Toby brought it"
        snapshot.events += (0..<4).map {
            Fixture.event(43_210 + Double($0), .info, .rescue, rescue)
        }
        let said = reporter.lines(for: snapshot).first
        #expect(said == "info rescue: 4 chunks were missing within 0:03 and came in time")
    }

    @Test("tells an event once, also among several of one instant")
    func events() {
        var reporter = PlainReporter()
        var snapshot = Fixture.swarm()
        #expect(reporter.lines(for: snapshot).count == 3)
        #expect(reporter.lines(for: snapshot).count == 1)
        snapshot.events.append(Fixture.event(43_205, .info, .left, "Feste left"))
        #expect(reporter.lines(for: snapshot).first == "info left: Feste left")
        snapshot.events.removeFirst()
        snapshot.events.append(Fixture.event(43_205, .info, .left, "Toby left"))
        #expect(reporter.lines(for: snapshot).first == "info left: Toby left")
        #expect(reporter.lines(for: snapshot).count == 1)
    }

    @Test("tells a loss once, again after a minute, and that it is over")
    func lost() {
        var reporter = PlainReporter()
        #expect(reporter.lines(lostFor: nil) == [])
        #expect(reporter.lines(lostFor: 3).count == 1)
        #expect(reporter.lines(lostFor: 4) == [] && reporter.lines(lostFor: 60) == [])
        #expect(reporter.lines(lostFor: 63).first?.contains("not answered for 63s") == true)
        #expect(reporter.lines(lostFor: nil) == ["[back] the node that is watched answers again"])
        #expect(reporter.lines(lostFor: nil) == [])
    }

    @Test("counts what is too much to tell")
    func flood() {
        var reporter = PlainReporter()
        var snapshot = Fixture.swarm()
        snapshot.events = (0..<50).map { Fixture.event(Double($0), .info, .path, "event \($0)") }
        let lines = reporter.lines(for: snapshot)
        #expect(lines.count == 22)
        #expect(lines[0] == "(30 earlier events left out)")
        #expect(lines[20] == "info path: event 49")
    }

    @Test("emits no escape and no second line for a hostile name")
    func hostile() {
        var reporter = PlainReporter()
        var snapshot = Fixture.swarm()
        snapshot.name = "a\u{1B}[2J\r\nLIVE"
        snapshot.events = [Fixture.event(.nan, .error, .violation, "x\u{9B}\ny")]
        snapshot.live = false
        let lines = reporter.lines(for: snapshot)
        #expect(
            lines.allSatisfy {
                $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x9B }
            }
        )
        #expect(lines.last?.contains("OFFLINE a[2JLIVE: ") == true)
    }

    @Test("says what is unknown with a dash")
    func unknown() {
        var reporter = PlainReporter()
        #expect(
            reporter.lines(for: SwarmSnapshot()) == [
                "[0:00] OFFLINE: 0 viewers, - behind the source, buffer -, nothing rescued; "
                    + "waiting for the source's first block; it may not have started yet"
            ]
        )
    }
}
