import Glibc
import Synchronization
import Testing

/// Where the product is tried in real networks: namespaces, real NATs, real routers.
///
/// Each test builds a lab of its own. Two suites run beside each other, the tests of each one after
/// the other, for they share the machine's cores.
enum RealNetwork {
    /// The trait of every suite here: without namespaces its tests are skipped, and say so.
    ///
    /// It looks when a test is about to run: processes that only list tests, or run another one, leave nothing behind.
    static let isPossible = ConditionTrait.enabled(
        "network namespaces with nftables cannot be made here"
    ) {
        guard let obstacle = Lab.obstacle else { return true }
        _ = "network tests: \(obstacle)\n".withCString { write(STDERR_FILENO, $0, strlen($0)) }
        return false
    }

    /// The trait of a test that asks coturn.
    static let hasStunServer = has("turnserver")
    /// The trait of a test with a router that maps ports.
    static let hasRouterDaemon = has("miniupnpd")

    private static func has(_ tool: String) -> ConditionTrait {
        .enabled("\(tool) is not installed here") {
            Child.run(["sh", "-c", "command -v \(tool)"]).status == 0
        }
    }
}

/// Numbers that are given once.
enum Number {
    private static let last = Mutex(0)

    static var next: Int {
        last.withLock { number in
            number += 1
            return number
        }
    }
}
