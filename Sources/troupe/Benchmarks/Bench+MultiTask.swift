import Datasets
import Execution
import Networks
import Optimizers
import Recipes
import Tasks
import Tensors

extension Bench {
    /// A trunk 64-128-128 and eight heads 128-32-k, four for a number and four for ten classes; batches of 64, Adam at 0.001.
    static let multitask = Bench(name: "multitask", measures: "steps of a trunk with eight heads, on one core") {
        let example = MultiTaskExample()
        let steps = 500
        let job = try example.job(steps: steps)
        let cluster = InlineCluster()
        let recipe = try await Figure.medianSeconds(runs: 5) { _ = try await job.train(on: cluster) }
        let program = try example.fused(steps: steps)
        let compiled = try cluster.local.compile(program)
        let inputs = [RandomKey(seed: 0).value, example.x] + example.labels.map(\.tensor)
        let fused = try await Figure.medianSeconds(runs: 5) { _ = try compiled.run(inputs) }
        return [
            Figure(metric: "step_rate", value: Double(steps) / recipe, unit: "1/s", runs: 5),
            Figure(metric: "fused_step_rate", value: Double(steps) / fused, unit: "1/s", runs: 5),
        ]
    }
}

/// The network and its one batch.
private struct MultiTaskExample {
    let x: TensorValue
    let labels: [Labels]

    private let batch = 64
    private let trunk = Sequential {
        Dense(128)
        ReLU()
        Dense(128)
        ReLU()
    }

    init() {
        func numbers(_ name: String, _ count: Int) -> [Float] {
            RandomKey(seed: 0).child(name).bits(count).map { Float($0 >> 8) * 0x1p-23 - 1 }
        }
        x = TensorValue(numbers("x", 64 * 64), shape: [64, 64])
        labels = (0..<8).map { task in
            let says = numbers("task \(task)", 64)
            guard task >= 4,
                let classes = try? ClassLabels(says.map { Int32(($0 + 1) * 5) }, names: (0..<10).map(String.init))
            else { return .numbers(TensorValue(says)) }
            return .classes(classes)
        }
    }

    private func head(_ task: Int) -> Sequential {
        Sequential {
            Dense(32)
            ReLU()
            Dense(task < 4 ? 1 : 10)
        }
    }

    /// The heads as tasks of their own.
    func job(steps: Int) throws -> MultiTask {
        let columns = try labels.enumerated().map { try LabelColumn("task \($0)", labels: $1) }
        let table = try MultiLabelTable(name: "bench", features: x, labels: columns)
        let tasks = columns.indices.map { PredictionTask("task \($0)", head: head($0), training: table) }
        return try MultiTask(
            trunk: trunk,
            tasks: tasks,
            optimizer: adam(),
            epochs: steps,
            batch: batch,
            baselines: false
        )
    }

    /// The same steps as one program on one machine: what the assignment of heads costs is the difference.
    func fused(steps: Int) throws -> Program {
        let ports =
            [Port("key", TensorType(.u32, [2])), Port("x", x.type)]
            + labels.enumerated().map { Port("labels \($0)", $1.tensor.type) }
        let optimizer = adam()
        return try Program.trace(ports) { inputs in
            var start = Parameters()
            start.add(try trunk.parameters(for: [64], key: Key(inputs[0])["trunk"]), below: "trunk")
            for task in labels.indices {
                let key = Key(inputs[0])["head \(task)"]
                start.add(try head(task).parameters(for: [128], key: key), below: "head \(task)")
            }
            let trained = scan(Pair(start, optimizer.start(for: start)), count: steps) { state, _ in
                let gradient = gradient(at: state.first) { parameters in
                    let shared = trunk(inputs[1], parameters.below("trunk"))
                    let losses = labels.indices.map { task in
                        let outputs = head(task)(shared, parameters.below("head \(task)"))
                        let labels = inputs[2 + task]
                        return task < 4
                            ? meanSquaredError(outputs, targets: labels.reshaped([batch, 1]))
                            : softmaxCrossEntropy(outputs, labels: labels)
                    }
                    return losses.dropFirst().reduce(losses[0], +)
                }
                var next = state
                next.first = optimizer.step(state.first, gradient: gradient, state: &next.second)
                return (next, Nothing())
            }
            return trained.carry.first.outputs
        }
    }
}
