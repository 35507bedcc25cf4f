import Basics
import Paths
import Testing

/// The hard cap of an uplink.
@Suite("UploadBucket")
struct UploadBucketTests {
    private let start = Instant.origin + .seconds(5)

    @Test("what is owed at one rate is still owed at another, and paid off at that")
    func change() {
        var bucket = UploadBucket(rate: .megabits(1), at: start)
        bucket.charge(131_250, at: start)
        let before = bucket.readyAt(start)
        #expect(before > start + .milliseconds(990) && before < start + .milliseconds(1_010))
        bucket.change(rate: .megabits(2), at: start)
        let after = bucket.readyAt(start)
        #expect(after > start + .milliseconds(490) && after < start + .milliseconds(510))
    }

    @Test("one without a cap never waits, and gets one without a debt")
    func first() {
        var bucket = UploadBucket(rate: nil, at: start)
        bucket.charge(1_000_000, at: start)
        #expect(bucket.readyAt(start) == start)
        bucket.change(rate: .megabits(1), at: start)
        #expect(bucket.readyAt(start) == start)
        bucket.charge(1_000_000, at: start)
        #expect(bucket.readyAt(start) > start + .seconds(7))
    }
}
