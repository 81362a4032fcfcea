// swift-tools-version: 6.1
import Foundation
import PackageDescription

/// What every Swift target of ours is held to.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library target and its tests; its dependencies only ever name floors below it.
func floor(
    _ name: String,
    on dependencies: [Target.Dependency],
    testsAlsoUse extra: [Target.Dependency] = []
) -> [Target] {
    [
        .target(
            name: name,
            dependencies: dependencies,
            exclude: companions(in: "Sources/\(name)"),
            swiftSettings: strict
        ),
        .testTarget(
            name: name + "Tests",
            dependencies: [.byName(name: name), "TestSupport"] + dependencies + extra,
            exclude: companions(in: "Tests/\(name)Tests"),
            swiftSettings: strict
        ),
    ]
}

/// What is not code: sources and licences of data lie beside the data, and scripts that made golden values, and what they
/// made, beside the tests that use them.
func companions(in folder: String) -> [String] {
    let files = FileManager.default.enumerator(atPath: "\(Context.packageDirectory)/\(folder)")?.allObjects ?? []
    let kinds = ["c", "py", "txt", "json", "csv", "safetensors", "sqlite", "sqlite-wal"]
    return files.compactMap { $0 as? String }.filter { file in kinds.contains { file.hasSuffix("." + $0) } }.sorted()
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let foundations: [Target] = [
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    .target(name: "CProtobuf", linkerSettings: [.linkedLibrary("protobuf-c")]),
    .target(name: "CKernels"),
    .target(name: "CDescriptors"),
    // libpng-dev and zlib1g-dev; these headers need no module map of their own, since only C sees them.
    .target(name: "CImages", linkerSettings: [.linkedLibrary("png"), .linkedLibrary("z")]),
]

let core: [Target] =
    floor("Tensors", on: ["CCrypto"], testsAlsoUse: ["Execution"])
    + floor("Execution", on: ["Tensors", "CKernels"])
    + floor("Tasks", on: ["Tensors", "Execution"])

let learning: [Target] =
    floor("Datasets", on: ["Tensors", "CImages"], testsAlsoUse: ["Execution"])
    + floor("Optimizers", on: ["Tensors"], testsAlsoUse: ["Execution"])
    + floor("Networks", on: ["Tensors", "Optimizers"], testsAlsoUse: ["Execution"])

let cluster: [Target] =
    floor("Wire", on: ["Tensors", "Execution", "Tasks", "CZeroMQ", "CProtobuf", "CDescriptors"])
    + floor(
        "Coordination",
        on: ["Tensors", "Execution", "Tasks", "Wire", "CSQLite", logging],
        testsAlsoUse: ["Networks", "Optimizers", "Datasets", "Recipes", "CLedgerFaults"]
    )

let methods: [Target] =
    floor(
        "Recipes",
        on: ["Tensors", "Execution", "Tasks", "Networks", "Optimizers", "Datasets"],
        testsAlsoUse: ["Coordination"]
    )
    + floor("Jobs", on: ["Tensors", "Tasks", "Networks", "Optimizers", "Datasets", "Recipes", yams])

let command: [Target] = [
    .executableTarget(
        name: "troupe",
        dependencies: [
            "Tensors", "Execution", "Tasks", "Networks", "Optimizers", "Datasets", "Wire", "Coordination", "Recipes",
            "Jobs", logging, arguments,
        ],
        swiftSettings: strict
    ),
    .testTarget(
        name: "TroupeTests",
        dependencies: [
            "troupe", "Tensors", "Execution", "Tasks", "Networks", "Optimizers", "Datasets", "Wire", "Coordination",
            "Recipes", "Jobs", "TestSupport", logging,
        ],
        exclude: companions(in: "Tests/TroupeTests"),
        swiftSettings: strict
    ),
]

/// What the tests of several targets share; nothing else depends on it.
let testing: [Target] = [
    .target(
        name: "TestSupport",
        dependencies: ["Tensors", "Tasks"],
        path: "Tests/TestSupport",
        swiftSettings: strict
    ),
    .target(name: "CLedgerFaults", path: "Tests/CLedgerFaults", linkerSettings: [.linkedLibrary("sqlite3")]),
]

let package = Package(
    name: "troupe",
    products: [
        .executable(name: "troupe", targets: ["troupe"]),
        .library(
            name: "Troupe",
            targets: [
                "Tensors", "Execution", "Tasks", "Networks", "Optimizers", "Datasets", "Coordination", "Recipes",
                "Jobs",
            ]
        ),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.0")),
        .package(url: "https://github.com/apple/swift-log", .upToNextMinor(from: "1.16.0")),
        .package(url: "https://github.com/jpsim/Yams", .upToNextMinor(from: "6.2.0")),
    ],
    targets: foundations + core + learning + cluster + methods + command + testing,
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)
