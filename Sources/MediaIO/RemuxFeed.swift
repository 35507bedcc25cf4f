import Basics
import CFFmpeg

/// A container that is not MPEG-TS: its streams are copied into MPEG-TS at the speed of their own
/// clock, and on and on when it is a file to be repeated.
final class RemuxFeed: Feed, @unchecked Sendable {
    /// A source whose units are refused so many times in a row cannot be sent.
    private static let refusalCountMax = 1_000

    /// How long an input may be looked at, and its streams be waited for.
    enum Haste {
        /// As long as it takes to know everything: a file.
        case patient
        /// Shortly, because viewers wait: a live encoder.
        case prompt
    }

    private let repetition: IngestOptions.Repetition
    private let demuxer: Demuxer
    private let selection: StreamSelection
    private let muxer: TransportMuxer
    private var timeline: Timeline
    private var interleaver: Interleaver
    private var gate = DiscontinuityGate()
    private var refusalCount = 0

    /// What cut the stream short; nil when it came to its end.
    private(set) var damage: String?

    /// Takes an open container and checks that MPEG-TS can carry its streams.
    init(
        _ demuxer: Demuxer,
        repetition: IngestOptions.Repetition,
        _ haste: Haste
    ) throws(IngestError) {
        self.demuxer = demuxer
        self.repetition = repetition
        selection = try StreamSelection(demuxer, name: demuxer.name)
        muxer = try TransportMuxer(selection.streams.compactMap(\.pointee.codecpar))
        timeline = Timeline(selection.timing)
        interleaver = Interleaver(
            streamCount: selection.streams.count,
            spanMax: haste == .prompt ? Interleaver.spanLive : Interleaver.spanFile
        )
    }

    func run(_ output: FeedOutput) throws(IngestError) {
        let rate = demuxer.rate.map { ", " + Codecs.describe($0) } ?? ""
        output.report(.started(description: selection.description + rate))
        var pacer = Pacer(output)
        while true {
            switch demuxer.read() {
            case .stopped: return
            case .unit(let unit):
                insert(unit, output)
                while let (unit, index) = interleaver.next() {
                    guard try send(unit, index, &pacer, output) == .due else { return }
                }
            case .damaged(let reason):
                if let failure = demuxer.failure { throw failure }
                damage = reason
                gate.report(
                    "\(demuxer.name): damaged, the rest is left out (\(reason))",
                    to: output
                )
                guard try endPass(&pacer, output) == .again else { return }
            case .end:
                guard try endPass(&pacer, output) == .again else { return }
            }
        }
    }

    private enum PassEnd {
        case again
        case over
    }

    private func insert(_ unit: AccessUnit, _ output: FeedOutput) {
        guard selection.places.indices.contains(unit.streamIndex),
            let index = selection.places[unit.streamIndex], unit.size > 0
        else { return }
        let timeBase = selection.streams[index].pointee.time_base
        if timeline.place(unit, index: index, timeBase: timeBase) == .afterJump {
            gate.report("\(demuxer.name): its clock jumps; the gap is closed", to: output)
        }
        interleaver.insert(unit, index: index)
    }

    private func send(
        _ unit: AccessUnit,
        _ index: Int,
        _ pacer: inout Pacer,
        _ output: FeedOutput
    ) throws(IngestError) -> Pacer.Verdict {
        let media = TimeSpan(nanoseconds: unit.decodingTime * 100_000 / 9)
        guard pacer.wait(until: media) == .due else { return .stopped }
        if let packets = muxer.write(unit, index: index) {
            refusalCount = 0
            output.deliver(packets)
            return .due
        }
        refusalCount += 1
        gate.report("\(demuxer.name): damaged, a frame is left out", to: output)
        guard refusalCount < RemuxFeed.refusalCountMax else {
            throw IngestError(.notMedia, "\(demuxer.name): no frame of it can be sent; convert it")
        }
        return .due
    }

    /// Sends what waits; then the file starts again, or the programme is over.
    private func endPass(
        _ pacer: inout Pacer,
        _ output: FeedOutput
    ) throws(IngestError) -> PassEnd {
        while let (unit, index) = interleaver.drain() {
            guard try send(unit, index, &pacer, output) == .due else { return .over }
        }
        switch repetition {
        case .once:
            output.deliver(muxer.finish())
            return .over
        case .loop:
            guard timeline.finishPass() else {
                throw IngestError(
                    .notMedia,
                    "\(demuxer.name): no frame of it can be read; convert it"
                )
            }
            guard demuxer.rewind() else {
                throw IngestError(
                    .io,
                    "\(demuxer.name): its format cannot start again; play it once"
                )
            }
            return .again
        }
    }
}
