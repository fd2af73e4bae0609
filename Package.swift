// swift-tools-version: 6.2
// Limpid: live speech enhancement. The layout is the architecture; imports run one way, downwards in this list.
import PackageDescription

/// tools/test makes warnings errors; a build elsewhere does not fail for what a later compiler warns of.
let isStrict = Context.environment["LIMPID_STRICT"] != nil
let cWarnings: [CSetting] = isStrict ? [.treatAllWarnings(as: .error)] : []
let warnings: [SwiftSetting] =
  [.enableUpcomingFeature("ExistentialAny")] + (isStrict ? [.treatAllWarnings(as: .error)] : [])
/// And every file imports what it uses.
let explicitImports = warnings + [.enableUpcomingFeature("MemberImportVisibility")]

func system(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func tests(
  _ target: String, _ dependencies: [Target.Dependency], _ settings: [SwiftSetting] = warnings
) -> Target {
  .testTarget(
    name: "\(target)Tests", dependencies: dependencies, resources: [.copy("Fixtures")], swiftSettings: settings)
}

/// Tests that make their own sounds.
func bareTests(_ target: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: "\(target)Tests", dependencies: dependencies, swiftSettings: explicitImports)
}

/// Kernels, steps and towers, measured beside OpenBLAS. Targets of this package, because they reach what it keeps to itself; only where
/// LIMPID_BENCHMARKS is set, because what the program does without need not be installed to build it.
let benchmarks: [Target] =
  Context.environment["LIMPID_BENCHMARKS"] == nil
  ? []
  : [
    .systemLibrary(
      name: "COpenBLAS", path: "Benchmarks/COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .executableTarget(
      name: "StepBenchmark",
      dependencies: [
        "COpenBLAS", "CKernels", "Ground", "SignalProcessing", "NeuralLayers", "Diffusion", "ScoreModel", "Enhancement",
      ],
      path: "Benchmarks/StepBenchmark", swiftSettings: explicitImports),
    .executableTarget(
      name: "TowerBenchmark", dependencies: ["PretrainedEncoders", "NeuralLayers", "Ground"],
      path: "Benchmarks/TowerBenchmark", swiftSettings: explicitImports),
  ]

