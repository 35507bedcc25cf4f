import Basics
import Testing

@testable import Secrecy

@Suite("TimestampGuard")
struct TimestampGuardTests {
    @Test("accepts only later timestamps of a key")
    func later() {
        var timestamps = TimestampGuard()
        #expect(timestamps.accept(10, from: [1]) == true)
        #expect(timestamps.accept(10, from: [1]) == false)
        #expect(timestamps.accept(9, from: [1]) == false)
        #expect(timestamps.accept(.min, from: [1]) == false)
        #expect(timestamps.accept(11, from: [1]) == true)
        #expect(timestamps.accept(5, from: [2]) == true)
        #expect(timestamps.accept(.max, from: [2]) == true)
        #expect(timestamps.accept(.max, from: [2]) == false)
    }

    @Test("a refused timestamp changes nothing")
    func refusedChangesNothing() {
        var timestamps = TimestampGuard()
        #expect(timestamps.accept(10, from: [1]) == true)
        #expect(timestamps.accept(3, from: [1]) == false)
        #expect(timestamps.accept(5, from: [1]) == false)
    }

    @Test("remembers at most 4,096 keys")
    func bound() {
        var timestamps = TimestampGuard()
        for number in 0..<5_000 {
            #expect(timestamps.accept(1, from: [UInt8(number % 256), UInt8(number / 256)]) == true)
        }
        #expect(timestamps.count == TimestampGuard.keysMax)
    }
}
