import Basics
import Testing

@Suite("BitRate")
struct BitRateTests {
    @Test(
        "parses rates as people write them",
        arguments: [
            ("5M", 5_000_000), ("1.5M", 1_500_000), ("800k", 800_000), ("800K", 800_000),
            ("96000", 96_000), ("1g", 1_000_000_000), ("0.5k", 500), ("1", 1),
            ("100G", 100_000_000_000),
        ]
    )
    func parses(_ text: String, _ bits: Int64) {
        #expect(BitRate(parsing: text)?.bitsPerSecond == bits)
    }

    @Test(
        "refuses everything else",
        arguments: [
            "", "M", ".", "0", "0M", "-1", "-0", "+1", "1e9", "NaN", "inf", "10MB", "10Mb", "1,5M",
            "1.2.3", " 1", "1 M", "0x10", "101G", "99999999999999999999", "٣M", "1\u{0}",
        ]
    )
    func refuses(_ text: String) {
        #expect(BitRate(parsing: text) == nil)
    }

    @Test("tells how long bytes take")
    func span() {
        #expect(BitRate.megabits(8).span(ofBytes: 1_000) == .milliseconds(1))
        #expect(BitRate.kilobits(8).span(ofBytes: 1) == .milliseconds(1))
        #expect(BitRate(bitsPerSecond: 0).span(ofBytes: 1) == .seconds(8))
        #expect(BitRate.megabits(8).span(ofBytes: 0) == TimeSpan(nanoseconds: 1))
        #expect(BitRate.kilobits(999) < .megabits(1))
    }
}
