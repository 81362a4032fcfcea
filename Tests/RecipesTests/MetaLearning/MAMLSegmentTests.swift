import Datasets
import Optimizers
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Recipes

/// A small job whose meta-batches are one shard.
private func small(
    iterationsPerTask: Int? = nil,
    policy: DivergencePolicy = .stop,
    diverging high: [Int] = [],
    _ change: (inout MAML) throws -> Void = { _ in }
) throws -> MAML {
    try .small {
        $0.tasksPerShard = 7
        $0.iterationsPerTask = iterationsPerTask
        $0.evaluation.tasks = 0
        $0.diverged = policy
        if !high.isEmpty { $0.tasks = try Steep(high) }
        try change(&$0)
    }
}

/// Meta-training as it is written: one meta-batch after the other, and where not all of it is finite, once more by the
/// program that looks at each task, and the optimiser's step.
private func byHand(_ job: MAML) throws -> MetaTrainingState {
    let programs = try MAMLPrograms(job)
    let local = LocalExecutor()
    let root = RandomKey(seed: job.seed).child("maml")
    let rest = [TensorValue(scalar: Float(job.inner.rate))]
    let tables = job.tasks.tables.map(\.value)
    var state = MetaTrainingState(
        network: try programs.network.start(root.child("weights"), on: local),
        iterations: job.iterations
    )
    for iteration in 0..<job.iterations {
        let first = iteration * job.batch
        let keys = root.child("meta-training").children(first..<(first + job.batch))
        let row = TensorValue(keys.elements(as: UInt32.self), shape: [1, job.batch, 2])
        let step = try local.run(programs.segment(iterations: 1), [state.network] + rest + [row] + tables)
        if step[2].elements() == [-1 as Int32] {
            state.advance(to: step[0], after: 1, losses: step[1].floats, batch: job.batch)
            continue
        }
        #expect(step[0] == state.network)
        let parameters = programs.network.parameters(of: state.network)
        let found = try local.run(programs.diagnosis(tasks: job.batch), [parameters] + rest + [keys] + tables)
        let report = MetaBatchReport([ShardResult(gradient: found[0], losses: found[1], divergence: found[2])])
        if let broken = report.firstDiverged, job.diverged == .stop || report.counted == 0 {
            let role = Role.metaBatch(iteration, tasks: broken.task..<(broken.task + 1))
            throw job.diverged == .stop
                ? RecipeError.lossDiverged(role: role, step: broken.step)
                : RecipeError.everythingDiverged(first: role, step: broken.step)
        }
        let number = TensorValue(scalar: Float(report.counted))
        state.advance(to: try local.run(programs.update, [state.network, number, found[0]])[0], report: report)
    }
    return state
}

@Suite("MAML by segments")
struct MAMLSegmentTests {
    private func expect(_ model: MetaLearnedModel, equals state: MetaTrainingState, _ note: String) throws {
        let weights = Array(state.network.bytes.prefix(model.weights.values.map(\.bytes.count).reduce(0, +)))
        let isSame = model.weights.values.flatMap(\.bytes) == weights
        #expect(isSame, "\(note)")
        let isSameCurve = model.curve == state.curve.points
        #expect(isSameCurve, "\(note)")
    }

    @Test("gives the bits of one iteration after the other, whatever the length", arguments: InnerLoop.Order.allCases)
    func sameBits(order: InnerLoop.Order) async throws {
        for optimizer in [adam(rate: 0.01), sgd(rate: 0.01, momentum: 0.9)] as [any GradientTransform] {
            func change(_ job: inout MAML) {
                job.inner = InnerLoop(rate: 0.02, steps: 2, order: order)
                job.optimizer = optimizer
            }
            let expected = try byHand(small(change))
            for (length, tasks) in [(1, 12), (5, 3), (7, 2), (12, 1), (nil, 1)] as [(Int?, Int)] {
                let cluster = KillableCluster()
                let model = try await small(iterationsPerTask: length, change).train(on: cluster)
                try expect(model, equals: expected, "\(order), \(length ?? 0)")
                #expect(cluster.tasks == tasks)
            }
        }
    }

    @Test("one iteration is the optimiser's step by the meta-gradient of a shard, up to rounding")
    func oneIteration() throws {
        for optimizer in [adam(rate: 0.01), sgd(rate: 0.01, momentum: 0.9)] as [any GradientTransform] {
            let job = try small {
                $0.inner = InnerLoop(rate: 0.02, steps: 2)
                $0.optimizer = optimizer
            }
            let programs = try MAMLPrograms(job)
            let local = LocalExecutor()
            let root = RandomKey(seed: job.seed).child("maml")
            let state = try programs.network.start(root.child("weights"), on: local)
            let rate = TensorValue(scalar: Float(job.inner.rate))
            let keys = root.child("meta-training").children(0..<7)
            let row = TensorValue(keys.elements(as: UInt32.self), shape: [1, 7, 2])
            let segment = try local.run(programs.segment(iterations: 1), [state, rate, row])
            let parameters = programs.network.parameters(of: state)
            let shard = try local.run(programs.shard(tasks: 7), [parameters, rate, keys])
            let stepped = try local.run(programs.update, [state, TensorValue(scalar: 7 as Float), shard[0]])[0]
            #expect(segment[2].elements() == [-1 as Int32])
            #expect(zip(segment[1].floats, shard[1].floats).allSatisfy { abs($0 - $1) < 1e-5 * $1 })
            #expect(segment[0] != state)
            // A program is simplified as a whole, so that its roundings depend on what stands around a sum. The weights and
            // what the optimisers remember are of the order of 1 to 10.
            #expect(zip(segment[0].floats, stepped.floats).allSatisfy { abs($0 - $1) < 1e-5 * max(1, abs($1)) })
        }
    }

