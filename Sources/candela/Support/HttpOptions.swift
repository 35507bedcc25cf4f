import ArgumentParser
import Gateway

/// Where players and browsers reach this node.
struct HttpOptions: ParsableArguments {
    @Option(help: "HTTP address for players; the next free port if taken.")
    var http = AddressArgument(host: "127.0.0.1", port: 8_090)

    @Option(
        help: ArgumentHelp(
            "Secret first part of every path; 'random' makes one, @FILE reads one.",
            discussion: """
                Needed to serve others: with --http 0.0.0.0:PORT the browsers of the network can \
                watch. Default: CANDELA_TOKEN, which other users of this machine do not see.
                """
        )
    )
    var token: String?

    func validate() throws {
        do {
            let probe = try configuration([])
            if probe.token == nil, !isLocal {
                throw ValidationError(
                    "--http \(http.text) would let others watch; add --token T, a secret of"
                        + " \(AccessToken.lengthMin) characters or more, or 'random'"
                )
            }
        } catch let error as CommandFailure {
            throw ValidationError(error.message)
        }
    }

    /// The configuration of a gateway for some channels.
    func configuration(_ channels: [GatewayChannel]) throws(CommandFailure) -> GatewayConfiguration
    {
        var configuration = GatewayConfiguration(channels: channels)
        configuration.host = http.host
        configuration.port = http.port
        guard let secret = try SecretArgument.resolve(token) else { return configuration }
        do {
            configuration.token = try secret == "random" ? .random() : AccessToken(secret)
        } catch {
            throw CommandFailure(.usage, "--token: \(error.message)")
        }
        return configuration
    }

    private var isLocal: Bool {
        ["127.0.0.1", "localhost", "::1", "[::1]"].contains(http.host.lowercased())
    }
}
