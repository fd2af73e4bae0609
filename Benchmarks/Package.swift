// swift-tools-version: 6.1
// Benchmarks of Limpid; a package of their own, so that the program's does not carry them.
import PackageDescription

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "limpid", path: "..")],
  targets: [
    .executableTarget(
      name: "StepBenchmark",
      dependencies: [
        "COpenBLAS", .product(name: "Ground", package: "limpid"), .product(name: "ScoreModel", package: "limpid"),
        .product(name: "Enhancement", package: "limpid"),
      ]),
    // What one thread can reach, to compare with; the program itself does without it.
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .executableTarget(
      name: "TowerBenchmark", dependencies: [.product(name: "PretrainedEncoders", package: "limpid")]),
  ],
  swiftLanguageModes: [.v6]
)
