/// The marks between good, doubtful and bad, in one place for header, table and sentence.
enum Level {
    /// Media in the buffer below which one lost parent is noticed: replacing a dead parent leaves a
    /// gap of at most 180 ms by Candela's own goal.
    static let bufferThin = 200.0
    /// Media in the buffer from which a round of repair over a slow path fits beside it.
    static let bufferSafe = 500.0
    /// The continuity index below which a viewer is likely to see something.
    static let continuityBad = 0.99
    /// The continuity index below which not all is well.
    static let continuityFair = 0.999
    /// Loss from which repair has to work.
    static let lossFair = 0.02
    /// Loss that repair can hardly cover.
    static let lossBad = 0.10

    /// The style of a continuity index.
    static func style(continuity: Double?) -> Style {
        guard let continuity else { return .dim }
        if continuity < continuityBad { return .bad }
        return continuity < continuityFair ? .warning : .good
    }

    /// The style of a share of lost datagrams.
    static func style(loss: Double?) -> Style {
        guard let loss else { return .dim }
        if loss >= lossBad { return .bad }
        return loss >= lossFair ? .warning : .plain
    }

    /// The style of a buffer in milliseconds.
    static func style(buffer: Double?) -> Style {
        guard let buffer else { return .dim }
        return buffer < bufferThin ? .warning : .good
    }

    /// How safe a buffer is, in a word; nil when unknown.
    static func word(buffer: Double?) -> String? {
        guard let buffer, buffer.isFinite else { return nil }
        if buffer < bufferThin { return "thin" }
        return buffer < bufferSafe ? "fair" : "safe"
    }

    /// The length of media that a full buffer meter stands for: the default playout delay of 1 s,
    /// or what it takes to show more.
    static func scale(buffers: [Double]) -> Double {
        let greatest = buffers.filter(\.isFinite).max() ?? 0
        return [1_000, 2_000, 5_000, 10_000, 30_000].first { greatest <= $0 } ?? 60_000
    }
}
