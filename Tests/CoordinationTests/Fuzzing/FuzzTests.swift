import Foundation
import TestSupport
import Testing

@testable import Coordination

/// Damaged, hostile and untimely frames. `TROUPE_FUZZ_FRAMES=1000000` makes it long, `TROUPE_FUZZ_SEED` another.
@Suite("Under frames of any kind", .serialized)
struct FuzzTests {
    private static func setting(_ name: String, default value: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? value
    }

    private static let frames = setting("TROUPE_FUZZ_FRAMES", default: 50_000)
    private static let seed = UInt64(setting("TROUPE_FUZZ_SEED", default: 1))
    private static let round = 1_000

    @Test(
        "a coordinator has its work done by those who are honest, and keeps nothing of the rest",
        arguments: [true, false]
    )
    func coordinator(hasKeys: Bool) throws {
        let name = hasKeys ? "a coordinator with keys" : "a coordinator"
        let siege = try endured(CoordinatorSiege(seed: Self.seed, hasKeys: hasKeys), by: name, Self.frames / 2)
        #expect(siege.violation == nil && siege.mostActions < 2_000 && siege.understood > Self.frames / 10)
    }

    @Test("a worker serves one who is honest, and keeps nothing of the rest")
    func worker() throws {
        let siege = try endured(WorkerSiege(seed: Self.seed), by: "a worker", Self.frames)
        #expect(siege.violation == nil && siege.mostActions < 4_000 && siege.understood > Self.frames / 5)
    }

    /// A siege after so many frames, or at the first violation.
    private func endured<Kind: Siege>(_ siege: Kind, by name: String, _ frames: Int) throws -> Kind {
        var siege = siege
        let report = Report(of: name)
        for round in 0..<frames / Self.round {
            try siege.round(Self.round)
            if round == 4 { report.warm() }
            if let violation = siege.violation {
                print("seed \(Self.seed), round \(round): \(violation)")
                return siege
            }
        }
        report.end(siege.understood, siege.honestResults, siege.mostActions)
        return siege
    }

    /// What a long run tells of itself.
    private final class Report {
        private let name: String
        private let start = ContinuousClock.now
        private var bytes = 0

        init(of name: String) { self.name = name }

        /// What is allocated once has been.
        func warm() { bytes = Self.residentBytes }

        func end(_ understood: Int, _ results: Int, _ actions: Int) {
            let (now, took) = (Self.residentBytes, ContinuousClock.now - start)
            print(
                "\(name): \(FuzzTests.frames) frames asked for, \(understood) understood, \(results) honest results, at "
                    + "most \(actions) actions, \(took); memory \(bytes >> 10) KiB, then \(now >> 10) KiB"
            )
            // In a short run other tests may be what allocates.
            if FuzzTests.frames >= 1_000_000 { #expect(now < bytes + 64 << 20) }
        }

        private static var residentBytes: Int {
            let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
            let fields = text.split(separator: " ").compactMap { Int($0) }
            return fields.count > 1 ? fields[1] * 4_096 : 0
        }
    }
}

/// Frames of any kind, while somebody honest has work done.
protocol Siege {
    /// The first thing that did not hold.
    var violation: String? { get }
    var understood: Int { get }
    var honestResults: Int { get }
    /// The most actions that one event led to.
    var mostActions: Int { get }

    mutating func round(_ frames: Int) throws
}
