import Coordination
import Datasets
import Execution
import Networks
import Optimizers
import Recipes
import Tasks
import Tensors
import TestSupport
import Testing

@Suite("MAML")
struct MAMLTests {
    @Test("a model does not depend on the cluster: in line, and with 1, 2 and 4 workers")
    func sameBits() async throws {
        for (order, tasksPerShard) in [(InnerLoop.Order.second, 3), (.first, 3), (.second, 7)] {
            let job = try MAML.small {
                $0.inner = InnerLoop(rate: 0.02, steps: 2, order: order)
                $0.tasksPerShard = tasksPerShard
                $0.iterationsPerTask = 5
            }
            let calm = try await job.train(on: InlineCluster())
            for workers in [1, 2, 4] {
                let cluster = try await LocalCluster(workers: workers)
                let model = try await job.train(on: cluster)
                await cluster.stop()
                #expect(model.weights == calm.weights, "\(order), \(workers) workers")
                #expect(model.evaluation == calm.evaluation)
                #expect(model.curve == calm.curve)
            }
        }
    }

    @Test("killed at any task and run again, it ends with the bits of the calm run, and does at most an interval twice")
    func killed() async throws {
        let job = try MAML.small {
            $0.snapshotEvery = 5
            $0.optimizer = sgd(rate: 0.01, momentum: 0.9)
        }
        let whole = KillableCluster()
        let calm = try await job.train(on: whole)
        // 12 iterations of 3 shards, and 2 tasks of evaluation.
        #expect(whole.tasks == 38)
        for limit in 0..<38 {
            let killed = KillableCluster(tasks: limit)
            await #expect(throws: KillableCluster.Killed.self) { try await job.train(on: killed) }
            let again = KillableCluster(after: killed)
            let model = try await job.train(on: again)
            #expect(model.weights == calm.weights, "killed after \(limit) tasks")
            #expect(model.curve == calm.curve, "killed after \(limit) tasks")
            #expect(model.evaluation == calm.evaluation, "killed after \(limit) tasks")
            let iterations = limit / 3
            let done = iterations == 12 ? 12 : iterations / 5 * 5
            #expect(again.tasks == 38 - 3 * done)
        }
    }

    @Test("an episode depends on the seed and its number only, however a meta-batch is cut")
    func stable() async throws {
        let three = try await MAML.small().train(on: InlineCluster())
        // Other shards add up in another order: the same up to rounding.
        let seven = try await MAML.small { $0.tasksPerShard = 7 }.train(on: InlineCluster())
        for (a, b) in zip(three.weights.values, seven.weights.values) {
            #expect(zip(a.floats, b.floats).allSatisfy { abs($0 - $1) < 1e-5 })
        }
        let other = try await MAML.small { $0.seed = 4 }.train(on: InlineCluster())
        #expect(other.weights != three.weights)
    }

    @Test("a task whose loss overflows is named with its step, or left out and counted")
    func divergence() async throws {
        // Waves of which every third task is too large to square.
        let job = try MAML.small {
            $0.tasks = try Steep(stride(from: 0, to: 84, by: 3))
            $0.inner.steps = 2
            $0.evaluation.tasks = 0
        }
        let error = await #expect(throws: RecipeError.self) { try await job.train(on: InlineCluster()) }
        #expect(error == .lossDiverged(role: .metaBatch(0, tasks: 0..<1), step: 0))
        var skipping = job
        skipping.diverged = .skip
        let model = try await skipping.train(on: InlineCluster())
        #expect(model.divergedTasks == 12 * 7 / 3)
        #expect(model.weights.values.allSatisfy { $0.floats.allSatisfy(\.isFinite) })
        #expect(model.curve.allSatisfy { $0.after.isFinite && $0.before.isFinite })
        skipping.tasks = try Steep(0..<84)
        let none = await #expect(throws: RecipeError.self) { try await skipping.train(on: InlineCluster()) }
        #expect(none == .everythingDiverged(first: .metaBatch(0, tasks: 0..<1), step: 0))
    }

