import Tasks
import Tensors

/// The steps of a trunk and some heads, from the first to the last.
struct SharedTraining: Sendable {
    /// What its snapshots are called.
    let name: String
    let learners: [TaskLearner]
    /// The features of each task, its labels, and which of them are present.
    let tables: [[Handle]]
    /// η of each task.
    let weights: [Double]
    let steps: Int
    let key: RandomKey
    let diverged: DivergencePolicy
    let snapshotEvery: Int

    /// The same steps for one task alone.
    func alone(_ index: Int) -> SharedTraining {
        SharedTraining(
            name: "alone \(learners[index].name)",
            learners: [learners[index]],
            tables: [tables[index]],
            weights: [1],
            steps: steps,
            key: key,
            diverged: .stop,
            snapshotEvery: snapshotEvery
        )
    }

    /// The tasks that take part.
    private var taking: [Int] { weights.indices.filter { weights[$0] > 0 } }

    /// The state before the first step. Each network draws from a key of its own, whatever else there is.
    private func start(on local: LocalExecutor) throws -> SharedState {
        SharedState(
            step: 0,
            trunk: try learners[0].trunk.start(key.child("trunk"), on: local),
            heads: try learners.map { try $0.head.start(key.child("heads").child($0.name), on: local) },
            divergedAt: learners.map { _ in nil }
        )
    }

    /// Runs all steps, or those after the last snapshot.
    ///
    /// - Throws: `RecipeError.lossDiverged` by the policy, or when no head is left; what the cluster throws.
    func run(on cluster: some Cluster) async throws -> SharedState {
        var state = try start(on: cluster.local)
        if let snapshot = try await cluster.snapshot(name) {
            guard let kept = SharedState(snapshot, like: state) else {
                throw RecipeError.weights("the snapshot '\(name)' is of another network")
            }
            state = kept
        }
        var active = taking.filter { state.divergedAt[$0] == nil }
        var combine = try TrunkStep(trunk: learners[0].trunk).program(heads: active.count)
        var orders: [Int: EpochOrder] = [:]
        var heads = state.heads.map(TaskInput.value)

        while state.step < steps {
            let step = state.step
            let trunk = try await cluster.share(learners[0].trunk.parameters(of: state.trunk))  // θₜ
            for rows in Set(active.map { learners[$0].rows }).sorted() {
                let epoch = step / batches(of: rows)
                if orders[rows]?.epoch != epoch { orders[rows] = try await order(of: rows, in: epoch, on: cluster) }
            }
            let works = active.map { work(of: $0, at: step, trunk: trunk, head: heads[$0], tables[$0], orders) }
            let results = try await cluster.concurrently(over: works) { (program, work) in
                let outputs = try await cluster.run(program, work)
                return (contribution: try await outputs["contribution"].value, head: outputs["head"])
            }

            var contributions = results.map(\.contribution)
            var outputs = try cluster.local.run(combine, [state.trunk] + contributions)
            let isFinite = outputs[2].floats.map { $0 == 1 }
            if isFinite.contains(false) {
                let lost = zip(active, isFinite).filter { !$1 }.map(\.0)
                for index in lost { state.divergedAt[index] = step }
                let remaining = active.filter { !lost.contains($0) }
                let first = Role.head(learners[lost[0]].name)
                guard diverged == .skip else { throw RecipeError.lossDiverged(role: first, step: step) }
                guard !remaining.isEmpty else { throw RecipeError.everythingDiverged(first: first, step: step) }
                combine = try TrunkStep(trunk: learners[0].trunk).program(heads: remaining.count)
                contributions = zip(contributions, isFinite).filter(\.1).map(\.0)
                outputs = try cluster.local.run(combine, [state.trunk] + contributions)  // the step without them
            }
            state.trunk = outputs[0]  // θₜ₊₁
            for (index, result) in zip(active, results) where state.divergedAt[index] == nil {
                heads[index] = .handle(result.head)
            }
            active.removeAll { state.divergedAt[$0] != nil }
            state.step += 1

            let isKept = state.step % snapshotEvery == 0 || state.step == steps
            if isKept || state.step % recallEvery == 0 {
                state.heads = try await cluster.concurrently(over: heads) { try await $0.value }
                heads = state.heads.map(TaskInput.value)
            }
            if isKept { try await cluster.save(state.snapshot, as: name) }
        }
        state.heads = try await cluster.concurrently(over: heads) { try await $0.value }
        return state
    }

    /// How many steps a head's state may be away from here. What is lost with a worker is made again from there, for which
    /// the trunk of each step is kept: 64 MiB of them at most.
    private var recallEvery: Int {
        max(1, min(256, (64 << 20) / learners[0].trunk.parameters.port("trunk").type.byteCount))
    }

    /// The number of steps that see each of some rows once.
    private func batches(of rows: Int) -> Int { learners.first { $0.rows == rows }?.batches ?? 1 }

    /// A task's part of a step: the program and what it is computed from.
    private func work(
        of index: Int,
        at step: Int,
        trunk: Handle,
        head: TaskInput,
        _ table: [Handle],
        _ orders: [Int: EpochOrder]
    ) -> (Program, Work) {
        let learner = learners[index]
        guard let order = orders[learner.rows]?.rows else { preconditionFailure("the order was drawn") }
        let batch = TensorValue(scalar: Int32(step % learner.batches))
        let inputs =
            [.handle(trunk), head] + table.map(TaskInput.handle)
            + [.handle(order), .value(batch), .value(TensorValue(scalar: Float(weights[index])))]
        return (learner.step, Work(.head(learner.name), inputs: inputs, keeping: .untilSnapshot))
    }

    /// The order in which an epoch sees some rows. It depends on how many they are, so that tasks with one table see the
    /// same batches.
    private func order(of rows: Int, in epoch: Int, on cluster: some Cluster) async throws -> EpochOrder {
        let order = key.child("order").child(epoch).permutation(rows).map(Int32.init)
        return EpochOrder(epoch: epoch, rows: try await cluster.share(TensorValue(order)))
    }
}

/// The order of rows in an epoch.
private struct EpochOrder {
    let epoch: Int
    let rows: Handle
}

extension TaskInput {
    /// The tensor itself.
    fileprivate var value: TensorValue {
        get async throws {
            switch self {
            case .value(let value): value
            case .handle(let handle): try await handle.value
            }
        }
    }
}
