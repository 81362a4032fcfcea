import Foundation
import Tasks
import Tensors
import TestSupport
import Testing

/// Real processes under random faults. `TROUPE_CHAOS_SECONDS=120` makes it long, `TROUPE_CHAOS_SEED` another.
@Suite("Chaos", .serialized)
struct ChaosTests {
    private static func setting(_ name: String, default value: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? value
    }

    @Test("changes no bit of three jobs, and when it ends, they end")
    func jobs() async throws {
        let seed = UInt64(Self.setting("TROUPE_CHAOS_SEED", default: 1))
        let length = Duration.seconds(Self.setting("TROUPE_CHAOS_SECONDS", default: 6))
        var random = Seeded(seed)
        var troops: [Troop] = []
        for sample in [SampleJob.bagging, .networks, .maml] { troops.append(try await Troop(sample)) }
        let start = ContinuousClock.now
        while ContinuousClock.now < start + length {
            for troop in troops {
                try troop.attend(startsAgain: true)
                if random.oneIn(12) { try troop.suffer(&random) }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        // From here on nothing happens to them: each has to end in the time of some undisturbed runs on busy cores.
        let calm = troops.map(\.calm).reduce(.zero, +)
        let healed = ContinuousClock.now
        let limit = calm * 10 + .seconds(30)
        for troop in troops { troop.heal() }
        while !troops.allSatisfy(\.isOver) {
            for troop in troops { try troop.attend(startsAgain: false) }
            guard ContinuousClock.now < healed + limit else {
                throw TimedOut("seed \(seed): not over \(limit) after the last fault: \(troops)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        for troop in troops {
            #expect(troop.digests == [troop.expected], "seed \(seed): \(troop)")
            #expect(troop.failures.isEmpty, "seed \(seed): \(troop)")
            #expect(troop.finished > 0 && troop.faults.count > 0, "seed \(seed): \(troop)")
            troop.dismiss()
            try await eventually("the workers' end, seed \(seed): \(troop)") {
                troop.workers.allSatisfy { !$0.isRunning }
            }
        }
        print("chaos, seed \(seed), \(length) and \(ContinuousClock.now - healed) after it: \(troops)")
    }
}

/// A coordinator, its workers, and what is done to them.
private final class Troop: CustomStringConvertible {
    enum Fault: String, CaseIterable {
        case killWorker, freezeWorker, endWorker, addWorker, killCoordinator, freezeCoordinator
    }

    private let sample: SampleJob
    private let folder: Folder
    private var coordinator: RunningCommand
    private(set) var workers: [RunningCommand] = []
    private var frozen: [(until: ContinuousClock.Instant, command: RunningCommand)] = []
    /// The digest of an undisturbed run, and how long it takes.
    let expected: String
    let calm: Duration
    /// What the runs gave.
    private(set) var digests: Set<String> = []
    private(set) var finished = 0
    /// What processes said that ended otherwise than they should.
    private(set) var failures: [String] = []
    private(set) var faults: [Fault: Int] = [:]
    private var wasKilled = false
    private(set) var isOver = false

    private static let crew = 2

    init(_ sample: SampleJob) async throws {
        self.sample = sample
        let start = ContinuousClock.now
        expected = try await sample.job.train(on: InlineCluster())
        calm = ContinuousClock.now - start
        folder = try sample.folder()
        coordinator = try Self.coordinator(sample, in: folder, run: 0)
    }

    private static func coordinator(_ sample: SampleJob, in folder: Folder, run: Int) throws -> RunningCommand {
        let arguments = ["coordinator", "--bind", "ipc://\(folder.path)/place"]
        return try RunningCommand(arguments + sample.job.arguments(output: "model\(run)"), in: folder)
    }

    var description: String {
        let counts = Fault.allCases.map { "\($0) \(faults[$0] ?? 0)" }.joined(separator: ", ")
        return "\n\(sample): \(finished) runs, \(counts)\(failures.map { "\n  \($0)" }.joined())"
    }

    /// Looks after the processes: thaws what was frozen long enough, starts what is not there, and takes note of what ended.
    func attend(startsAgain: Bool) throws {
        let now = ContinuousClock.now
        for (until, command) in frozen where until <= now { command.send(SIGCONT) }
        frozen.removeAll { $0.until <= now }
        guard !isOver else { return }
        if let code = coordinator.code {
            // One that is killed on its last steps has written the model.
            let weights = "model\(finished)/weights.safetensors"
            if let bytes = try? folder.bytes(of: weights) {
                digests.insert(Hash(of: bytes).description)
                finished += 1
            } else if code != 128 + SIGKILL || !wasKilled {
                failures.append("the coordinator ended with \(code): \((try? coordinator.errors) ?? "")")
            }
            wasKilled = false
            isOver = !startsAgain && finished > 0
            if !isOver { coordinator = try Self.coordinator(sample, in: folder, run: finished) }
        }
        for worker in workers {
            // A second SIGTERM ends it at once.
            guard let code = worker.code, ![0, 128 + SIGKILL, 128 + SIGTERM].contains(code) else { continue }
            failures.append("a worker ended with \(code): \((try? worker.errors) ?? "")")
        }
        workers.removeAll { !$0.isRunning }
        while !isOver, workers.count < Self.crew {
            let arguments = ["worker", "--connect", "ipc://\(folder.path)/place"]
            workers.append(try RunningCommand(arguments, in: folder))
        }
    }

    /// Something bad happens.
    func suffer(_ random: inout Seeded) throws {
        let fault = random.pick(Fault.allCases)
        faults[fault, default: 0] += 1
        let pause = Duration.milliseconds(random.integer(10...3_000))
        let worker = random.pick(workers.indices)
        switch fault {
        case .killWorker: workers[worker].send(SIGKILL)
        case .freezeWorker: freeze(workers[worker], for: pause)
        case .endWorker: workers[worker].send(SIGTERM)
        case .addWorker:
            guard workers.count < 2 * Self.crew else { return }
            let arguments = ["worker", "--connect", "ipc://\(folder.path)/place"]
            workers.append(try RunningCommand(arguments, in: folder))
        case .killCoordinator:
            wasKilled = true
            coordinator.send(SIGKILL)
        case .freezeCoordinator: freeze(coordinator, for: pause)
        }
    }

    private func freeze(_ command: RunningCommand, for pause: Duration) {
        command.send(SIGSTOP)
        frozen.append((ContinuousClock.now + pause, command))
    }

    /// Ends workers that wait for another coordinator.
    func dismiss() { for worker in workers { worker.send(SIGTERM) } }

    /// Nothing is frozen any more.
    func heal() {
        for (_, command) in frozen { command.send(SIGCONT) }
        frozen = []
    }
}
