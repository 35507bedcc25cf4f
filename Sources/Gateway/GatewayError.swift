/// Why the gateway or the control socket could not be set up or asked, in words for the user.
public struct GatewayError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Code: String, Sendable {
        /// The address is not one that the gateway may listen on.
        case badAddress
        /// Another program holds the port.
        case portTaken
        /// The system does not allow it.
        case notPermitted
        /// A system call failed.
        case io
        /// Others could get at the directory of the control socket.
        case unsafeDirectory
        /// Another process already serves this control socket.
        case alreadyRunning
        /// No process serves this control socket.
        case notRunning
        /// What came back is no snapshot.
        case badReply
    }

    /// What kind of failure it is.
    public let code: Code
    /// One sentence: what happened and what to do.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
