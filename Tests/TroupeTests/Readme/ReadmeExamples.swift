import Coordination
import Datasets
import Networks
import Optimizers
import Recipes
import Tasks
import Tensors

/// Four times the share of random points of the unit square that lie within a quarter of the unit circle.
struct QuarterCircle: Recipe {
    var tasks = 8
    var seed: UInt64 = 0

    func train(on cluster: some Cluster) async throws -> Double {
        let count = 100_000
        let program = try Program.trace([Port("key", TensorType(.u32, [2]))]) { inputs in
            let points = Key(inputs[0]).uniform([count, 2])
            let inside = (points * points).sum(over: [1]) .< 1
            return ["hits": inside.converted(to: .f32).sum()]
        }
        let root = RandomKey(seed: seed).child("quarter circle")
        let outputs = try await cluster.map(program, over: 0..<tasks) { task in
            Work(.named("points \(task)"), inputs: [.value(TensorValue(root.child(task).words))])
        }
        var hits = 0.0
        for output in outputs { hits += Double(try await output["hits"].value.floats[0]) }
        return 4 * hits / Double(tasks * count)
    }
}

/// What the README shows of the library.
enum ReadmeExamples {
    /// The three lines.
    static func ensemble() async throws -> VotingEnsemble {
        // swift-format-ignore
        let learner = Learner(Sequential { Dense(64); ReLU(); Dense(10) }, optimizer: adam(rate: 0.001))
        let bagging = try Bagging(learner, data: .digits, members: 32)
        let ensemble = try await bagging.train(on: LocalCluster(workers: 3))
        return ensemble
    }
}
