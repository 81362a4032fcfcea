import Datasets
import Networks
import Recipes

extension MAML {
    /// A small job: sine waves, 1-8-1, a few iterations.
    static func small(_ change: (inout MAML) throws -> Void = { _ in }) throws -> MAML {
        let model = Sequential {
            Dense(8)
            ReLU()
            Dense(1)
        }
        var maml = try MAML(
            model,
            tasks: Sinusoids(shots: 5, queries: 5),
            iterations: 12,
            batch: 7,
            tasksPerShard: 3,
            evaluation: MAML.Evaluation(tasks: 60, steps: 2),
            seed: 3
        )
        try change(&maml)
        return maml
    }
}