    @Test("a rate that is too high makes the loss overflow after the steps, which says so")
    func tooFast() async throws {
        let job = try MAML.small { $0.inner.rate = 1e30 }
        let error = await #expect(throws: RecipeError.self) { try await job.train(on: InlineCluster()) }
        #expect(error == .lossDiverged(role: .metaBatch(0, tasks: 0..<1), step: 1))
        #expect(
            error?.description.hasPrefix(
                "Training diverged: in task 1 of meta-batch 1, the loss became infinite or NaN at step 2."
            ) == true
        )
    }

    @Test("settings out of range say so before anything runs")
    func mistakes() async throws {
        let cases: [(String, (inout MAML) -> Void)] = [
            ("'iterations' is 0, and must be a whole number from 1 to 100000000.", { $0.iterations = 0 }),
            ("'batch' is 0, and must be a whole number from 1 to 100000.", { $0.batch = 0 }),
            ("'tasks per shard' is 0, and must be a whole number from 1 to 4096.", { $0.tasksPerShard = 0 }),
            (
                "'batch / tasks per shard' is 4095, and must be a whole number from 1 to 4094.",
                { ($0.batch, $0.tasksPerShard) = (8_189, 2) }
            ),
            (
                "'iterations per task' is 0, and must be a whole number from 1 to 100000.", { $0.iterationsPerTask = 0 }
            ),
            ("'inner steps' is 0, and must be a whole number from 1 to 10000.", { $0.inner.steps = 0 }),
            ("'evaluation tasks' is -1, and must be a whole number from 0 to 1000000.", { $0.evaluation.tasks = -1 }),
            ("'snapshot every' is 0, and must be a whole number from 1 to 100000000.", { $0.snapshotEvery = 0 }),
            ("'inner rate' is -1.0, and must be more than 0 and finite.", { $0.inner.rate = -1 }),
            (
                "The model's last layer gives [3] for each example, but [1] is needed, one number for each class: end "
                    + "with {dense: 1}.", { $0.model = Sequential { Dense(3) } }
            ),
        ]
        for (text, change) in cases {
            let job = try MAML.small(change)
            let cluster = KillableCluster()
            let error = await #expect(throws: RecipeError.self) { try await job.train(on: cluster) }
            #expect(error?.description == text)
            #expect(cluster.tasks == 0)
        }
    }

    @Test("adapting a trained model by hand gives the figures of its evaluation")
    func adapting() async throws {
        let model = try await MAML.small { $0.evaluation.tasks = 1 }.train(on: InlineCluster())
        let evaluation = try #require(model.evaluation)
        let source = try Sinusoids(shots: 5, queries: 5)
        let key = RandomKey(seed: 3).child("maml").child("evaluation").child(0)
        let draw = try Program.trace([Port("key", TensorType(.u32, [2]))]) {
            let episode = source.episode(Key($0[0]), from: [])
            return ["x": episode.support.x, "y": episode.support.y, "qx": episode.query.x, "qy": episode.query.y]
        }
        let parts = try CompiledProgram(draw).run([key.value])
        for steps in 0...2 {
            let weights = try model.adapted(to: parts[0], labels: parts[1], steps: steps)
            let loss = try Program.trace(
                [Port("x", parts[2].type), Port("y", parts[3].type)]
                    + zip(weights.names, weights.values).map { Port($0, $1.type) }
            ) {
                let says = model.model($0[0], Parameters(names: weights.names, tensors: Array($0[2...])))
                return ["loss": meanSquaredError(says, targets: $0[1])]
            }
            let found = try CompiledProgram(loss).run([parts[2], parts[3]] + weights.values)[0].floats[0]
            #expect(Double(found) == evaluation.steps[steps].loss.mean)
        }
        #expect(throws: RecipeError.self) { try model.adapted(to: parts[0], labels: parts[0].flat, steps: 1) }
        let error = #expect(throws: RecipeError.self) {
            try model.adapted(to: parts[0], labels: TensorValue([Float](repeating: 1e30, count: 5), shape: [5, 1]))
        }
        #expect(error == .lossDiverged(role: .named("the adaptation"), step: 0))
    }
}

extension TensorValue {
    /// The same numbers as a vector.
    fileprivate var flat: TensorValue { TensorValue(floats) }
}
