/// Why bytes are not a message.
///
/// Whoever sent them is counted; nothing else happens.
public enum WireError: UInt8, Error, Sendable, CaseIterable {
    /// The bytes end within a field.
    case truncated
    /// A length or a count is above its bound.
    case tooLong
    /// A field has a value that the grammar does not allow.
    case badValue
    /// The version is not ours.
    case unknownVersion
}
