import Foundation
import Tasks
import TestSupport
import Testing

/// Real processes, each on a host of its own, and what happens to packets between them.
///
/// The time until somebody is missed and is back is told, not judged. `TROUPE_SLOW=1` has more of what takes long.
@Suite("Between hosts", .serialized, .enabled(if: NetworkLab.isPossible, "needs root, network namespaces, ip and nft"))
struct NetworkTests {
    private static let isPatient = ProcessInfo.processInfo.environment["TROUPE_SLOW"] != nil

    @Test("a link that is cut, either way or both, or loses packets changes no bit; who was away is back")
    func faults() async throws {
        let job = TestJob(members: 36, epochs: 800)
        async let calm = job.train(on: InlineCluster())
        let troop = try await RemoteTroop(job, far: Relay.isPossible ? ["bert"] : [])
        let start = ContinuousClock.now
        // With both away the job cannot end.
        var story = try await troop.interrupt([("anna", .both), ("bert", .towardsHost)])
        #expect(story.count { $0.hasSuffix(" back") } > 0, "\(story)")
        try troop.lab.loseSome("bert")
        let before = try troop.count("bert joined (")
        story += try await troop.interrupt([("anna", .fromHost)])
        try story.append("bert, who lost one packet in five, came back \(troop.count("bert joined (") - before) times")
        try troop.lab.heal("bert")
        if Relay.isPossible {
            troop.lab.delay("bert")
            story += try await troop.interrupt([("anna", .both)])
            try troop.lab.heal("bert")
        } else {
            story.append("delay is left out, since there is no /dev/net/tun")
        }
        let run = try await troop.coordinator.ended()
        #expect(run.code == 0, "\(run.errors)")
        #expect(try await run.digest == calm)
        for worker in troop.workers {
            // One that was not there just then does not know that there is no more to do.
            worker.command.send(SIGTERM)
            let ending = try await worker.command.ended()
            #expect([0, 128 + SIGTERM].contains(ending.code), "\(ending.errors)")
        }
        print("network, \(ContinuousClock.now - start) in all: \(story.joined(separator: "; "))")
    }

    /// All work is done over one bad way, which loses one packet in five in each direction and takes a second third of a second
    /// there and back.
    ///
    /// What such a way allows: TCP carries some 1.2 packets of 1,400 bytes per round trip and root of the loss (Mathis et al.
    /// 1997), here 6,000 bytes a second. The table has 22 KB, the programs and results as much again. Each of the first tasks
    /// takes a round trip, and two seconds more each third time, when one of its two packets is lost: 12 of them, 16 s. To meet
    /// takes six round trips and as long again for what is lost, and that twice, since blobs have a connection of their own:
    /// 14 s. Together that is 40 s; the limit is more than four times as long.
    @Test(
        "a way that is long and loses packets at once is slow, but nobody is sent away again and again, and the bits are the same",
        .enabled(if: Relay.isPossible, "needs /dev/net/tun")
    )
    func longAndLossy() async throws {
        var job = TestJob(text: "recipe: bagging\ndata: {csv: table.csv, label: y}\n")
        job.replacements = ["ensemble.members=12", "ensemble.members_per_task=1", "epochs=5"]
        job.files["table.csv"] = Self.table(rows: 300, columns: 16)
        let calm = try await job.train(on: InlineCluster())
        for round in 1...(Self.isPatient ? 4 : 1) {
            let start = ContinuousClock.now
            let troop = try await RemoteTroop(job, names: ["bert"], far: ["bert"]) { lab in
                lab.delay("bert", lossPercent: 20)
            }
            let run = try await troop.coordinator.ended(within: .seconds(180))
            let time = ContinuousClock.now - start
            #expect(run.code == 0, "\(run.errors)")
            #expect(run.digest == calm)
            let deaths = ["nothing was heard", "its connection ended"].reduce(0) { count, reason in
                count + run.errors.components(separatedBy: "bert left: \(reason)").count - 1
            }
            #expect(deaths <= 1, "a session lasts, on average, for minutes: \(run.errors)")
            print("late and lost, run \(round): \(time), \(deaths) false deaths")
        }
    }

    /// A table of small whole numbers, with a label that depends on them.
    private static func table(rows: Int, columns: Int) -> String {
        var random = Seeded(3)
        var table = (0..<columns).map { "x\($0)," }.joined() + "y\n"
        for _ in 0..<rows {
            let numbers = (0..<columns).map { _ in Int.random(in: 0...9, using: &random) }
            table += numbers.map { "\($0)," }.joined() + (numbers[0] > 4 ? "a\n" : "b\n")
        }
        return table
    }
}

/// A coordinator and workers with keys, and the links between them.
final class RemoteTroop: Sendable {
    struct Worker: Sendable {
        let name: String
        let command: RunningCommand
    }

