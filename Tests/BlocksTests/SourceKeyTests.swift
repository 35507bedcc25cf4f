import Basics
import Testing

@testable import Blocks

@Suite struct SourceKeyTests {
    /// RFC 8032, section 7.1, test 1.
    @Test("signs as RFC 8032 says")
    func vector() throws {
        let secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
        let key = try #require(Hex.bytes(secret).flatMap { SourceKey(privateKey: $0) })
        #expect(
            Hex.string(key.publicKey)
                == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        )
        #expect(
            Hex.string(key.sign([]))
                == "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
                + "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        )
    }

    @Test("takes 32 bytes and nothing else", arguments: [0, 31, 33, 64])
    func size(count: Int) {
        #expect(SourceKey(privateKey: [UInt8](repeating: 1, count: count)) == nil)
    }
}
