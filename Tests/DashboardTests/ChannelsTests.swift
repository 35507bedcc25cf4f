import Telemetry
import Testing

@testable import Dashboard

/// Several channels on one screen, one at a time.
@Suite struct ChannelsTests {
    private func model() -> DashboardModel {
        var state = ViewState()
        state.title = "candela join"
        state.channelCount = 3
        var model = DashboardModel(state: state)
        for second in 0..<20 {
            for channel in 0..<3 {
                var snapshot = Fixture.swarm(viewers: 2 + channel)
                snapshot.name = ["news", "sport", "music"][channel]
                snapshot.link = "candela://\(snapshot.name)"
                model.observe(channel == 2 ? nil : snapshot, of: channel, at: Double(second))
            }
        }
        return model
    }

    private func screen(_ model: inout DashboardModel) -> String {
        model.draw(width: 120, height: 40).text
    }

    @Test("n and N go round, and the frame and the key bar say where")
    func rounds() {
        var model = model()
        #expect(screen(&model).contains("candela join · news · channel 1 of 3"))
        #expect(screen(&model).contains("n next of 3 channels"))
        _ = model.handle("n")
        #expect(screen(&model).contains("candela join · sport · channel 2 of 3"))
        #expect(screen(&model).contains("3 viewers"))
        _ = model.handle("n")
        #expect(screen(&model).contains("WAITING"))
        _ = model.handle("n")
        #expect(screen(&model).contains("· news ·"))
        _ = model.handle("N")
        #expect(screen(&model).contains("channel 3 of 3"))
    }

    @Test("every channel has a past, a chosen peer and a link of its own")
    func apart() {
        var model = model()
        _ = model.handle(.down)
        _ = screen(&model)
        _ = model.handle(.enter)
        #expect(screen(&model).contains("4 Peer · "))
        _ = model.handle("[")
        #expect(screen(&model).contains("FROZEN"))
        _ = model.handle("n")
        let text = screen(&model)
        #expect(!text.contains("FROZEN") && text.contains("4 Peers · 4"))
        #expect(model.handle("y") == .copy("candela://sport"))
        #expect(model.history.count == 20)
        _ = model.handle("n")
        #expect(model.history.count == 0)
    }

    @Test("of a single channel the key says so and the bar does not offer it")
    func single() {
        var model = DashboardModel()
        model.observe(Fixture.swarm(), at: 1)
        #expect(!model.draw(width: 200, height: 60).text.contains("channel"))
        _ = model.handle("n")
        #expect(model.draw(width: 200, height: 60).text.contains("there is one channel only"))
    }

    @Test("a channel that went away is said on its own screen only")
    func lost() {
        var model = model()
        for second in 20..<30 {
            model.observe(nil, of: 0, at: Double(second))
            model.observe(Fixture.swarm(), of: 1, at: Double(second))
        }
        #expect(screen(&model).contains("LOST"))
        _ = model.handle("n")
        #expect(!screen(&model).contains("LOST") && screen(&model).contains("LIVE"))
    }
}
