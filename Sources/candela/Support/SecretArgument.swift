/// A secret that people hand over: `ps` shows the words of a command to every user of the machine, so
/// that a file or the environment is the better place.
enum SecretArgument {
    /// The variable that stands in for the option.
    static let variable = "CANDELA_TOKEN"
    /// The most bytes of a file with a secret.
    private static let fileMax = 4_096

    /// The secret that an option means: its text, the first line of FILE for `@FILE`, and without the
    /// option the environment's; nil when there is none.
    static func resolve(_ argument: String?) throws(CommandFailure) -> String? {
        guard let argument else { return Environment.value(variable) }
        guard argument.first == "@" else { return argument }
        let path = String(argument.dropFirst())
        let text = try TextFile.read(path, most: fileMax)
        let line = text.split(whereSeparator: \.isNewline).first.map { $0.filter { $0 != " " } }
        guard let line, !line.isEmpty else {
            throw CommandFailure(.usage, "--token: the first line of \(path) is empty")
        }
        return line
    }
}
