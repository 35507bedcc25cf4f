import ArgumentParser
import Basics

/// The verb `candela bench udp`.
struct UdpBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "udp",
        abstract: "Loopback datagrams per second and core, against C.",
        discussion: """
            Datagrams of 1,200 bytes, as fast as they go, through sockets set up and served like \
            those of a broadcast, and through a C program with sendmmsg and recvmmsg that is compiled \
            on the spot. CPU time is that of the thread that sends or receives.
            """
    )

    @Option(help: "How long each side is measured.")
    var seconds = 2.0

    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard (0.2...30).contains(seconds) else {
            throw ValidationError("--seconds takes 0.2 to 30")
        }
    }

    func run() throws {
        options.progress("Candela's sockets")
        let own = try UdpFlow.measure(seconds: seconds)
        options.progress("the C baseline")
        let baseline = try UdpBaseline.measure(seconds: seconds)
        var result = BenchResult("udp")
        result["datagram_bytes"] = .count(UdpFigures.datagramSize)
        result["batch"] = .count(UdpFigures.batch)
        result["seconds"] = .number(seconds)
        result["candela"] = .object(own.result)
        switch baseline {
        case .measured(let figures):
            result["baseline"] = .object(figures.result)
            var ratio = BenchResult()
            ratio["send_cpu"] = .number(own.sendCost / figures.sendCost)
            ratio["receive_cpu"] = .number(own.receiveCost / figures.receiveCost)
            ratio["both_cpu"] = .number(
                (own.sendCost + own.receiveCost) / (figures.sendCost + figures.receiveCost)
            )
            result["ratio"] = .object(ratio)
        case .missing(let why):
            result["baseline"] = .text(nil)
            result["baseline_missing"] = .text(why)
            result["ratio"] = .text(nil)
        }
        try options.print(result)
    }
}

/// What one way of sending and receiving costs.
struct UdpFigures: Sendable {
    static let datagramSize = 1_200
    /// Datagrams between two flushes, and per system call of the baseline.
    static let batch = 32

    var sent = 0
    var received = 0
    var sendTime: Int64 = 0
    var receiveTime: Int64 = 0
    var wall: Int64 = 0

    /// CPU nanoseconds per datagram sent.
    var sendCost: Double { Double(sendTime) / Double(max(1, sent)) }
    /// CPU nanoseconds per datagram received.
    var receiveCost: Double { Double(receiveTime) / Double(max(1, received)) }

    var result: BenchResult {
        var result = BenchResult()
        result["sent_per_core_s"] = .number(1e9 / sendCost)
        result["received_per_core_s"] = .number(1e9 / receiveCost)
        result["send_cpu_ns"] = .number(sendCost)
        result["receive_cpu_ns"] = .number(receiveCost)
        result["sent_per_s"] = .number(Double(sent) * 1e9 / Double(max(1, wall)))
        result["received_per_s"] = .number(Double(received) * 1e9 / Double(max(1, wall)))
        return result
    }
}
