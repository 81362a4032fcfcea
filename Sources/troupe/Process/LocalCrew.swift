import Coordination
import Foundation
import Jobs
import Tasks

/// Workers that this process starts for itself: children that run the same program.
struct LocalCrew: Sendable {
    /// How many worker processes; none for this process alone.
    var workers: Int
    /// Whether they say what they do.
    var isVerbose: Bool

    /// Runs something on these workers, and ends them.
    ///
    /// - Throws: what `body` throws, `ClusterError`, or `Failure` when workers cannot be kept running.
    func lead<Result: Sendable>(
        _ body: @escaping @Sendable (any Cluster) async throws -> Result
    ) async throws -> Result {
        guard workers > 0 else { return try await body(InlineCluster()) }
        let meeting = try MeetingPlace()
        let coordinator = try Coordinator(settings: CoordinatorSettings(build: troupeVersion))
        let address = try await coordinator.listen(at: meeting.address)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            for _ in 0..<workers {
                group.addTask {
                    try await keepWorkerRunning(at: address)
                    return nil
                }
            }
            group.addTask { try await body(coordinator) }
            do {
                while let ended = try await group.next() {
                    guard let result = ended else { continue }
                    await coordinator.stop()
                    group.cancelAll()
                    return result
                }
                throw CancellationError()
            } catch {
                await coordinator.stop()
                group.cancelAll()
                throw error
            }
        }
    }

    /// Starts a worker, and another one when it is killed, until the surrounding task is cancelled.
    private func keepWorkerRunning(at address: String) async throws {
        var earlyEnds = 0
        while !Task.isCancelled {
            let start = ContinuousClock.now
            let ending = try await ChildProcess(["worker", "--connect", address, "--while-input"] + verbosity).ended()
            guard !Task.isCancelled else { return }
            earlyEnds = ContinuousClock.now - start < Self.soon ? earlyEnds + 1 : 0
            guard earlyEnds < Self.mostEarlyEnds else { throw Failure(ending: ending) }
        }
    }

    private var verbosity: [String] { isVerbose ? ["--verbose"] : [] }

    /// A worker that ends sooner than this may never have worked.
    private static let soon = Duration.seconds(2)
    private static let mostEarlyEnds = 5

    /// Workers end as soon as they are started.
    struct Failure: Error, CustomStringConvertible {
        let ending: String

        var description: String {
            """
            Worker processes end as soon as they are started: the last one \(ending). What they say stands above; \
            `--workers 0` trains without them.
            """
        }
    }
}

/// A place of this machine that only this user can reach, for as long as this object lives.
final class MeetingPlace: Sendable {
    private let folder: String

    /// Makes it.
    ///
    /// - Throws: `Refusal` when there is no room for it.
    init() throws(Refusal) {
        let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        var template = Array("\(parent)/troupe-XXXXXX".utf8CString)
        guard let made = template.withUnsafeMutableBufferPointer({ $0.baseAddress.flatMap { mkdtemp($0) } }) else {
            throw Refusal(
                "\(parent): no folder can be made there. Set TMPDIR to a folder that you may write to."
            )
        }
        folder = String(cString: made)
    }

    deinit {
        unlink("\(folder)/coordinator")
        rmdir(folder)
    }

    /// Where to listen.
    var address: String { "ipc://\(folder)/coordinator" }
}
