import Basics
import Foundation
import Synchronization
import Telemetry
import Testing

@testable import Gateway

/// Runs blocking calls on a thread of their own.
private func blocking<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}

/// A stage, a browser that has opened its page, and what the page complained of.
private func withPage(
    _ maker: MovieMaker = .remux,
    pattern: String? = "pattern:640x360@30,1M",
    snapshot: SwarmSnapshot = Stage.swarm(9),
    historySpan: TimeSpan = .seconds(10),
    renditions: GatewayRenditions? = nil,
    _ body: @escaping @Sendable (Tab, Stage) throws -> Void
) async throws {
    let stage = try await Stage(
        maker,
        snapshot: snapshot,
        historySpan: historySpan,
        renditions: renditions
    )
    let result: Result<[String], any Error>
    do {
        if let pattern { try stage.play(pattern) }
        let complaints = try await blocking { () throws -> [String] in
            let browser = try Browser()
            let tab = try Tab(browser, url: stage.gateway.url)
            try body(tab, stage)
            return browser.takeComplaints()
        }
        result = .success(complaints)
    } catch {
        result = .failure(error)
    }
    await stage.stop()
    // A stream that is not there yet is answered with 503, one that cannot be played with 415.
    let complaints = try result.get().filter { !$0.contains("live.mp4") }
    #expect(complaints == [])
}

@Suite("The page", .serialized, .enabled(if: Browser.path != nil), .timeLimit(.minutes(4)))
struct PageTests {
    @Test("plays by itself, muted, close to the live edge, and shows how the stream fares")
    func plays() async throws {
        try await withPage { (tab, _) throws in
            #expect(try tab.becomes("candela.state == 'playing'"))
            #expect(try tab.becomes("video.getVideoPlaybackQuality().totalVideoFrames >= 60"))
            #expect(try tab.becomes("candela.behind > 0 && candela.behind < 1"))
            #expect(try tab.number("video.muted ? 1 : 0") == 1)
            #expect(try tab.number("video.videoWidth") == 640)
            #expect(try tab.becomes("lag.textContent.startsWith('1.')"))
            for (id, text) in [
                ("name", "Sunday service"), ("live-word", "Live"), ("audience", "9 viewers"),
                ("why", "All is well: every picture comes in time."), ("share", "83\u{A0}%"),
                ("continuity", "99.98\u{A0}%"), ("upload", "2.4\u{A0}Mbit/s"), ("stream", "360p30"),
            ] {
                #expect(try tab.text("document.getElementById('\(id)').textContent") == text)
            }
            #expect(try tab.text("nat.textContent").contains("one outside port"))
            #expect(try tab.number("map.querySelectorAll('circle').length") == 10)
        }
    }

    @Test("pauses and goes back to live by keyboard and by button")
    func controls() async throws {
        try await withPage { (tab, _) throws in
            #expect(try tab.becomes("candela.state == 'playing'"))
            try tab.press(" ")
            #expect(try tab.becomes("video.paused && candela.state == 'paused'"))
            #expect(try tab.becomes("candela.behind > 1.2"))
            #expect(try tab.text("play.getAttribute('aria-label')") == "Play")
            try tab.press("l")
            #expect(try tab.becomes("!video.paused && candela.behind < 1"))
            try tab.press("m")
            #expect(try tab.becomes("!video.muted"))
            _ = try tab.value("play.click()")
            #expect(try tab.becomes("video.paused"))
            _ = try tab.value("golive.click()")
            #expect(try tab.becomes("candela.state == 'playing' && candela.behind < 1"))
            // Everything that can be pressed has a name.
            let nameless = """
                [...document.querySelectorAll('button, input, select')].filter(e =>
                  !e.getAttribute('aria-label') && !e.textContent.trim() && !e.labels?.length).length
                """
            #expect(try tab.number(nameless) == 0)
        }
    }

    @Test("goes on when the source starts anew with another picture")
    func epochs() async throws {
        try await withPage { (tab, stage) throws in
            #expect(try tab.becomes("candela.state == 'playing' && video.videoWidth == 640"))
            try stage.play("pattern:320x180@25,500k")
            #expect(try tab.becomes("video.videoWidth == 320 && candela.state == 'playing'"))
            let frames = try tab.number("video.getVideoPlaybackQuality().totalVideoFrames")
            let more = "video.getVideoPlaybackQuality().totalVideoFrames > \(frames + 20)"
            #expect(try tab.becomes(more))
        }
    }