    let lab: NetworkLab
    let coordinator: RunningCommand
    let workers: [Worker]

    /// Starts them, once the links are as they shall be, and waits until all are given work.
    init(
        _ job: TestJob,
        names: [String] = ["anna", "bert"],
        far: Set<String> = [],
        links: (NetworkLab) throws -> Void = { _ in }
    ) async throws {
        let folder = try job.folder()
        lab = try NetworkLab(hosts: names, far: far)
        try links(lab)
        for words in [["generate", "coordinator"] + names] + names.map({ ["authorize", $0] }) {
            let run = try await CommandRun(["keys"] + words, in: folder)
            guard run.code == 0 else { throw TimedOut(run.errors) }
        }
        let place = ["--key", "keys/coordinator.secret", "--bind", "tcp://0.0.0.0:7077", "--verbose"]
        coordinator = try RunningCommand(
            ["coordinator"] + job.arguments() + place,
            in: folder,
            network: lab.centre
        )
        var workers: [Worker] = []
        for name in names {
            let address = "tcp://\(lab.address(for: name)):7077"
            let command = try RunningCommand(
                ["worker", "--connect", address, "--key", "keys/\(name).secret", "--name", name],
                in: folder,
                network: lab.namespace(of: name)
            )
            workers.append(Worker(name: name, command: command))
        }
        self.workers = workers
        for name in names { try await coordinator.says(" goes to \(name)\n", within: .seconds(90)) }
    }

    func count(_ text: String) throws -> Int { try coordinator.errors.components(separatedBy: text).count - 1 }

    /// Cuts links until the coordinator misses all of these workers, and heals them until they are back or the job is over.
    ///
    /// - Returns: what happened, in words.
    func interrupt(_ faults: [(name: String, way: NetworkLab.Way)]) async throws -> [String] {
        let arrivals = try faults.map { try count("\($0.name) joined (") }
        let departures = try faults.map { try count("\($0.name) left: ") }
        let cut = ContinuousClock.now
        for (name, way) in faults { try lab.cut(name, way) }
        var story = faults.map { "\($0.name), cut \($0.way)," }
        var missed: Set<Int> = []
        try await eventually("workers to be missed: \(story)", within: .seconds(60)) {
            for index in faults.indices where try count("\(faults[index].name) left: ") > departures[index] {
                guard missed.insert(index).inserted else { continue }
                story[index] += " was missed after \(ContinuousClock.now - cut),"
            }
            return missed.count == faults.count || !coordinator.isRunning
        }
        let healed = ContinuousClock.now
        for (name, _) in faults { try lab.heal(name) }
        var returned: Set<Int> = []
        try await eventually("workers to be back: \(story)", within: .seconds(60)) {
            for index in faults.indices where try count("\(faults[index].name) joined (") > arrivals[index] {
                guard returned.insert(index).inserted else { continue }
                story[index] += " and after \(ContinuousClock.now - healed) back"
            }
            return returned.count == faults.count || !coordinator.isRunning
        }
        return story
    }
}