let package = Package(
  name: "limpid",
  products: [
    .library(name: "Enhancement", targets: ["Enhancement"]),
    .library(name: "Realtime", targets: ["Realtime"]),
    .library(name: "Recording", targets: ["Recording"]),
    // What tools/build-c-library makes liblimpid of.
    .library(name: "CInterface", type: .static, targets: ["CInterface"]),
    .executable(name: "limpid", targets: ["limpid"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ],
  targets: [
    // The C libraries: module maps, nothing else. Those of devices are opened when they are first needed, so that a program
    // runs where only one of them is, or none.
    .target(name: "CLoading", path: "Sources/CLibraries/CLoading", cSettings: cWarnings),
    .target(
      name: "CALSA", dependencies: ["CLoading"], path: "Sources/CLibraries/CALSA", cSettings: cWarnings,
      linkerSettings: [.linkedLibrary("dl")]),
    .target(
      name: "CJACK", dependencies: ["CLoading"], path: "Sources/CLibraries/CJACK", cSettings: cWarnings,
      linkerSettings: [.linkedLibrary("dl")]),
    // The library that draws pictures, opened in the same way.
    .target(
      name: "CCairo", dependencies: ["CLoading"], path: "Sources/CLibraries/CCairo", cSettings: cWarnings,
      linkerSettings: [.linkedLibrary("dl")]),
    system("CFFTW", pkgConfig: "fftw3f", apt: "libfftw3-dev"),
    system("CNettle", pkgConfig: "nettle", apt: "nettle-dev"),
    system("CSndfile", pkgConfig: "sndfile", apt: "libsndfile1-dev"),
    system("CSpeexDSP", pkgConfig: "speexdsp", apt: "libspeexdsp-dev"),

    // The hot arithmetic, dispatched at run time. No unsafe flags: they would bar other packages from
    // depending on this one.
    .target(name: "CKernels", cSettings: cWarnings),

    // Memory that owns itself, the kernels' Swift door, the platform's door.
    .target(name: "Ground", dependencies: ["CKernels"], swiftSettings: explicitImports),
    .target(
      name: "SignalProcessing", dependencies: ["CFFTW", "CKernels", "CSpeexDSP", "Ground"],
      swiftSettings: explicitImports),
    .target(name: "NeuralLayers", dependencies: ["CKernels", "Ground"], swiftSettings: explicitImports),
    .target(name: "Diffusion", dependencies: ["Ground"], swiftSettings: explicitImports),
    // CLAP's audio tower and PANNs CNN14, from samples to an embedding: they know nothing of the score model.
    .target(
      name: "PretrainedEncoders", dependencies: ["SignalProcessing", "NeuralLayers", "Ground"],
      swiftSettings: explicitImports),
    .target(
      name: "ScoreModel",
      dependencies: ["SignalProcessing", "NeuralLayers", "PretrainedEncoders", "Diffusion", "Ground"],
      swiftSettings: explicitImports),
    .target(
      name: "Enhancement", dependencies: ["SignalProcessing", "NeuralLayers", "Diffusion", "ScoreModel", "Ground"],
      swiftSettings: explicitImports),
    // Thread priority, locked memory, semaphores: what Swift cannot say itself.
    .target(name: "CThreads", cSettings: cWarnings),
    // Any device, and none: no library of devices or files, no Foundation (tools/check-imports).
    .target(
      name: "Realtime", dependencies: ["SignalProcessing", "Enhancement", "Ground", "CThreads"],
      swiftSettings: explicitImports),
    // limpid.h: the enhancer for C. The header, and what Swift has not.
    .target(name: "CLimpid", path: "Sources/CInterface/Header", cSettings: cWarnings),
    .target(
      name: "CInterface", dependencies: ["CLimpid", "Ground", "NeuralLayers", "Enhancement", "Realtime"],
      path: "Sources/CInterface", exclude: ["Header", "limpid.pc.in", "exported.map"], swiftSettings: explicitImports),
    .target(name: "AudioFiles", dependencies: ["Ground", "CSndfile"], swiftSettings: explicitImports),
    .target(
      name: "AlsaDevice", dependencies: ["SignalProcessing", "Realtime", "Ground", "CALSA", "CThreads"],
      swiftSettings: explicitImports
    ),
    .target(
      name: "JackDevice", dependencies: ["Realtime", "Ground", "CJACK", "CThreads"], swiftSettings: explicitImports),
    // A session kept and played again.
    .target(
      name: "Recording",
      dependencies: ["SignalProcessing", "NeuralLayers", "Enhancement", "Realtime", "AudioFiles", "Ground"],
      swiftSettings: explicitImports),
    // Pictures of sound, from plain arrays.
    .target(
      name: "Figures", dependencies: ["SignalProcessing", "Ground", "CCairo"], swiftSettings: explicitImports),
    // One page over HTTP and WebSocket. swift-nio for its limits: of headers, frames, fragments and of what a slow client leaves
    // unread. The page's files are in the program, which runs from any folder.
    .target(
      name: "LivePage",
      dependencies: [
        "SignalProcessing", "Realtime", "Ground",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOWebSocket", package: "swift-nio"),
      ],
      resources: [.embedInCode("Page")], swiftSettings: explicitImports),
    .executableTarget(
      name: "limpid",
      dependencies: [
        "Ground", "SignalProcessing", "Enhancement", "Realtime", "AudioFiles", "AlsaDevice", "JackDevice", "Recording",
        "Figures", "LivePage", "CNettle",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "TOMLKit", package: "TOMLKit"),
      ], swiftSettings: warnings),

    // Counts heap calls per thread: what runs every frame must make none.
    .target(name: "HeapCounter", path: "Tests/HeapCounter", cSettings: cWarnings),
    // Runs tests at every dispatch level that the processor has.
    .target(
      name: "KernelLevels", dependencies: ["CKernels"], path: "Tests/KernelLevels", swiftSettings: explicitImports),
    // What tests of several targets share: random numbers, comparisons, folders, waiting. It knows no other target.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: explicitImports),
    .testTarget(
      name: "GroundTests", dependencies: ["Ground", "CKernels", "HeapCounter"], swiftSettings: explicitImports),
    tests(
      "SignalProcessing", ["SignalProcessing", "CKernels", "CSpeexDSP", "HeapCounter", "KernelLevels", "TestSupport"],
      explicitImports),
    tests("NeuralLayers", ["NeuralLayers", "CKernels", "Ground", "KernelLevels", "TestSupport"], explicitImports),
    tests(
      "PretrainedEncoders",
      ["PretrainedEncoders", "NeuralLayers", "SignalProcessing", "KernelLevels", "TestSupport"], explicitImports),
    tests("Diffusion", ["Diffusion", "CKernels", "Ground", "HeapCounter", "KernelLevels"], explicitImports),
    tests(
      "ScoreModel",
      [
        "ScoreModel", "SignalProcessing", "NeuralLayers", "PretrainedEncoders", "CKernels", "Ground", "Diffusion",
        "KernelLevels", "TestSupport",
      ],
      explicitImports),
    tests(
      "Enhancement",
      [
        "Enhancement", "SignalProcessing", "ScoreModel", "Diffusion", "NeuralLayers", "Ground", "HeapCounter",
        "KernelLevels", "TestSupport",
      ], explicitImports),
    // Live sessions without a clock, for tests of several targets. Its weights are those of EnhancementTests.
    .target(
      name: "LiveTestSupport",
      dependencies: [
        "SignalProcessing", "NeuralLayers", "Enhancement", "Realtime", "Ground", "HeapCounter", "TestSupport",
      ],
      path: "Tests/LiveTestSupport",
      swiftSettings: explicitImports),
    bareTests(
      "Realtime",
      [
        "Realtime", "CThreads", "Enhancement", "SignalProcessing", "Ground", "HeapCounter", "LiveTestSupport",
        "TestSupport",
      ]),
    bareTests("AudioFiles", ["AudioFiles", "CSndfile", "TestSupport"]),
    bareTests("AlsaDevice", ["AlsaDevice", "Realtime", "HeapCounter", "LiveTestSupport", "TestSupport"]),
    bareTests(
      "JackDevice",
      [
        "JackDevice", "Realtime", "Recording", "AudioFiles", "Enhancement", "CJACK", "HeapCounter", "LiveTestSupport",
        "TestSupport",
      ]),
    bareTests(
      "Recording",
      ["Recording", "Realtime", "Enhancement", "NeuralLayers", "CKernels", "LiveTestSupport", "TestSupport"]),
    tests("Figures", ["Figures", "TestSupport"], explicitImports),
    bareTests(
      "LivePage",
      [
        "LivePage", "Realtime", "Enhancement", "SignalProcessing", "Ground", "LiveTestSupport", "TestSupport",
        .product(name: "NIOCore", package: "swift-nio"),
      ]),
    tests(
      "limpid",
      [
        "limpid", "Realtime", "AudioFiles", "AlsaDevice", "JackDevice", "Recording", "LivePage", "Enhancement",
        "SignalProcessing", "Figures", "TestSupport",
      ]),
  ] + benchmarks,
  swiftLanguageModes: [.v6]
)
