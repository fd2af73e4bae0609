// swift-tools-version: 6.1
// Limpid: live speech enhancement. The layout is the architecture; imports run one way, downwards in this list.
import PackageDescription

let warnings: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]

func system(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func tests(_ room: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: "\(room)Tests", dependencies: dependencies, resources: [.copy("Fixtures")], swiftSettings: warnings)
}

let package = Package(
  name: "limpid",
  products: [
    .library(name: "Enhancement", targets: ["Enhancement"]),
    .library(name: "Live", targets: ["Live"]),
    // For the package in Benchmarks.
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

    .target(name: "SignalProcessing", dependencies: ["CFFTW", "CKernels", "CSpeexDSP"], swiftSettings: warnings),
    .target(name: "NeuralLayers", dependencies: ["CKernels"], swiftSettings: warnings),
    .target(name: "Diffusion", dependencies: ["CKernels"], swiftSettings: warnings),
    // CLAP's audio tower and PANNs CNN14, from samples to an embedding: they know nothing of the score model.
    .target(
      name: "PretrainedEncoders", dependencies: ["SignalProcessing", "NeuralLayers", "CKernels"],
      swiftSettings: warnings),
    .target(
      name: "ScoreModel", dependencies: ["NeuralLayers", "PretrainedEncoders", "Diffusion"],
      swiftSettings: warnings),
    .target(
      name: "Enhancement",
      dependencies: ["SignalProcessing", "NeuralLayers", "Diffusion", "ScoreModel"], swiftSettings: warnings),
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
    tests("SignalProcessing", ["SignalProcessing", "CKernels", "CSpeexDSP", "HeapCounter", "KernelLevels"]),
    tests("NeuralLayers", ["NeuralLayers", "CKernels", "KernelLevels"]),
    tests("PretrainedEncoders", ["PretrainedEncoders", "NeuralLayers", "KernelLevels"]),
    tests("Diffusion", ["Diffusion", "CKernels", "HeapCounter", "KernelLevels"]),
    tests("ScoreModel", ["ScoreModel", "NeuralLayers", "CKernels", "Diffusion", "KernelLevels"]),
    tests(
      "Enhancement",
      ["Enhancement", "SignalProcessing", "ScoreModel", "Diffusion", "NeuralLayers", "HeapCounter", "KernelLevels"]),
    tests("AudioIO", ["AudioIO", "CSndfile", "CALSA", "CJACK", "HeapCounter", "Live", "Enhancement"]),
    // Its weights are those of EnhancementTests.
    .testTarget(
      name: "LiveTests", dependencies: ["Live", "AudioIO", "Enhancement", "SignalProcessing", "CKernels", "HeapCounter"],
      swiftSettings: warnings),
    tests("limpid", ["limpid", "Live", "AudioIO", "Enhancement"]),
  ],
  swiftLanguageModes: [.v6]
)
