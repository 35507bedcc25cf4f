import Basics

/// Where an encoder's stream comes from, time and again.
///
/// Like a feed it is used by one thread at a time: the one that opens it, then the one that runs it.
protocol EncoderLine: AnyObject {
    /// What messages call it.
    var name: String { get }
    /// What happens when a session ends.
    var persistence: EncoderPersistence { get }

    /// Takes the port, or connects for the first time: what is wrong is told before the broadcast
    /// begins.
    func prepare(_ signal: StopSignal) throws(IngestError)

    /// Waits for the next session; nil when the signal was raised.
    func next(_ output: FeedOutput) throws(IngestError) -> EncoderSession?
}

/// What happens when an encoder's session ends.
enum EncoderPersistence {
    /// The programme ends with it.
    case single
    /// Encoders come to us: we wait, for ever.
    case waiting
    /// We go to it: again and again, until it has been away for so long.
    case trying(TimeSpan)
}

/// One connection of an encoder, from its first byte to its last.
struct EncoderSession {
    /// How it ended.
    enum End {
        /// The programme is over.
        case finished
        /// The encoder may come back; the words say what happened.
        case lost(String)
    }

    /// What turns it into packets.
    let feed: any Feed & Sendable
    /// How its time passes.
    let pacing: Pacing
    /// Says, once the feed has returned, how it ended.
    let conclude: () -> End
}
