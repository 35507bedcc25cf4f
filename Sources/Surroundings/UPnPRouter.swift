import Basics
import CSurroundings
import Glibc

/// A home router that speaks UPnP IGD; every call asks it and blocks for some seconds at worst.
final class UPnPRouter {
    /// What came of asking for a port.
    enum Outcome {
        case mapped(UInt16)
        case refused(String)
    }

    /// How long routers have to answer to the search: they are one hop away, and the answers to UDA's
    /// MX of 1 s are spread over that second.
    private static let searchMilliseconds: Int32 = 1_000
    /// `ConflictInMappingEntry` and `OnlyPermanentLeasesSupported` of WANIPConnection:1.
    private static let (conflict, onlyPermanent): (Int32, Int32) = (718, 725)
    /// Outside ports that are tried when the first belongs to somebody else.
    private static let triesMax = 4

    private let router: UnsafeMutablePointer<candela_router>

    /// Looks for a router on the network of an address of ours; nil when none answers.
    init?(from inside: Endpoint) {
        let found = UnsafeMutablePointer<candela_router>.allocate(capacity: 1)
        guard candela_router_find(found, UPnPRouter.searchMilliseconds, inside.host) == 1 else {
            found.deallocate()
            return nil
        }
        router = found
    }

    deinit {
        candela_router_free(router)
        router.deallocate()
    }

    /// The router's address on its outside, which is asked for anew; nil when it does not tell.
    var outside: Endpoint? {
        candela_router_ask_outside(router)
        let size = MemoryLayout.size(ofValue: router.pointee.outside)
        let text = withUnsafeBytes(of: router.pointee.outside) { bytes in
            String(decoding: bytes.prefix(size).prefix { $0 != 0 }, as: UTF8.self)
        }
        return Endpoint(parsing: "\(text):0")
    }

    /// Asks for a port, or renews it: the wish if it is free, else another.
    func map(inside: UInt16, wish: UInt16, seconds: UInt32) -> Outcome {
        var generator = SystemRandomNumberGenerator()
        var (port, lease) = (wish, seconds)
        var code: Int32 = 0
        for _ in 0..<UPnPRouter.triesMax {
            code = candela_router_map(router, UInt32(inside), UInt32(port), lease)
            switch code {
            case 0: return .mapped(port)
            case UPnPRouter.onlyPermanent where lease > 0: lease = 0
            case UPnPRouter.conflict: port = .random(in: 20_000..<60_000, using: &generator)
            default: return .refused(words(code))
            }
        }
        return .refused(words(code))
    }

    /// Removes a port's mapping.
    func unmap(_ outside: UInt16) { _ = candela_router_unmap(router, UInt32(outside)) }

    private func words(_ code: Int32) -> String {
        guard let text = candela_router_error(code) else { return "UPnP error \(code)" }
        return "UPnP error \(code), \(String(cString: text))"
    }
}
