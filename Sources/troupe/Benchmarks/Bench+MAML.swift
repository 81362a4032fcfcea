import Coordination
import Datasets
import Networks
import Optimizers
import Recipes
import Tasks

extension Bench {
    /// MAML on sine waves, as in Finn et al. 2017, section 5.1.
    static let sinusoids = Bench(name: "maml-sinusoid", measures: "second-order MAML on sine waves, on one core") {
        let (iterations, runs) = (2_000, 5)
        func measured(on cluster: some Cluster, tasksPerShard: Int) async throws -> (rate: Double, loss: Double) {
            let model = Sequential {
                Dense(40)
                ReLU()
                Dense(40)
                ReLU()
                Dense(1)
            }
            let maml = try MAML(
                model,
                tasks: Sinusoids(shots: 10, queries: 10),
                iterations: iterations,
                tasksPerShard: tasksPerShard,
                evaluation: MAML.Evaluation(tasks: 0)
            )
            var loss = 0.0
            let seconds = try await Figure.medianSeconds(runs: runs) {
                loss = try await maml.train(on: cluster).curve.last?.after ?? .nan
            }
            return (Double(iterations) / seconds, loss)
        }
        let whole = try await measured(on: InlineCluster(), tasksPerShard: 25)
        var figures = [
            Figure(metric: "meta_iteration_rate", value: whole.rate, unit: "1/s", runs: runs),
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
