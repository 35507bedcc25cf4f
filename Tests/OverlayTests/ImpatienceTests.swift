import Basics
import Scheduling
import Testing

@Suite("What asking in vain teaches")
struct ImpatienceTests {
    /// Lets seconds go by with fifty asks each, of which a share is in vain.
    private func learn(
        _ impatience: inout Impatience,
        seconds: Range<Int>,
        inVain: Double,
        isLossy: Bool = false
    ) {
        for tick in seconds.lowerBound * 50..<seconds.upperBound * 50 {
            impatience.noteAsked()
            if Double(tick % 50) < inVain * 50 { impatience.noteInVain() }
            let now = Instant.origin + .milliseconds(20 * tick)
            impatience.decide(isLossy: isLossy, at: now)
        }
    }

    @Test("waits no longer than usual where what is asked for was lost")
    func lost() {
        var impatience = Impatience()
        learn(&impatience, seconds: 1..<20, inVain: 0)
        #expect(impatience.wait == .zero)
    }

    @Test("waits longer while most comes after all, but not for ever")
    func late() {
        var impatience = Impatience()
        learn(&impatience, seconds: 1..<3, inVain: 1)
        #expect(impatience.wait > .milliseconds(15))
        learn(&impatience, seconds: 3..<60, inVain: 1)
        #expect(impatience.wait == .milliseconds(240))
    }

    @Test("waits no longer where datagrams are lost: what comes twice was asked for by the parent")
    func lossy() {
        var impatience = Impatience()
        learn(&impatience, seconds: 1..<20, inVain: 1, isLossy: true)
        #expect(impatience.wait == .zero)
    }

    @Test("is as quick as before once chunks are lost rather than late")
    func again() {
        var impatience = Impatience()
        learn(&impatience, seconds: 1..<20, inVain: 1)
        learn(&impatience, seconds: 20..<40, inVain: 0)
        #expect(impatience.wait == .zero)
    }
}
