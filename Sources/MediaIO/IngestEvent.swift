/// What happens to a source while it runs.
public enum IngestEvent: Hashable, Sendable {
    /// The source is understood, such as `H.264 1280x720 25/s, AAC 48 kHz stereo, 1.6 Mbit/s`.
    ///
    /// A live source says so once its program table came, which may be after the first packets.
    case started(description: String)
    /// Time or data jumped: players may show a flaw.
    ///
    /// At most one per second is reported.
    case discontinuity(reason: String)
    /// The encoder went away or could not be taken in; the broadcast goes on and waits for it.
    case offline(String)
    /// The encoder is back.
    case online(String)
    /// Something that whoever runs the encoder should know.
    case advice(String)
    /// The source failed; it is the last event.
    case failed(IngestError)
    /// The source ended by itself; it is the last event.
    case ended
}
