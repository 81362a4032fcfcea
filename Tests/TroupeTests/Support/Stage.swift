import Coordination
import Foundation
import Logging
import Synchronization
import Tasks
import TestSupport

/// A coordinator in this process, with workers that are processes of their own, and what happens among them.
final class Stage: Sendable {
    /// What happened so far.
    let story = Story()
    /// Where workers find the coordinator.
    let address: String
    let coordinator: Coordinator
    private let folder: Folder
    private let workers: [String: RunningCommand]

    /// Sets it up, and waits until the workers are there.
    ///
    /// - Parameters:
    ///   - names: The workers' names.
    ///   - silence: How long a worker may be silent.
    /// - Throws: `TimedOut`.
    init(workers names: [String], silence: Duration = .seconds(2)) async throws {
        folder = try Folder()
        var settings = CoordinatorSettings(heartbeatTimeout: silence)
        settings.heartbeatInterval = .milliseconds(100)
        let log = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
        coordinator = try Coordinator(settings: settings, log: log) { [story] in story.add($0) }
        address = try await coordinator.listen(at: "ipc://\(folder.path)/stage")
        var workers: [String: RunningCommand] = [:]
        for name in names {
            workers[name] = try RunningCommand(["worker", "--connect", address, "--name", name], in: folder)
        }
        self.workers = workers
        try await story.wait("all workers to join") { events in
            names.allSatisfy { name in events.contains { $0.isArrival(of: name) } }
        }
    }

    /// A worker's process.
    func worker(_ name: String) throws -> RunningCommand {
        guard let worker = workers[name] else { throw TimedOut("there is no worker '\(name)'") }
        return worker
    }

    /// Waits until a worker is in the midst of the training of a member.
    ///
    /// - Parameter name: Which worker; any if nil.
    /// - Returns: the worker and its task.
    /// - Throws: `TimedOut`.
    func taskInTheMidst(at name: String? = nil) async throws -> (worker: String, role: Role) {
        var found: ClusterStatus.Running?
        try await eventually("a task in its midst; so far: \(story)") {
            found = await coordinator.status().running.first { running in
                guard case .bootstrap = running.role else { return false }
                return running.step > 0 && running.step < running.total && name ?? running.worker == running.worker
            }
            return found != nil
        }
        guard let found else { throw CancellationError() }
        return (found.worker, found.role)
    }

    /// Trains a job while something is done to the workers.
    ///
    /// - Returns: the digest of the model, what `fault` returns, and how long it took.
    func train<Result: Sendable>(
        _ job: TestJob,
        within limit: Duration = .seconds(60),
        fault: @escaping @Sendable (Stage) async throws -> Result
    ) async throws -> (digest: String, fault: Result, took: Duration) {
        let start = ContinuousClock.now
        do {
            return try await within(limit, "the job") { [self] in
                async let digest = job.train(on: coordinator)
                async let result = fault(self)
                return try await (digest, result, ContinuousClock.now - start)
            }
        } catch let error as TimedOut {
            throw TimedOut("\(error); so far: \(story)")
        }
    }

    /// Ends it in good order.
    ///
    /// - Returns: what each worker returned.
    @discardableResult
    func finish() async throws -> [String: Int32] {
        await coordinator.stop()
        for (name, worker) in workers { try await eventually("the end of \(name)") { !worker.isRunning } }
        return workers.compactMapValues(\.code)
    }
}

/// What happened, in order.
final class Story: Sendable, CustomStringConvertible {
    private let seen = Mutex<[ClusterEvent]>([])

    var events: [ClusterEvent] { seen.withLock { $0 } }

    var description: String { events.map(\.description).joined(separator: "\n") }

    func add(_ event: ClusterEvent) { seen.withLock { $0.append(event) } }

    /// Waits until something has happened.
    func wait(
        _ what: String,
        within limit: Duration = .seconds(30),
        until condition: ([ClusterEvent]) -> Bool
    ) async throws {
        try await eventually("\(what); so far: \(self)", within: limit) { condition(events) }
    }
}

extension ClusterEvent {
    func isArrival(of name: String) -> Bool {
        guard case .joined(name, _) = self else { return false }
        return true
    }

    func isDeparture(of name: String, givingBack role: Role? = nil) -> Bool {
        guard case .left(name, _, let roles) = self else { return false }
        return role.map(roles.contains) ?? true
    }

    /// Whether a task was begun for the `attempt`-th time, and at whom.
    func isAssignment(of role: Role, attempt: Int, to name: String? = nil) -> Bool {
        guard case .assigned(role, let worker, attempt) = self else { return false }
        return name ?? worker == worker
    }

    func isFinish(of role: Role, by name: String) -> Bool {
        guard case .finished(role, name, _) = self else { return false }
        return true
    }

    /// Whether a task was begun again.
    var isRepetition: Bool {
        guard case .assigned(_, _, let attempt) = self else { return false }
        return attempt > 1
    }
}
