import Glibc

/// What a swarm benchmark is to do.
struct SwarmPlan {
    /// Where the tracker is.
    enum TrackerPlace {
        case embedded
        /// In a process of its own.
        case separate
        /// In a process of its own, which is killed at 40 % of the measured time.
        case killed
    }

    var viewers: Int
    var bitsPerSecond: Int64
    /// Share of the datagrams that every process drops, in percent.
    var lossPercent: Double
    var seconds: Double
    /// The viewers' `--latency`.
    var latency: String
    var tracker: TrackerPlace
    var sourceOptions: [String] = []
    var viewerOptions: [String] = []

    /// Time after the last viewer's start before anything is measured.
    static let warmUp = 4.0
    /// Time after the end in which records may still come.
    static let grace = 3.0
}

/// One swarm, a process per member, from its start to its end.
///
/// Everything is read on the calling thread; the stream is made on another.
final class SwarmRun {
    /// CPU seconds of the swarm and of the harness, and jiffies of the machine.
    struct Ledger {
        var swarm = 0.0
        var harness = 0.0
        var busy = 0.0
        var whole = 0.0
    }

    let plan: SwarmPlan
    let feed: SwarmFeed
    /// The late one is the last.
    private(set) var taps: [ViewerTap] = []
    private(set) var window: (start: Int64, end: Int64) = (0, 0)
    private(set) var samples: (first: SwarmSample?, last: SwarmSample?) = (nil, nil)
    private(set) var ledgers = (first: Ledger(), last: Ledger())
    private var source: ChildProcess?
    private var tracker: ChildProcess?
    private let folder: String
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
    private var polled: [pollfd] = []

    init(_ plan: SwarmPlan, folder: String) {
        self.plan = plan
        self.folder = folder
        feed = SwarmFeed(bitsPerSecond: plan.bitsPerSecond)
    }

    deinit {
        end()
        buffer.deallocate()
    }

    /// Ends everything that was started.
    func end() {
        feed.stop()
        source?.end()
        tracker?.end()
        for tap in taps {
            tap.process.end()
            close(tap.handle)
        }
        (source, tracker, taps) = (nil, nil, [])
    }

    /// Runs it all; what was seen is in the properties.
    func execute(progress: (String) -> Void) throws(CommandFailure) {
        progress("starting a source and \(plan.viewers) viewers")
        let key = plan.tracker == .embedded ? nil : try startTracker()
        try startSource(tracker: key)
        let link = try awaitLink()
        for number in 1...plan.viewers {
            try startViewer("viewer-\(number)", link)
            try meter(until: BenchClock.now + 20_000_000)
        }
        try meter(until: BenchClock.now + Int64(SwarmPlan.warmUp * 1e9))
        progress("measuring for \(plan.seconds) s")
        samples.first = try sample()
        ledgers.first = ledger
        let start = BenchClock.now
        let length = plan.seconds * 1e9
        window = (start, start + Int64(length))
        if plan.tracker == .killed {
            // Nobody finds a swarm whose only tracker is dead: the late one comes before.
            try meter(until: start + Int64(0.25 * length))
            try startViewer("late", link)
            try meter(until: start + Int64(0.4 * length))
            tracker?.end()
        } else {
            try meter(until: start + Int64(0.5 * length))
            try startViewer("late", link)
        }
        try meter(until: window.end)
        ledgers.last = ledger
        samples.last = try sample()
        try meter(until: window.end + Int64(SwarmPlan.grace * 1e9))
        guard source?.isRunning == true else { throw died("the source", source) }
    }

    // MARK: Processes

    /// What every process is told: below the protocol, loss; and an end, should nobody end it.
    private var common: [String] {
        let longest = plan.seconds + SwarmPlan.warmUp + SwarmPlan.grace + 60
        let impairment = plan.lossPercent > 0 ? ["--impair", "\(plan.lossPercent)%"] : []
        return ["--quiet", "--state-dir", folder, "--seconds", "\(longest)"] + impairment
    }

    private func startTracker() throws(CommandFailure) -> String {
        let pipe = try BenchPipe()
        defer { close(pipe.readEnd) }
        let arguments = [ChildProcess.own, "tracker", "--listen", "127.0.0.1:0"] + common
        let child = try spawn(arguments, output: pipe, errors: "tracker")
        tracker = child
        _ = fcntl(pipe.readEnd, F_SETFL, O_NONBLOCK)
        var text = ""
        try waitFor("the tracker", child) {
            var bytes = [UInt8](repeating: 0, count: 512)
            let count = read(pipe.readEnd, &bytes, bytes.count)
            if count > 0 { text += String(decoding: bytes[..<count], as: UTF8.self) }
            return text.hasSuffix("\n")
        }
        return String(text.dropLast())
    }

