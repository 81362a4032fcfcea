import Tasks
import Tensors

/// The steps of meta-training on a cluster.
struct MetaTrainer<Base: Cluster> {
    private let maml: MAML
    private let programs: MAMLPrograms
    private let tables: [TaskInput]
    private let cluster: Base

    /// - Parameters:
    ///   - maml: What is trained.
    ///   - programs: Those of it.
    ///   - tables: Those of its episodes.
    ///   - cluster: Where the tasks run.
    init(maml: MAML, programs: MAMLPrograms, tables: [TaskInput], _ cluster: Base) {
        self.maml = maml
        self.programs = programs
        self.tables = tables
        self.cluster = cluster
    }

    /// Goes on by a segment, or up to the meta-batch in it of which not all is finite.
    func run(_ segment: Range<Int>, from state: inout MetaTrainingState) async throws {
        let batch = maml.batch
        let words = maml.keys("meta-training", segment.lowerBound * batch, segment.count * batch)
        let keys = TensorValue(words.elements(as: UInt32.self), shape: [segment.count, batch, 2])
        let outputs = try await cluster.run(
            programs.segment(iterations: segment.count),
            Work(
                .metaBatches(segment, of: maml.iterations),
                inputs: [.value(state.network), maml.innerRate, .value(keys)] + tables,
                keeping: .untilSnapshot
            )
        )
        state.advance(
            to: try await outputs["state"].value,
            after: try await MAML.finished(of: segment, leaving: outputs),
            losses: try await outputs["losses"].value.floats,
            batch: batch
        )
    }

    /// The meta-gradient of the next meta-batch, shard by shard: Σ ∇θ L(θ′) over all tasks, or over those of a shard of which
    /// all is finite.
    func gradients(at state: MetaTrainingState) async throws -> [ShardResult] {
        try await cluster.concurrently(over: maml.shards) { tasks in
            let role = Role.metaBatch(state.iteration, tasks: tasks)
            let work = Work(role, inputs: inputs(of: tasks, at: state), keeping: .untilSnapshot)
            let outputs = try await cluster.run(programs.shard(tasks: tasks.count), work)
            guard try await outputs["is finite"].value.elements() == [1 as Int32] else {
                return try await diagnosis(of: tasks, at: state, as: .named("what diverged among \(role)"))
            }
            return ShardResult(
                gradient: try await outputs["gradient"].value,
                losses: try await outputs["losses"].value
            )
        }
    }

    /// The meta-gradient of those tasks of the next meta-batch of which all is finite.
    func diagnosis(at state: MetaTrainingState) async throws -> ShardResult {
        let tasks = 0..<maml.batch
        return try await diagnosis(of: tasks, at: state, as: .metaBatch(state.iteration, tasks: tasks))
    }

    private func diagnosis(of tasks: Range<Int>, at state: MetaTrainingState, as role: Role) async throws -> ShardResult
    {
        let work = Work(role, inputs: inputs(of: tasks, at: state), keeping: .untilSnapshot)
        let outputs = try await cluster.run(programs.diagnosis(tasks: tasks.count), work)
        return ShardResult(
            gradient: try await outputs["gradient"].value,
            losses: try await outputs["losses"].value,
            divergence: try await outputs["divergence"].value
        )
    }

    /// θ, α, the tasks' keys, and the tables.
    private func inputs(of tasks: Range<Int>, at state: MetaTrainingState) -> [TaskInput] {
        let parameters = programs.network.parameters(of: state.network)
        let keys = maml.keys("meta-training", state.iteration * maml.batch + tasks.lowerBound, tasks.count)
        return [.value(parameters), maml.innerRate, .value(keys)] + tables
    }

    /// Steps by the meta-gradient of the next meta-batch: θ ← θ − β ∇θ Σ L(θ′).
    ///
    /// - Throws: `RecipeError` when a task diverged and none is to, or when all did.
    func step(_ state: inout MetaTrainingState, by results: [ShardResult]) throws {
        let report = MetaBatchReport(results)
        if let broken = report.firstDiverged {
            let role = Role.metaBatch(state.iteration, tasks: broken.task..<(broken.task + 1))
            guard maml.diverged == .skip else { throw RecipeError.lossDiverged(role: role, step: broken.step) }
            guard report.counted > 0 else { throw RecipeError.everythingDiverged(first: role, step: broken.step) }
        }
        let inputs = [state.network, TensorValue(scalar: Float(report.counted))] + results.map(\.gradient)
        state.advance(to: try cluster.local.run(programs.update, inputs)[0], report: report)
    }
}
