import Logging
public import Tasks
public import Tensors
import Wire

/// A coordinator and workers in this process, which talk as they would over a network.
///
///     let cluster = try await LocalCluster(workers: 3)
///     let ensemble = try await Bagging(learner, data: digits, members: 32).train(on: cluster)
///
/// Its threads end with it.
public final class LocalCluster: Cluster {
    let coordinator: Coordinator
    let workers: [Worker]

    /// Starts workers, each with one thread that computes.
    ///
    /// - Parameters:
    ///   - count: How many workers, at least one.
    ///   - ledger: Where results are made durable; nowhere if nil.
    ///   - observe: Is told what happens; it must not keep its caller waiting.
    /// - Throws: `ClusterError` when the system has no room for more threads or sockets.
    public init(
        workers count: Int,
        ledger: Ledger? = nil,
        observe: @escaping @Sendable (ClusterEvent) -> Void = { _ in }
    ) async throws {
        precondition(count > 0, "a cluster has at least one worker")
        let transport = try ClusterError.wrapping { () throws(SocketError) in try Transport() }
        coordinator = try Coordinator(
            in: transport,
            settings: CoordinatorSettings(),
            ledger: ledger,
            log: Logger(label: "troupe.coordinator"),
            observe: observe
        )
        let address = Address.inproc("cluster")
        _ = try await coordinator.listen(at: address)
        do {
            workers = try (1...count).map { number in
                try Worker(
                    connectingTo: address,
                    in: transport,
                    settings: WorkerSettings(name: "worker \(number)"),
                    log: Logger(label: "troupe.worker")
                )
            }
        } catch {
            coordinator.stopAtOnce()
            throw error
        }
        for worker in workers { worker.startAtOnce() }
    }

    deinit {
        for worker in workers { worker.stopAtOnce() }
        coordinator.stopAtOnce()
    }

    /// Runs small programs in this process, on the caller's thread.
    public var local: LocalExecutor { coordinator.local }

    /// Keeps a tensor, which workers get once each.
    public func share(_ value: TensorValue) async throws -> Handle { try await coordinator.share(value) }

    /// Runs a program on a worker that is free.
    public func run(_ program: Program, _ work: Work) async throws -> TaskOutputs {
        try await coordinator.run(program, work)
    }

    /// Runs a program once for each work, on workers that are free.
    public func run(_ program: Program, each works: [Work]) async throws -> [TaskOutputs] {
        try await coordinator.run(program, each: works)
    }

    /// Writes a recipe's progress down, if there is a ledger.
    public func save(_ snapshot: Snapshot, as name: String) async throws {
        try await coordinator.save(snapshot, as: name)
    }

    /// The progress that was written down last.
    public func snapshot(_ name: String) async throws -> Snapshot? { try await coordinator.snapshot(name) }

    /// Ends the workers, and waits until they have gone. Without it they end some time after the cluster is let go.
    public func stop() async { await coordinator.stop() }

    /// How the cluster stands.
    public var status: ClusterStatus { get async { await coordinator.status() } }
}
