// swift-tools-version: 6.1
import PackageDescription

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// Runnable examples: custom loops, a trainer, a loss, a schedule, a monitor, a compiled loop, data from files, a search,
/// transfer learning.
let examples = [
    "Quadratic", "TrainingLoop", "EarlyStoppingTrainer", "FocalLoss", "WarmUpCosine", "GradientMonitor", "CompiledLoop",
    "ImageFolder", "MixedColumns", "TextFiles", "LargerThanMemory", "TuneDigits", "TransferLearning",
]

/// The tests build what depends on MPI once more, in the place where the rest is built: a trait would build everything again.
let hasMPI = Context.environment["MARTLET_MPI"] == "1"

let package = Package(
    name: "martlet",
    products: [
        .library(name: "Martlet", targets: ["Martlet"]),
        .library(name: "MartletImages", targets: ["MartletImages"]),
        .library(name: "MartletApplications", targets: ["MartletApplications"]),
        .library(name: "MartletExport", targets: ["MartletExport"]),
        .library(name: "MartletTuner", targets: ["MartletTuner"]),
        .library(name: "MartletDistributed", targets: ["MartletDistributed"]),
        .executable(name: "martlet", targets: ["martlet-cli"]),
        .executable(name: "martlet-bench", targets: ["martlet-bench"]),
    ],
    traits: [
        .trait(
            name: "MPI", description: "Training in the ranks of an MPI job. Needs Open MPI: libopenmpi-dev, openmpi-bin.")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    ],
    targets: [
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CLAPACKE", pkgConfig: "lapacke", providers: [.apt(["liblapacke-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg62-turbo-dev"])]),
        .target(name: "CKernels", dependencies: ["COpenBLAS", "CLAPACKE"], exclude: ["README.md"]),
        .target(name: "MartletCore", dependencies: ["CKernels", logging], exclude: ["README.md"]),
        .target(
            name: "MartletFormats", dependencies: ["MartletCore", "CZlib", "CZip", "CCrypto"],
            exclude: ["README.md"]),
        .target(name: "MartletData", dependencies: ["MartletFormats"], exclude: ["README.md"]),
        .target(name: "CImageFiles", dependencies: ["CPNG", "CJPEG"]),
        .target(name: "MartletImages", dependencies: ["MartletData", "CImageFiles"], exclude: ["README.md"]),
        .target(
            name: "MartletNN",
            dependencies: ["MartletData", .product(name: "OrderedCollections", package: "swift-collections")],
            exclude: ["README.md"]),
        .target(name: "MartletPlots", dependencies: ["MartletNN"], exclude: ["README.md"]),
        .target(name: "Martlet", dependencies: ["MartletNN", "MartletPlots"]),
        .target(name: "MartletApplications", dependencies: ["Martlet"], exclude: ["README.md"]),
        .target(name: "MartletExport", dependencies: ["Martlet"], exclude: ["README.md"]),
        .target(name: "MartletTuner", dependencies: ["Martlet"], exclude: ["README.md"]),
        .systemLibrary(name: "CMPILibrary", pkgConfig: "mpi-c", providers: [.apt(["libopenmpi-dev"])]),
        .target(
            name: "CMPI", dependencies: [.target(name: "CMPILibrary", condition: hasMPI ? nil : .when(traits: ["MPI"]))],
            cSettings: [.define("MARTLET_MPI", hasMPI ? nil : .when(traits: ["MPI"]))]),
        .target(name: "MartletDistributed", dependencies: ["Martlet", "CMPI"], exclude: ["README.md"]),
        .executableTarget(
            name: "martlet-cli",
            dependencies: [
                "Martlet", "MartletImages", "MartletApplications", "MartletExport", "MartletTuner", "MartletDistributed", arguments,
            ]),
        .executableTarget(name: "martlet-bench", dependencies: ["Martlet", "MartletImages", "MartletDistributed", arguments]),
        .target(name: "CWideTiles", dependencies: ["CKernels"], path: "Tests/CWideTiles"),
        .testTarget(name: "CKernelsTests", dependencies: ["MartletCore", "CWideTiles", "TestSupport"]),
        .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
        .target(name: "TestSupport", dependencies: ["MartletCore"], path: "Tests/TestSupport"),
        .testTarget(
            name: "MartletCoreTests", dependencies: ["MartletCore", "CAllocationCounter", "TestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "MartletFormatsTests", dependencies: ["MartletFormats", "MartletData", "TestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(name: "MartletDataTests", dependencies: ["MartletData", "TestSupport"], resources: [.copy("Fixtures")]),
        .testTarget(
            name: "MartletImagesTests", dependencies: ["MartletImages", "TestSupport"], resources: [.copy("Fixtures")]),
        .testTarget(
            name: "MartletNNTests", dependencies: ["Martlet", "CAllocationCounter", "TestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(name: "MartletPlotsTests", dependencies: ["Martlet", "TestSupport"]),
        .testTarget(
            name: "MartletApplicationsTests", dependencies: ["MartletApplications", "MartletFormats", "TestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "MartletExportTests", dependencies: ["MartletExport", "MartletApplications", "TestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(name: "MartletTunerTests", dependencies: ["MartletTuner", "TestSupport"], resources: [.copy("Fixtures")]),
        .executableTarget(
            name: "distributed-check", dependencies: ["Martlet", "MartletDistributed"], path: "Tests/DistributedCheck"),
        .testTarget(name: "MartletDistributedTests", dependencies: ["MartletDistributed", "TestSupport"]),
        .testTarget(
            name: "CommandLineTests",
            dependencies: ["Martlet", "MartletImages", "MartletTuner", "martlet-cli", "TestSupport"],
            resources: [.copy("Fixtures")]),
    ] + examples.map {
        .executableTarget(
            name: $0, dependencies: ["Martlet", "MartletImages", "MartletTuner"], path: "Sources/Examples/\($0)")
    },
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu17
)