    @Test("killed at any task and run again, it ends with these bits, and does nothing twice that a snapshot covers")
    func killed() async throws {
        for length in [2, 5] {
            let job = try small(iterationsPerTask: length) { $0.snapshotEvery = 5 }
            let expected = try byHand(job)
            // 5, 5 and 2 iterations: by two and one, or in one.
            let ends = length == 2 ? [2, 4, 5, 7, 9, 10, 12] : [5, 10, 12]
            for limit in ends.indices {
                let killed = KillableCluster(tasks: limit)
                await #expect(throws: KillableCluster.Killed.self) { try await job.train(on: killed) }
                let again = KillableCluster(after: killed)
                try expect(try await job.train(on: again), equals: expected, "killed after \(limit) tasks")
                let covered = (limit == 0 ? 0 : ends[limit - 1]) / 5 * 5
                #expect(again.tasks == ends.filter { $0 > covered }.count)
            }
            // Where the snapshots lie may be changed on the way.
            let killed = KillableCluster(tasks: length == 2 ? 3 : 1)
            await #expect(throws: KillableCluster.Killed.self) { try await job.train(on: killed) }
            var other = job
            (other.snapshotEvery, other.iterationsPerTask) = (4, 3)
            try expect(
                try await other.train(on: KillableCluster(after: killed)),
                equals: expected,
                "with other snapshots"
            )
        }
    }

    /// Tasks that diverge, in meta-batches of 7: in the first iteration of a segment, in its midst, in its last, in
    /// several, one after the other, and in the last of all.
    private static let broken = [[0], [2 * 7 + 3], [4 * 7 + 6], [5 * 7], [1, 4, 16, 20, 24, 31, 32, 78], [11 * 7 + 2]]

    @Test("a task that diverges is left out as in one iteration after the other", arguments: broken)
    func skip(high: [Int]) async throws {
        let expected = try byHand(small(policy: .skip, diverging: high))
        for length in [1, 3, 5, 12] {
            for snapshotEvery in [5, 1000] {
                let job = try small(iterationsPerTask: length, policy: .skip, diverging: high) {
                    $0.snapshotEvery = snapshotEvery
                }
                let model = try await job.train(on: InlineCluster())
                try expect(model, equals: expected, "\(length), \(snapshotEvery)")
                #expect(model.divergedTasks == high.count)
            }
        }
        // And after any crash.
        let job = try small(iterationsPerTask: 3, policy: .skip, diverging: high) { $0.snapshotEvery = 5 }
        let whole = KillableCluster()
        _ = try await job.train(on: whole)
        for limit in 0..<whole.tasks {
            let killed = KillableCluster(tasks: limit)
            await #expect(throws: KillableCluster.Killed.self) { try await job.train(on: killed) }
            let model = try await job.train(on: KillableCluster(after: killed))
            try expect(model, equals: expected, "killed after \(limit) tasks")
        }
    }

    @Test("a task that diverges stops it with the same error", arguments: broken)
    func stop(high: [Int]) async throws {
        let first = high[0]
        let expected = RecipeError.lossDiverged(
            role: .metaBatch(first / 7, tasks: (first % 7)..<(first % 7 + 1)),
            step: 0
        )
        #expect(throws: expected) { try byHand(small(diverging: high)) }
        for length in [1, 3, 5, 12] {
            let job = try small(iterationsPerTask: length, diverging: high)
            await #expect(throws: expected) { try await job.train(on: InlineCluster()) }
        }
    }

    @Test("a meta-batch of which everything diverges stops it, also when tasks are left out")
    func everything() async throws {
        let job = try small(iterationsPerTask: 5, policy: .skip, diverging: Array((3 * 7)..<(4 * 7)))
        await #expect(throws: RecipeError.everythingDiverged(first: .metaBatch(3, tasks: 0..<1), step: 0)) {
            try await job.train(on: InlineCluster())
        }
    }

    @Test("where every iteration diverges, one in vain is all that is added to each")
    func allTheTime() async throws {
        let job = try small(iterationsPerTask: 12, policy: .skip, diverging: Array(stride(from: 0, to: 84, by: 7)))
        let cluster = KillableCluster()
        let model = try await job.train(on: cluster)
        #expect(model.divergedTasks == 12)
        #expect(cluster.tasks == 24)
    }

    @Test("weights that overflow in the last step of all are no model")
    func lastStep() async throws {
        for length in [1, 5, 12] {
            let last = try poisoned(at: 11, iterationsPerTask: length)
            await #expect(throws: RecipeError.lossDiverged(role: .metaBatch(11, tasks: 0..<7), step: 1)) {
                try await last.train(on: InlineCluster())
            }
            let sooner = try poisoned(at: 6, iterationsPerTask: length)
            await #expect(throws: RecipeError.lossDiverged(role: .metaBatch(7, tasks: 0..<1), step: 0)) {
                try await sooner.train(on: InlineCluster())
            }
        }
    }

    private func poisoned(at step: Int, iterationsPerTask: Int) throws -> MAML {
        try small(iterationsPerTask: iterationsPerTask) { $0.optimizer = Poison(step: step) }
    }
}
