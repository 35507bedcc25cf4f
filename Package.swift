// swift-tools-version:6.1
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    // Debug builds check at run time that accesses exclude each other; in release the checks cost 7 % of a
    // simulation (measured).
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

/// One of Candela's own modules, with the language features that all of them share.
func module(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    resources: [Resource]? = nil
) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        resources: resources,
        swiftSettings: settings
    )
}

/// The tests of a module, mirroring its name.
///
/// They are compiled without optimisation even in release: what they test is optimised, and their own
/// code would take longer to optimise than it saves when it runs. `files` are no sources.
func tests(
    _ name: String,
    _ dependencies: [Target.Dependency],
    files: [String] = []
) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies,
        exclude: files,
        swiftSettings: settings + [.unsafeFlags(["-Onone"], .when(configuration: .release))]
    )
}

let package = Package(
    name: "candela",
    products: [.executable(name: "candela", targets: ["candela"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle",
            from: "2.13.0"
        ),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // Cores: synchronous, no clock, no I/O. Imports go downwards only.
        module("Basics"),
        module("Wire", ["Basics"]),
        module("Secrecy", ["Basics", "Wire", crypto]),
        module("Blocks", ["Basics", "Wire", "CISAL", crypto]),
        module("Telemetry", ["Basics"]),
        module("Driving", ["Basics", "Telemetry"]),
        module("Paths", ["Basics", "Wire", "Secrecy"]),
        module("Scheduling", ["Basics", "Blocks"]),
        module("Chandelier", ["Basics"]),
        module(
            "Overlay",
            [
                "Basics", "Wire", "Secrecy", "Blocks", "Telemetry", "Driving", "Paths",
                "Scheduling",
            ]
        ),
        module(
            "Tracking",
            ["Basics", "Wire", "Secrecy", "Telemetry", "Driving", "Paths", "Chandelier"]
        ),
        // Drivers and edges: they never import each other.
        module(
            "Simulation",
            [
                "Basics", "Wire", "Secrecy", "Blocks", "Telemetry", "Driving", "Overlay",
                "Tracking", "Chandelier", "CHints",
            ]
        ),
        module(
            "Transport",
            ["Basics", "Wire", "Secrecy", "Telemetry", "Driving", "Paths", "Overlay", "Tracking"]
                + nio
        ),
        module("MediaIO", ["Basics", "CFFmpeg"]),
        module(
            "Gateway",
            [
                "Basics", "Telemetry", "CISAL", logging,
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ] + nio,
            // The files of the page become part of the program.
            resources: [
                .embedInCode("Page/Assets/index.html"), .embedInCode("Page/Assets/page.css"),
                .embedInCode("Page/Assets/player.js"), .embedInCode("Page/Assets/board.js"),
                .embedInCode("Page/Assets/map.js"), .embedInCode("Page/Assets/icon.svg"),
            ]
        ),
        module("Dashboard", ["Basics", "Telemetry", "CNcurses", "CTermGuard"]),
        module("Surroundings", ["Basics", "Wire", "Secrecy", "Paths", "CSurroundings"]),
        .executableTarget(
            name: "candela",
            dependencies: [
                "Basics", "Wire", "Secrecy", "Blocks", "Telemetry", "Driving", "Paths",
                "Scheduling", "Chandelier", "Overlay", "Tracking", "Transport", "MediaIO",
                "Gateway", "Dashboard", "Simulation", "Surroundings", logging, crypto,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ] + nio,
            swiftSettings: settings
        ),
        tests("TidyTests", []),
        tests(
            "DashboardTests",
            ["Dashboard", "Gateway", "Telemetry", "BuiltProgram"],
            files: ["Recordings", "Screens"]
        ),
        tests(
            "ScenarioTests",
            ["Simulation", "Chandelier", "Overlay", "Secrecy", "Telemetry", "Basics"]
        ),
        tests(
            "SimulationTests",
            ["Simulation", "Basics", "Blocks", "Driving", "Overlay", "Paths", "Telemetry", "Wire"]
        ),
        tests(
            "OverlayTests",
            [
                "Overlay", "Paths", "Scheduling", "Secrecy", "Blocks", "Driving", "Telemetry",
                "Wire",
                "Basics",
            ]
        ),
        tests(
            "TrackingTests",
            ["Tracking", "Secrecy", "Driving", "Telemetry", "Wire", "Basics"]
        ),
        tests("PathsTests", ["Paths", "Simulation", "Wire", "Basics"]),
        tests("ChandelierTests", ["Chandelier", "Basics"]),
        tests(
            "BlocksTests",
            [
                "Blocks", "Basics", "Wire", "CISAL",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),
        tests("TelemetryTests", ["Telemetry", "Basics"]),
        tests("WireTests", ["Wire", "Basics"]),
        tests("BasicsTests", ["Basics"]),
        tests("SecrecyTests", ["Secrecy", "Basics", "Wire", crypto]),
        tests(
            "GatewayTests",
            [
                "Gateway", "Basics", "Telemetry",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ] + nio
        ),
        tests("PageTests", ["Gateway", "MediaIO", "Basics", "Telemetry"]),
        tests("MediaIOTests", ["MediaIO", "Basics", "CFFmpeg"]),
        tests(
            "LoopbackTests",
            [
                "Basics", "Wire", "Secrecy", "Blocks", "Telemetry", "Driving", "Paths", "Overlay",
                "Tracking", "Transport", "Gateway", "BuiltProgram", crypto,
            ]
        ),
        tests("SurroundingsTests", ["Surroundings", "Basics", "Paths", "Wire"]),
        // The product itself, as a program beside the tests.
        tests("NetworkTests", ["Telemetry", "BuiltProgram"]),
        // Where tests find the program that was built with them.
        .target(name: "BuiltProgram", path: "Tests/BuiltProgram", swiftSettings: settings),
        // C: shims over system libraries.
        .systemLibrary(
            name: "CFFmpeg",
            pkgConfig: "libavdevice libavformat libavcodec libavutil libswscale libswresample",
            providers: [
                .apt([
                    "libavdevice-dev", "libavformat-dev", "libavcodec-dev", "libavutil-dev",
                    "libswscale-dev",
                    "libswresample-dev",
                ])
            ]
        ),
        .systemLibrary(name: "CHints"),
        .systemLibrary(name: "CNcurses", providers: [.apt(["libncurses-dev"])]),
        .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
        .systemLibrary(
            name: "CSurroundings",
            pkgConfig: "miniupnpc",
            providers: [.apt(["libminiupnpc-dev"])]
        ),
        .target(name: "CTermGuard", cSettings: [.define("_GNU_SOURCE")]),
    ],
    swiftLanguageModes: [.v6]
)
