/// Why a socket could not be had.
public struct TransportError: Error, Sendable, CustomStringConvertible {
    /// What kind of thing went wrong.
    public enum Code: Sendable {
        /// Somebody else has the port.
        case portTaken
        /// The address is not ours, or not allowed.
        case addressRefused
        /// A name does not lead to an address.
        case unresolved
        /// Everything else.
        case io
    }

    /// What kind of thing went wrong.
    public let code: Code
    /// One line: what is wrong, where, what to do.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
