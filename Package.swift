// swift-tools-version: 6.1
// Limpid: live speech enhancement. The layout is the architecture; imports run one way, downwards in this list.
import PackageDescription

let warnings: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]
/// And every file imports what it uses.
let explicitImports = warnings + [.enableUpcomingFeature("MemberImportVisibility")]

func system(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func tests(
  _ room: String, _ dependencies: [Target.Dependency], _ settings: [SwiftSetting] = warnings
) -> Target {
  .testTarget(
    name: "\(room)Tests", dependencies: dependencies, resources: [.copy("Fixtures")], swiftSettings: settings)
}

let package = Package(
  name: "limpid",
  products: [
    .library(name: "Enhancement", targets: ["Enhancement"]),
    .library(name: "Live", targets: ["Live"]),
    // For the package in Benchmarks.
    .library(name: "Ground", targets: ["Ground"]),
    .library(name: "ScoreModel", targets: ["ScoreModel"]),
    .library(name: "PretrainedEncoders", targets: ["PretrainedEncoders"]),
    .executable(name: "limpid", targets: ["limpid"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: [
    // The C libraries: module maps, nothing else.
    system("CALSA", pkgConfig: "alsa", apt: "libasound2-dev"),
    system("CJACK", pkgConfig: "jack", apt: "libjack-jackd2-dev"),
    system("CFFTW", pkgConfig: "fftw3f", apt: "libfftw3-dev"),
    system("CSndfile", pkgConfig: "sndfile", apt: "libsndfile1-dev"),
    system("CSpeexDSP", pkgConfig: "speexdsp", apt: "libspeexdsp-dev"),

    // The hot arithmetic, dispatched at run time. No unsafe flags: they would bar other packages from
    // depending on this one.
    .target(name: "CKernels"),

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
      name: "ScoreModel", dependencies: ["NeuralLayers", "PretrainedEncoders", "Diffusion", "Ground"],
      swiftSettings: explicitImports),
    .target(
      name: "Enhancement", dependencies: ["SignalProcessing", "NeuralLayers", "Diffusion", "ScoreModel", "Ground"],
      swiftSettings: explicitImports),
    // Thread priority, locked memory, semaphores: what Swift cannot say itself.
    .target(name: "CThreads"),
    .target(name: "AudioIO", dependencies: ["SignalProcessing", "CSndfile", "CALSA", "CJACK", "CThreads"], swiftSettings: warnings),
    .target(
      name: "Live", dependencies: ["AudioIO", "Enhancement", "SignalProcessing", "CThreads"], swiftSettings: warnings),
    .executableTarget(
      name: "limpid",
      dependencies: [
        "AudioIO", "Enhancement", "Live",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "TOMLKit", package: "TOMLKit"),
      ], swiftSettings: warnings),

    // Counts heap calls per thread: what runs every frame must make none.
    .target(name: "HeapCounter", path: "Tests/HeapCounter"),
    // Runs tests at every dispatch level that the processor has.
    .target(name: "KernelLevels", dependencies: ["CKernels"], path: "Tests/KernelLevels"),
    .testTarget(
      name: "GroundTests", dependencies: ["Ground", "CKernels", "HeapCounter"], swiftSettings: explicitImports),
    tests(
      "SignalProcessing", ["SignalProcessing", "CKernels", "CSpeexDSP", "HeapCounter", "KernelLevels"], explicitImports),
    tests("NeuralLayers", ["NeuralLayers", "CKernels", "Ground", "KernelLevels"], explicitImports),
    tests(
      "PretrainedEncoders", ["PretrainedEncoders", "NeuralLayers", "SignalProcessing", "KernelLevels"], explicitImports),
    tests("Diffusion", ["Diffusion", "CKernels", "Ground", "HeapCounter", "KernelLevels"], explicitImports),
    tests(
      "ScoreModel",
      ["ScoreModel", "NeuralLayers", "PretrainedEncoders", "CKernels", "Ground", "Diffusion", "KernelLevels"],
      explicitImports),
    tests(
      "Enhancement",
      [
        "Enhancement", "SignalProcessing", "ScoreModel", "Diffusion", "NeuralLayers", "Ground", "HeapCounter",
        "KernelLevels",
      ], explicitImports),
    tests("AudioIO", ["AudioIO", "CSndfile", "CALSA", "CJACK", "HeapCounter", "Live", "Enhancement"]),
    // Its weights are those of EnhancementTests.
    .testTarget(
      name: "LiveTests", dependencies: ["Live", "AudioIO", "Enhancement", "SignalProcessing", "CKernels", "HeapCounter"],
      swiftSettings: warnings),
    tests("limpid", ["limpid", "Live", "AudioIO", "Enhancement"]),
  ],
  swiftLanguageModes: [.v6]
)
