import Foundation
import Tasks
import TestSupport
import Testing

/// Real processes, each on a host of its own, over links that carry little.
///
/// `TROUPE_SLOW=1` runs those that take minutes.
@Suite(
    "Over slow links",
    .serialized,
    .enabled(if: NetworkLab.isPossible, "needs root, network namespaces, ip and nft")
)
struct SlowLinkTests {
    static let isPatient = ProcessInfo.processInfo.environment["TROUPE_SLOW"] != nil

    @Test("over 1 Mbit/s a table of half a million bytes arrives, and nobody is missed meanwhile")
    func table() async throws {
        let job = TestJob(members: 12, epochs: 40)
        try await run(job, megabits: 1)
    }

    @Test(
        "over 10 Mbit/s a table of 64 MiB arrives, and nobody is missed meanwhile",
        .enabled(if: SlowLinkTests.isPatient, "TROUPE_SLOW is not set")
    )
    func largeTable() async throws {
        var job = TestJob(text: "recipe: bagging\ndata: {csv: table.csv, label: y}\ntest: 0.05\n")
        job.replacements = ["ensemble.members=4", "ensemble.members_per_task=1", "epochs=1", "batch=4096"]
        var random = Seeded(1)
        let names = (0..<256).map { "x\($0)" }.joined(separator: ",")
        var table = names + ",y\n"
        for _ in 0..<65_536 {
            var bits: [UInt64] = []
            for _ in 0..<16 { bits.append(random.next()) }
            for bits in bits { for place in 0..<16 { table += "\(bits >> UInt64(4 * place) & 7)," } }
            table += bits[0] & 1 == 0 ? "a\n" : "b\n"
        }
        job.files["table.csv"] = table
        try await run(job, megabits: 10)
    }

    /// Trains over slow links, and compares with the calm run.
    private func run(_ job: TestJob, megabits: Int) async throws {
        async let calm = job.train(on: InlineCluster())
        let start = ContinuousClock.now
        let troop = try await RemoteTroop(job) { lab in
            for name in ["anna", "bert"] { try lab.limit(name, megabits: megabits) }
        }
        let run = try await troop.coordinator.ended(within: .seconds(600))
        let time = ContinuousClock.now - start
        #expect(run.code == 0, "\(run.errors)")
        #expect(try await run.digest == calm)
        for loss in ["its connection ended", "nothing was heard"] {
            #expect(!run.errors.contains(loss), "\(run.errors)")
        }
        for worker in troop.workers {
            worker.command.send(SIGTERM)
            let ending = try await worker.command.ended()
            #expect([0, 128 + SIGTERM].contains(ending.code), "\(ending.errors)")
        }
        print("\(megabits) Mbit/s: \(time)")
    }
}
