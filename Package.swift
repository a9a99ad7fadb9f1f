// swift-tools-version:6.2
import PackageDescription

/// Libraries that applications use, in the order of their layers: a target may only depend on those before it.
let libraries: [Target] = [
    .systemLibrary(
        name: "CLibPQ",
        pkgConfig: "libpq",
        providers: [.apt(["libpq-dev"]), .brew(["libpq"])]
    ),
    .target(name: "HeliographSignals"),
    .target(
        name: "HeliographPostgres",
        dependencies: [
            "CLibPQ",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "Metrics", package: "swift-metrics"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ]
    ),
    .target(
        name: "HeliographModels",
        dependencies: [
            "HeliographSignals",
            "HeliographPostgres",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "Instrumentation", package: "swift-distributed-tracing"),
        ]
    ),
    .target(
        name: "HeliographLog",
        dependencies: [
            "HeliographModels",
            "HeliographPostgres",
            "HeliographSignals",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ]
    ),
    .target(
        name: "HeliographWorker",
        dependencies: [
            "HeliographLog",
            "HeliographModels",
            "HeliographPostgres",
            "HeliographSignals",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "Metrics", package: "swift-metrics"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "Tracing", package: "swift-distributed-tracing"),
        ]
    ),
    .target(
        name: "Heliograph",
        dependencies: [
            "HeliographLog", "HeliographModels", "HeliographPostgres", "HeliographSignals", "HeliographWorker",
        ]
    ),
    // Records to commands and webhooks. The system's own libraries: BoringSSL, which packages bring, would be compiled twice.
    .systemLibrary(
        name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]
    ),
    .systemLibrary(
        name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]
    ),
    .target(
        name: "HeliographOutbound",
        dependencies: [
            "CLibCrypto",
            "CLibCurl",
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "Subprocess", package: "swift-subprocess"),
        ]
    ),
    .target(
        name: "HeliographDashboard",
        dependencies: [
            "Heliograph",
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "CoreMetrics", package: "swift-metrics"),
        ]
    ),
    .target(
        name: "HeliographTesting",
        dependencies: [
            "Heliograph",
            "HeliographModels",
            "HeliographPostgres",
            "HeliographWorker",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "Subprocess", package: "swift-subprocess"),
        ]
    ),
]

/// The example: models and receivers, their HTTP interface, and the two programs.
let bookshop: [Target] = [
    .target(
        name: "Bookshop",
        dependencies: [
            "Heliograph",
            .product(name: "Logging", package: "swift-log"),
        ]
    ),
    .target(
        name: "BookshopAPI",
        dependencies: [
            "Bookshop",
            "Heliograph",
            "HeliographDashboard",
            "HeliographPostgres",
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "Instrumentation", package: "swift-distributed-tracing"),
            .product(name: "Logging", package: "swift-log"),
        ]
    ),
    .target(
        name: "BookshopClient",
        dependencies: [
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
        ]
    ),
    .executableTarget(
        name: "BookshopServer",
        dependencies: [
            "Bookshop",
            "BookshopAPI",
            "Heliograph",
            "HeliographDashboard",
            "HeliographProgram",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "Configuration", package: "swift-configuration"),
            .product(name: "CoreMetrics", package: "swift-metrics"),
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "Logging", package: "swift-log"),
        ]
    ),
    .executableTarget(
        name: "BookshopWorker",
        dependencies: [
            "Bookshop",
            "Heliograph",
            "HeliographProbes",
            "HeliographProgram",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "Logging", package: "swift-log"),
        ]
    ),
]

/// What the three programs have in common: how they end, where they log, how the database is named, who answers for their health.
let programs: [Target] = [
    .target(
        name: "HeliographProgram",
        dependencies: [
            "Heliograph",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        ]
    ),
    // Apart, so that only programs with a port are built with an HTTP server.
    .target(
        name: "HeliographProbes",
        dependencies: [
            "Heliograph",
            "HeliographDashboard",
            "HeliographProgram",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "CoreMetrics", package: "swift-metrics"),
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ]
    ),
]

/// The command line. Its target is not called `heliograph`: beside `Heliograph` that would clash where file names ignore case.
let commandLine: [Target] = [
    .executableTarget(
        name: "HeliographCLI",
        dependencies: [
            "BookshopClient",
            "Heliograph",
            "HeliographOutbound",
            "HeliographProbes",
            "HeliographProgram",
            "HeliographTesting",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ]
    )
]