    @Test("goes back in time by the slider, pauses there, and comes back to live")
    func past() async throws {
        try await withPage(historySpan: .seconds(60)) { (tab, _) throws in
            #expect(try tab.becomes("candela.reach > 16"))
            // A fresh page has nothing of that past itself.
            try tab.command("Page.reload")
            #expect(try tab.becomes("candela.state == 'playing' && candela.reach > 16"))
            #expect(try tab.becomes("candela.past === null && !past.hidden"))
            let drag = """
                shift.value = -14; shift.dispatchEvent(new Event('input'));
                shift.dispatchEvent(new Event('change')); 0
                """
            _ = try tab.value(drag)
            #expect(try tab.becomes("candela.past != null && candela.state == 'playing'"))
            #expect(try tab.becomes("candela.behind > 13 && candela.behind < 18"))
            #expect(try tab.becomes("behind.textContent.endsWith('behind live')"))
            let frames = try tab.number("video.getVideoPlaybackQuality().totalVideoFrames")
            let more = "video.getVideoPlaybackQuality().totalVideoFrames > \(frames + 20)"
            #expect(try tab.becomes(more))
            try tab.press(" ")
            #expect(try tab.becomes("video.paused"))
            let paused = try tab.number("candela.behind")
            #expect(try tab.becomes("candela.behind > \(paused + 1)"))
            try tab.press(" ")
            #expect(try tab.becomes("!video.paused && candela.past != null"))
            _ = try tab.value("golive.click()")
            #expect(try tab.becomes("candela.past == null && candela.behind < 1.5"))
        }
    }

    @Test("offers the qualities of the programme, and asks the node for the one that is chosen")
    func quality() async throws {
        let asked = Mutex<[String]>([])
        let renditions = GatewayRenditions(
            names: ["original", "360p"],
            playing: {
                let choice = asked.withLock { $0.last } ?? "auto"
                return .init(active: choice == "auto" ? "original" : choice, choice: choice)
            },
            choose: { name in asked.withLock { $0.append(name) } }
        )
        try await withPage(renditions: renditions) { (tab, _) throws in
            #expect(try tab.becomes("candela.state == 'playing' && !quality.hidden"))
            #expect(try tab.text("quality.options[0].text") == "Auto (original)")
            _ = try tab.value("quality.value = '360p'; quality.onchange(); 0")
            #expect(try tab.becomes("quality.options[0].text == 'Auto'"))
            #expect(try tab.becomes("candela.state == 'playing' && quality.value == '360p'"))
        }
        #expect(asked.withLock { $0 } == ["360p"])
    }

    @Test(
        "plays in Firefox, near the live edge",
        .enabled(if: Firefox.path != nil, "Firefox is not installed")
    )
    func firefox() async throws {
        let stage = try await Stage()
        try stage.play("pattern:640x360@30,1M")
        let result = await Task {
            try await blocking { () throws -> (Bool, Bool, Double) in
                let browser = try Firefox()
                try browser.open(stage.gateway.url)
                let plays = try browser.becomes("window.candela && candela.state == 'playing'")
                let frames = "document.getElementById('video').getVideoPlaybackQuality()"
                let goesOn = try browser.becomes("\(frames).totalVideoFrames >= 60")
                return (plays, goesOn, try browser.number("candela.behind"))
            }
        }.result
        await stage.stop()
        let (plays, goesOn, behind) = try result.get()
        #expect(plays && goesOn)
        #expect(behind > 0 && behind < 2.5)
    }

    @Test("waits for a stream that is not there yet")
    func waits() async throws {
        try await withPage(pattern: nil) { (tab, stage) throws in
            #expect(try tab.becomes("screen && document.getElementById('veil-title').textContent"))
            try stage.play("pattern:320x180@25,500k")
            #expect(try tab.becomes("candela.state == 'playing'"))
        }
    }

    @Test("says what a browser cannot play")
    func unplayable() async throws {
        let maker = MovieMaker { sink in
            sink(.unplayable("The picture is MPEG-2, which browsers do not play."))
            return MovieRun(append: { _ in true }, stop: {})
        }
        try await withPage(maker) { (tab, _) throws in
            #expect(try tab.becomes("candela.state == 'trouble'"))
            let text = try tab.text("document.getElementById('veil-text').textContent")
            #expect(text.contains("MPEG-2") && text.contains("live.ts"))
        }
        let strange = MovieMaker { sink in
            sink(.head(MovieHead(bytes: [0], codecs: "dvhe.05.07")))
            let part = MoviePart(
                bytes: [0],
                start: .zero,
                duration: .seconds(1),
                startsKeyFrame: true
            )
            sink(.part(part))
            return MovieRun(append: { _ in true }, stop: {})
        }
        try await withPage(strange) { (tab, _) throws in
            #expect(try tab.becomes("candela.state == 'trouble'"))
        }
    }

    @Test("fits phones, tablets and large windows, in both themes, with a large swarm")
    func looks() async throws {
        try await withPage(snapshot: Stage.swarm(400)) { (tab, _) throws in
            #expect(try tab.becomes("map.querySelectorAll('circle').length == 120"))
            #expect(
                try tab.text("document.getElementById('map-note').textContent")
                    == "120 of 401 shown"
            )
            for (width, height) in [
                (320, 568), (390, 844), (768, 1_024), (1_280, 800), (2_560, 1_300),
            ] {
                try tab.resize(width: width, height: height)
                let overflow = try tab.number("document.documentElement.scrollWidth - innerWidth")
                #expect(overflow <= 0, "at \(width)")
            }
            let ground = "getComputedStyle(document.body).backgroundColor"
            try tab.prefer("light")
            let light = try tab.text(ground)
            try tab.prefer("dark")
            #expect(try tab.text(ground) != light)
        }
    }
}
