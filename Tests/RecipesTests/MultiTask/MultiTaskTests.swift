import Coordination
import Datasets
import Networks
import Optimizers
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Recipes

/// A small job: a number and a class of one table, two epochs of three steps.
private func smallJob(_ change: (inout MultiTask) -> Void = { _ in }) throws -> MultiTask {
    let table = try Example.table()
    var job = try MultiTask(
        trunk: Example.trunk,
        tasks: [
            PredictionTask("height", head: Example.head(1), training: table, test: table),
            PredictionTask("kind", head: Example.head(3), weight: 0.5, training: table, test: table),
        ],
        optimizer: adam(rate: 0.01),
        epochs: 2,
        batch: 4,
        seed: 11,
        baselines: false
    )
    change(&job)
    return job
}

@Suite("Multi-task learning")
struct MultiTaskTests {
    @Test("a trunk and its heads are those of an independent one in double precision")
    func golden() async throws {
        let model = try await smallJob().train(on: InlineCluster())
        // From multitask_golden.py.
        let weights: [[(name: String, values: [Double])]] = [
            [
                (
                    "layers.0.weight",
                    [
                        0.70874462, -0.05147773, -0.11415027, -0.63601659, 0.59494293, -0.0248541, -0.36168464,
                        -0.61015235, 0.39830383, 0.34696779, 0.6687583, -0.764459, -0.41415514, 0.28868581, 0.40239747,
                        -0.15809675, 0.20966541, -0.57235619, 0.06025681, 0.65869874,
                    ]
                ),
                ("layers.0.bias", [-0.0226978, 0.01829406, 0.01544246, -0.01666394, -0.02553772]),
            ],
            [
                ("layers.0.weight", [-0.56412904, -0.03197404, 0.00213006, -0.27854584, -0.51505988]),
                ("layers.0.bias", [0.01867967]),
            ],
            [
                (
                    "layers.0.weight",
                    [
                        -0.50420152, 0.19866073, -0.39007809, 0.59119063, 0.38922758, -0.62273791, -0.38295413,
                        -0.08586296, 0.14684594, 0.17649121, 0.64289948, -0.76396477, -0.13285968, -0.26630652,
                        -0.2750297,
                    ]
                ),
                ("layers.0.bias", [-0.00219706, 0.01467353, -0.01741399]),
            ],
        ]
        for (found, golden) in zip(model.allWeights, weights) {
            #expect(found.names == golden.map(\.name))
            for (value, golden) in zip(found.values, golden) {
                for (f, g) in zip(value.floats, golden.values) {
                    // f32 rounds numbers below 1 by 6e-8; Adam's six steps of 0.01 multiply relative errors little.
                    #expect(abs(Double(f) - g) < 2e-6, "\(golden.name)")
                }
            }
        }
        let said = try model.predict(TensorValue(Array(Example.table().features.floats[..<8]), shape: [2, 4]))
        guard case .numbers(let heights) = said[0], case .classes(let kinds, let shares, 3) = said[1] else {
            Issue.record("a number and a class: \(said)")
            return
        }
        for (f, g) in zip(heights, [13.60783283, 12.92008867]) { #expect(abs(Double(f) - g) < 1e-5) }
        let golden = [0.45814522, 0.35687342, 0.18498135, 0.40735902, 0.30461846, 0.28802252]
        for (f, g) in zip(shares, golden) { #expect(abs(Double(f) - g) < 2e-6) }
        #expect(kinds == [0, 0])
    }

    @Test("with one weight 1 and the others 0, trunk and head are those of the task alone, bit for bit")
    func oneHot() async throws {
        for chosen in 0..<2 {
            let job = try smallJob { job in
                job.epochs = 5
                for index in 0..<2 { job.tasks[index].weight = index == chosen ? 1 : 0 }
            }
            let alone = try smallJob { single in
                single.epochs = 5
                single.tasks = [job.tasks[chosen]]
            }
            let model = try await job.train(on: InlineCluster())
            let single = try await alone.train(on: InlineCluster())
            #expect(model.trunkWeights == single.trunkWeights)
            #expect(model.tasks[chosen].weights == single.tasks[0].weights)
            #expect(model.tasks[chosen].score == single.tasks[0].score)
            #expect(model.tasks[1 - chosen].score == nil, "it took no part")
        }
    }

    @Test("the baselines are the single-task runs, and stand beside the score")
    func baselines() async throws {
        let model = try await smallJob { $0.baselines = true }.train(on: InlineCluster())
        let without = try await smallJob().train(on: InlineCluster())
        #expect(model.allWeights == without.allWeights, "they change nothing")
        #expect(without.tasks.allSatisfy { $0.baseline == nil })
        for index in 0..<2 {
            let alone = try await smallJob { job in
                job.tasks = [job.tasks[index]]
                job.tasks[0].weight = 1
            }.train(on: InlineCluster())
            #expect(model.tasks[index].baseline == alone.tasks[0].score)
            #expect(model.tasks[index].score != nil)
        }
    }

    @Test("what a row without a label holds changes no bit of that task's run")
    func masked() async throws {
        let table = try Example.table()
        for label in ["height", "kind"] {
            let column = try table.label(label)
            var x = table.features.floats
            for row in 0..<10 where !column.isPresent[row] {
                for feature in 0..<4 { x[row * 4 + feature] = Float(row + feature) - 7 }
            }
            let other = try MultiLabelTable(
                name: "other",
                features: TensorValue(x, shape: [10, 4]),
                featureNames: table.featureNames,
                labels: table.labels
            )
            let models = try await [table, other].asyncMap { table in
                try await smallJob { job in
                    job.tasks = job.tasks.filter { $0.name == label }
                    job.tasks[0].training = table
                }.train(on: InlineCluster())
            }
            #expect(models[0].allWeights == models[1].allWeights)
        }
    }

    @Test("in whole batches, the rows that have a label teach what they teach without the others")
    func presentRows() async throws {
        let table = try Example.table()
        for label in ["height", "kind"] {
            let column = try table.label(label)
            let present = (0..<10).filter { column.isPresent[$0] }
            let models = try await [table, table.rows(present)].asyncMap { table in
                try await smallJob { job in
                    job.tasks = job.tasks.filter { $0.name == label }
                    job.tasks[0].training = table
                    job.batch = 10
                    job.epochs = 6
                }.train(on: InlineCluster())
            }
            for (one, other) in zip(models[0].allWeights, models[1].allWeights) {
                for (f, g) in zip(one.values.flatMap(\.floats), other.values.flatMap(\.floats)) {
                    // The sums are of other lengths and orders, so the last digits differ.
                    #expect(abs(f - g) < 2e-6, "\(label)")
                }
            }
        }
    }

    @Test("a batch without any label of a task leaves no loss, no gradient and no NaN")
    func allMissing() throws {
        let learner = try Stepping(masking: .all)
        let contribution = try learner.run().contribution.floats
        #expect(contribution.dropLast().allSatisfy { $0 == 0 } && contribution.last == 1)
    }

    @Test("tables of unlike sizes: the largest sets the steps, and the others begin again")
    func tables() async throws {
        let table = try Example.table()
        let job = try smallJob { job in
            job.tasks[1].training = table.rows([0, 2, 3, 4, 6])
            job.epochs = 4
        }
        #expect(job.steps == 12)
        let model = try await job.train(on: InlineCluster())
        // The small one alone, in as many steps: 6 epochs of two batches.
        let alone = try await smallJob { single in
            single.tasks = [job.tasks[1]]
            single.epochs = 6
        }.train(on: InlineCluster())
        let oneHot = try await smallJob { single in
            single.tasks = job.tasks
            single.epochs = 6
            single.tasks[0].weight = 0
        }.train(on: InlineCluster())
        #expect(oneHot.allWeights.first == alone.allWeights.first)
        #expect(model.allWeights.first != alone.allWeights.first)
    }

    @Test("the bits do not depend on the number of workers", arguments: [1, 2, 4])
    func workers(count: Int) async throws {
        func job() throws -> MultiTask {
            try smallJob { job in
                job.epochs = 4
                job.baselines = true
                job.snapshotEvery = 5
            }
        }
        let alone = try await job().train(on: InlineCluster())
        let cluster = try await LocalCluster(workers: count)
        let together = try await job().train(on: cluster)
        await cluster.stop()
        #expect(together.allWeights == alone.allWeights)
        #expect(together.tasks.map(\.baseline) == alone.tasks.map(\.baseline))
    }

    @Test("killed at any step and started again, it ends with the bits of the calm run")
    func resumes() async throws {
        func job(baselines: Bool) throws -> MultiTask {
            try smallJob { job in
                job.epochs = 4  // 12 steps of two tasks each
                job.snapshotEvery = 5
                job.baselines = baselines
            }
        }
        let calm = try await job(baselines: true).train(on: InlineCluster())
        for dying in 0..<24 {
            let first = KillableCluster(tasks: dying)
            await #expect(throws: KillableCluster.Killed.self) { try await job(baselines: false).train(on: first) }
            let second = KillableCluster(after: first)
            let model = try await job(baselines: false).train(on: second)
            #expect(model.allWeights == calm.allWeights, "after \(dying) tasks")
            let stepsKept = dying / 2 / 5 * 5
            #expect(second.tasks == 24 - 2 * stepsKept, "only what no snapshot holds is done again")
        }
        for dying in [7, 30] {
            let first = KillableCluster(tasks: dying)
            await #expect(throws: KillableCluster.Killed.self) { try await job(baselines: true).train(on: first) }
            let again = KillableCluster(after: first)
            let model = try await job(baselines: true).train(on: again)
            #expect(model.allWeights == calm.allWeights)
            #expect(model.tasks.map(\.baseline) == calm.tasks.map(\.baseline))
            let third = KillableCluster(after: again, tasks: 0)
            #expect(try await job(baselines: true).train(on: third).allWeights == calm.allWeights, "all is kept")
        }
    }

    @Test("a snapshot of another network is refused")
    func foreignSnapshot() async throws {
        let cluster = KillableCluster()
        _ = try await smallJob().train(on: cluster)
        let other = try smallJob { $0.optimizer = sgd(rate: 0.1) }
        await #expect(throws: RecipeError.self) {
            try await other.train(on: KillableCluster(after: cluster))
        }
    }

    @Test("sharing beats learning alone where labels are few and tasks are related")
    func sharing() async throws {
        // 8 numbers and a class, each seen on 20 of 120 rows. Over these seeds the mean R² of the numbers is 0.841
        // (standard deviation 0.089) together and 0.699 (0.064) alone; the gain is 0.142 (0.125), so that its mean has a
        // deviation of 0.036. The threshold is the mean less two and a half of these.
        var (shared, alone) = ([Double](), [Double]())
        for seed in 0..<12 as Range<UInt64> {
            let parts = try Example.related(rows: 120, labelled: 20, numbers: 8, seed: seed)
            let trunk = Sequential {
                Dense(16)
                HyperbolicTangent()
                Dense(4)
                HyperbolicTangent()
            }
            let tasks = parts.training.labels.enumerated().map { index, label in
                PredictionTask(
                    label.name,
                    head: Example.head(index < 8 ? 1 : 2),
                    training: parts.training,
                    test: parts.test
                )
            }
            let job = try MultiTask(
                trunk: trunk,
                tasks: tasks,
                optimizer: adam(rate: 0.01),
                epochs: 100,
                batch: 40,
                seed: seed
            )
            let model = try await job.train(on: InlineCluster())
            for (scores, of) in [(\TrainedTask.score, 0), (\TrainedTask.baseline, 1)] {
                let determinations = model.tasks.compactMap { task in
                    if case .error(_, let determination, _)? = task[keyPath: scores] { determination } else { nil }
                }
                #expect(determinations.count == 8)
                let mean = determinations.reduce(0, +) / 8
                if of == 0 { shared.append(mean) } else { alone.append(mean) }
            }
        }
        let gain = zip(shared, alone).map { $0 - $1 }.reduce(0, +) / 12
        #expect(gain > 0.05, "shared \(shared), alone \(alone)")
    }
}

extension Array where Element: Sendable {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
