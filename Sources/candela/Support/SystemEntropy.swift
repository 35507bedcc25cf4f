import Secrecy

/// Randomness of the machine, for keys and seeds; cores get it as an argument.
enum SystemEntropy {
    static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    static func entropy() -> Entropy { Entropy(secret: bytes(32)) }

    static func number() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