/// What `make bench` runs. The baseline is plain libpq in C.
let benchmarks: [Target] = [
    .target(name: "CAllocations", path: "Benchmarks/CAllocations"),
    .target(name: "CBaseline", dependencies: ["CLibPQ"], path: "Benchmarks/CBaseline"),
    .executableTarget(
        name: "HeliographBench",
        dependencies: [
            "Bookshop",
            "CAllocations",
            "CBaseline",
            "Heliograph",
            "HeliographPostgres",
            "HeliographSignals",
            "HeliographTesting",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        ],
        path: "Benchmarks/HeliographBench"
    ),
]

/// What `make chaos` runs. The clock in C shifts what the process is told of the time of day.
let chaos: [Target] = [
    .target(name: "CChaosClock", path: "Tests/CChaosClock"),
    .executableTarget(
        name: "HeliographChaos",
        dependencies: [
            "CChaosClock",
            "Heliograph",
            "HeliographPostgres",
            "HeliographProgram",
            "HeliographTesting",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        ],
        path: "Tests/HeliographChaos"
    ),
]

/// What `make simulate` runs: the workers' own loop, led by a seed. The executor in C stands before the Swift runtime's.
let simulation: [Target] = [
    .target(name: "CSimulation", path: "Tests/CSimulation"),
    .executableTarget(
        name: "HeliographSimulation",
        dependencies: [
            "CSimulation", "HeliographLog", "HeliographModels", "HeliographPostgres", "HeliographWorker",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ],
        path: "Tests/HeliographSimulation"
    ),
]

/// Unit tests need no database; everything in `IntegrationTests` starts a private PostgreSQL cluster by itself.
let tests: [Target] = [
    .testTarget(name: "HeliographSignalsTests", dependencies: ["HeliographSignals"]),
    .testTarget(name: "HeliographPostgresTests", dependencies: ["CLibPQ", "HeliographPostgres", "HeliographTesting"]),
    .testTarget(name: "HeliographModelsTests", dependencies: ["HeliographModels", "HeliographSignals"]),
    .testTarget(name: "HeliographLogTests", dependencies: ["HeliographLog", "HeliographTesting"]),
    .testTarget(
        name: "HeliographWorkerTests",
        dependencies: [
            "Heliograph", "HeliographTesting", "HeliographWorker",
            // Run as a process.
            "HeliographSimulation",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ]
    ),
    .testTarget(
        name: "HeliographDashboardTests",
        dependencies: ["HeliographDashboard", .product(name: "CoreMetrics", package: "swift-metrics")]
    ),
    // The worker's protocol over a model of the server, and what goes wrong without each of its rules.
    .target(name: "ProtocolModel", path: "Tests/ProtocolModel"),
    .testTarget(name: "ProtocolModelTests", dependencies: ["ProtocolModel"]),
    .testTarget(
        name: "HeliographOutboundTests",
        dependencies: [
            "CLibCurl", "HeliographOutbound",
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
        ]
    ),
    .testTarget(name: "BookshopTests", dependencies: ["Bookshop"]),
    .testTarget(
        name: "IntegrationTests",
        dependencies: [
            "Bookshop", "BookshopAPI", "BookshopClient", "Heliograph", "HeliographDashboard", "HeliographTesting",
            // The programs are run as processes; naming them here has them built before the tests run.
            "BookshopServer", "BookshopWorker", "HeliographCLI",
            .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
            .product(name: "Instrumentation", package: "swift-distributed-tracing"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "Tracing", package: "swift-distributed-tracing"),
        ]
    ),
]

let package = Package(
    name: "heliograph",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Heliograph", targets: ["Heliograph"]),
        .library(name: "HeliographPostgres", targets: ["HeliographPostgres"]),
        .library(name: "HeliographSignals", targets: ["HeliographSignals"]),
        .library(name: "HeliographDashboard", targets: ["HeliographDashboard"]),
        .library(name: "HeliographTesting", targets: ["HeliographTesting"]),
        .executable(name: "heliograph", targets: ["HeliographCLI"]),
        .executable(name: "heliograph-bench", targets: ["HeliographBench"]),
        .executable(name: "heliograph-chaos", targets: ["HeliographChaos"]),
        .executable(name: "heliograph-simulation", targets: ["HeliographSimulation"]),
        .executable(name: "bookshop-server", targets: ["BookshopServer"]),
        .executable(name: "bookshop-worker", targets: ["BookshopWorker"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.5.0"),
        // Without its traits: only programs read their settings with it, from the environment.
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.0.2", traits: []),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.5.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.81.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.20.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.6.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.0"),
    ],
    targets: libraries + programs + bookshop + commandLine + benchmarks + chaos + simulation + tests,
    swiftLanguageModes: [.v6]
)

let targetsInC: Set = ["CAllocations", "CBaseline", "CChaosClock", "CSimulation"]
for target in package.targets where target.type != .system && !targetsInC.contains(target.name) {
    target.swiftSettings = [
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
}