    private func startSource(tracker: String?) throws(CommandFailure) {
        let pipe = try BenchPipe()
        let arguments =
            [
                ChildProcess.own, "broadcast", "-", "--name", "bench", "--listen", "127.0.0.1:0",
                "--link-file", "\(folder)/link",
            ] + (tracker.map { ["--tracker", $0] } ?? []) + common + plan.sourceOptions
        do {
            defer { close(pipe.readEnd) }
            source = try ChildProcess(
                .init(
                    arguments: arguments,
                    input: pipe.readEnd,
                    errorFile: "\(folder)/source.err"
                )
            )
        } catch {
            close(pipe.writeEnd)
            throw error
        }
        feed.start(into: pipe.writeEnd)
    }

    private func awaitLink() throws(CommandFailure) -> String {
        guard let source else { return "" }
        var link = ""
        try waitFor("the source", source) {
            link = (try? TextFile.read("\(self.folder)/link", most: 8_192)) ?? ""
            return link.hasSuffix("\n")
        }
        return String(link.dropLast())
    }

    private func startViewer(_ name: String, _ link: String) throws(CommandFailure) {
        let pipe = try BenchPipe()
        let started = BenchClock.now
        let arguments =
            [
                ChildProcess.own, "join", link, "--stdout", "--latency", plan.latency, "--name",
                name, "--listen", "127.0.0.1:0", "--wait", "60s",
            ] + common + plan.viewerOptions
        let child = try spawn(arguments, output: pipe, errors: name)
        taps.append(
            ViewerTap(name: name, process: child, handle: pipe.readEnd, startedAt: started)
        )
        polled.append(pollfd(fd: pipe.readEnd, events: Int16(POLLIN), revents: 0))
    }

    private func spawn(
        _ arguments: [String],
        output: BenchPipe,
        errors: String
    ) throws(CommandFailure) -> ChildProcess {
        defer { close(output.writeEnd) }
        return try ChildProcess(
            .init(
                arguments: arguments,
                output: output.writeEnd,
                errorFile: "\(folder)/\(errors).err"
            )
        )
    }

    /// Waits for a sign of a process that has been started, at most 20 s.
    private func waitFor(
        _ title: String,
        _ child: ChildProcess,
        _ isThere: () -> Bool
    ) throws(CommandFailure) {
        let limit = BenchClock.now + 20_000_000_000
        while !isThere() {
            guard child.isRunning, BenchClock.now < limit else { throw died(title, child) }
            try meter(until: BenchClock.now + 10_000_000)
        }
    }

    private func died(_ title: String, _ child: ChildProcess?) -> CommandFailure {
        let words = child?.lastWords ?? ""
        return CommandFailure(.bug, "\(title) did not do its work: \(words)")
    }

    // MARK: Reading

    /// Reads what the viewers hand over, up to an instant.
    private func meter(until end: Int64) throws(CommandFailure) {
        while true {
            try Interrupt.check()
            let left = end - BenchClock.now
            guard left > 0 else { return }
            let milliseconds = Int32(min(20, left / 1_000_000 + 1))
            guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { continue }
            for at in polled.indices where polled[at].revents != 0 { drain(at) }
        }
    }

    private func drain(_ at: Int) {
        for _ in 0..<16 {
            guard let bytes = taps[at].drain(buffer) else { break }
            let now = BenchClock.now
            let tap = taps[at]
            feed.withStream { tap.take(bytes, at: now, of: $0) }
        }
        // A negative descriptor is passed over by poll.
        if taps[at].hasEnded { polled[at].fd = -1 }
    }

    // MARK: Counting

    private func sample() throws(CommandFailure) -> SwarmSample? {
        guard let source else { return nil }
        func socket(_ verb: String, _ child: ChildProcess) -> String {
            "\(folder)/run/\(verb)-\(child.pid).sock"
        }
        let sampler = SwarmSampler(
            SwarmSample.Places(
                source: socket("broadcast", source),
                tracker: tracker.flatMap { $0.isRunning ? socket("tracker", $0) : nil },
                viewers: taps.map { socket("join", $0.process) },
                published: feed.published,
                handedOver: taps.map(\.bytes)
            )
        )
        let limit = BenchClock.now + 10_000_000_000
        while sampler.sample == nil, BenchClock.now < limit {
            try meter(until: BenchClock.now + 10_000_000)
        }
        return sampler.sample
    }

    private var ledger: Ledger {
        var ledger = Ledger()
        let children = [source, tracker].compactMap { $0 } + taps.map(\.process)
        ledger.swarm = children.reduce(0) { $0 + ($1.cpuSeconds ?? 0) }
        ledger.harness = Double(BenchClock.processTime) / 1e9
        if let text = try? TextFile.read("/proc/stat", most: 4_096),
            let line = text.split(separator: "\n").first
        {
            // user nice system idle iowait irq softirq steal (proc(5)).
            let times = line.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
            ledger.whole = times.reduce(0, +)
            if times.count == 8 { ledger.busy = ledger.whole - times[3] - times[4] }
        }
        return ledger
    }
}
