import Coordination
import Datasets
import Execution
import Networks
import Optimizers
import Recipes
import Tasks
import Tensors

extension Bench {
    /// MAML on sine waves, as in Finn et al. 2017, section 5.1.
    static let sinusoids = Bench(name: "maml-sinusoid", measures: "second-order MAML on sine waves, on one core") {
        let (iterations, runs) = (2_000, 5)
        let model = Sequential {
            Dense(40)
            ReLU()
            Dense(40)
            ReLU()
            Dense(1)
        }
        func recipe(tasksPerShard: Int) throws -> MAML {
            try MAML(
                model,
                tasks: Sinusoids(shots: 10, queries: 10),
                iterations: iterations,
                tasksPerShard: tasksPerShard,
                evaluation: MAML.Evaluation(tasks: 0)
            )
        }
        func measured(on cluster: some Cluster, tasksPerShard: Int) async throws -> (rate: Double, loss: Double) {
            let maml = try recipe(tasksPerShard: tasksPerShard)
            var loss = 0.0
            let seconds = try await Figure.medianSeconds(runs: runs) {
                loss = try await maml.train(on: cluster).curve.last?.after ?? .nan
            }
            return (Double(iterations) / seconds, loss)
        }
        let compiling = try await Figure.medianSeconds(runs: runs) {
            for program in try recipe(tasksPerShard: 25).programs() { _ = try CompiledProgram(program.program) }
        }
        let whole = try await measured(on: InlineCluster(), tasksPerShard: 25)
        var figures = [
            Figure(metric: "meta_iteration_rate", value: whole.rate, unit: "1/s", runs: runs),
            Figure(metric: "compile_seconds", value: compiling, unit: "s", runs: runs),
            Figure(metric: "last_loss", value: whole.loss, unit: "mean squared error", runs: runs),
        ]
        for (name, workers, tasksPerShard) in [("one_worker", 1, 25), ("two_workers", 2, 13)] {
            let cluster = try await LocalCluster(workers: workers)
            let rate = try await measured(on: cluster, tasksPerShard: tasksPerShard).rate
            await cluster.stop()
            figures.append(Figure(metric: "meta_iteration_rate_\(name)", value: rate, unit: "1/s", runs: runs))
        }
        return figures
    }
}

extension Bench {
    /// MAML with the four convolutions of Finn et al. 2017, section 5.2, on 5-way 1-shot tasks of random images.
    static let convolutions = Bench(name: "maml-conv4", measures: "second-order MAML with convolutions, on one core") {
        let (classes, rows) = (20, 16)
        let pixels = RandomKey(seed: 0).bits(classes * rows * 784).map { Float($0 >> 8) / 16_777_216 - 0.5 }
        let images = try Dataset(
            name: "random images",
            features: TensorValue(pixels, shape: [classes * rows, 784]),
            rowShape: [28, 28, 1],
            labels: .classes(
                ClassLabels(
                    (0..<(classes * rows)).map { Int32($0 / rows) },
                    names: (0..<classes).map { "\($0)" }
                )
            )
        )
        let model = Sequential {
            ImageShape([28, 28, 1])
            for _ in 0..<4 {
                Convolution2D(64)
                BatchNorm()
                ReLU()
                MaxPool()
            }
            Flatten()
            Dense(5)
        }
        var figures: [Figure] = []
        for steps in [1, 5] {
            let maml = try MAML(
                model,
                tasks: ClassEpisodes(of: images, ways: 5, shots: 1, queries: 15),
                inner: InnerLoop(rate: 0.4, steps: steps),
                iterations: 1,
                batch: 4,
                tasksPerShard: 1,
                evaluation: MAML.Evaluation(tasks: 0)
            )
            let cluster = InlineCluster()
            let runs = 3
            let seconds = try await Figure.medianSeconds(runs: runs) { _ = try await maml.train(on: cluster) }
            figures.append(
                Figure(metric: "meta_iteration_rate_\(steps)_inner", value: 1 / seconds, unit: "1/s", runs: runs)
            )
        }
        return figures
    }
}
