// swift-tools-version: 6.1
// The live callback under the RealtimeSanitizer of the toolchain's clang, which `swiftc -sanitize=` does not know: the host
// is C. Run by tools/sanitize; a package of its own, so that its flags bar nobody from depending on Limpid.
import PackageDescription

let package = Package(
  name: "Sanitizers",
  dependencies: [.package(name: "limpid", path: "../..")],
  targets: [
    .target(
      name: "CallbackUnderTest",
      dependencies: [.product(name: "Realtime", package: "limpid"), .product(name: "Enhancement", package: "limpid")]),
    .executableTarget(
      name: "RealTimeHost", dependencies: ["CallbackUnderTest"],
      cSettings: [.unsafeFlags(["-fsanitize=realtime"])],
      linkerSettings: [.unsafeFlags(["-Xclang-linker", "-fsanitize=realtime"])]),
  ],
  swiftLanguageModes: [.v6]
)
