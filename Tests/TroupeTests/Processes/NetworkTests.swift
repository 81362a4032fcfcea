import Foundation
import Tasks
import TestSupport
import Testing

/// Real processes, each on a host of its own, and what happens to packets between them.
///
/// The time until somebody is missed and is back is told, not judged. Delay is left out, and that is said, where the kernel
/// cannot do it.
@Suite("Between hosts", .serialized, .enabled(if: NetworkLab.isPossible, "needs root, network namespaces, ip and nft"))
struct NetworkTests {
    @Test("a link that is cut, either way or both, or loses packets changes no bit; who was away is back")
    func faults() async throws {
        let job = TestJob(members: 36, epochs: 800)
        async let calm = job.train(on: InlineCluster())
        let troop = try await RemoteTroop(job)
        let start = ContinuousClock.now
        // With both away the job cannot end.
        var story = try await troop.interrupt([("anna", .both), ("bert", .towardsHost)])
        #expect(story.count { $0.hasSuffix(" back") } > 0, "\(story)")
        try troop.lab.loseSome("bert")
        let before = try troop.count("bert joined (")
        story += try await troop.interrupt([("anna", .fromHost)])
        try story.append("bert, who lost one packet in five, came back \(troop.count("bert joined (") - before) times")
        try troop.lab.heal("bert")
        if troop.lab.delay("bert") {
            story += try await troop.interrupt([("anna", .both)])
            try troop.lab.heal("bert")
        } else {
            story.append("delay is left out, since this kernel has no netem")
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
}

/// A coordinator and two workers with keys, and the links between them.
final class RemoteTroop: Sendable {
    struct Worker: Sendable {
        let name: String
        let command: RunningCommand
    }

    let lab: NetworkLab
    let coordinator: RunningCommand
    let workers: [Worker]
    private static let names = ["anna", "bert"]

    /// Starts them, once the links are as they shall be, and waits until both are given work.
    init(_ job: TestJob, links: (NetworkLab) throws -> Void = { _ in }) async throws {
        let folder = try job.folder()
        lab = try NetworkLab(hosts: Self.names)
        try links(lab)
        for words in [["generate", "coordinator"] + Self.names] + Self.names.map({ ["authorize", $0] }) {
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
        for name in Self.names {
            let address = "tcp://\(lab.address(for: name)):7077"
            let command = try RunningCommand(
                ["worker", "--connect", address, "--key", "keys/\(name).secret", "--name", name],
                in: folder,
                network: lab.namespace(of: name)
            )
            workers.append(Worker(name: name, command: command))
        }
        self.workers = workers
        for name in Self.names { try await coordinator.says(" goes to \(name)\n") }
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
