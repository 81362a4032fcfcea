import Datasets
import Networks
import Optimizers
import Tensors

/// What the tasks of meta-training run.
struct MAMLPrograms {
    /// The network, and how it makes one vector.
    let network: PackedNetwork
    private let shards: Traced<Int, Program>
    /// A step of the optimiser; see `MAMLTracing.update`.
    let update: Program
    private let evaluations: Traced<Int, Program>

    init(_ maml: MAML) throws {
        let tracing = try MAMLTracing(maml)
        network = tracing.network
        shards = try Traced(maml.shards.map(\.count)) { try tracing.shard(tasks: $0) }
        update = try tracing.update(shards: maml.shards.count)
        evaluations = try Traced(maml.evaluationBlocks.map(\.count)) { try tracing.evaluation(tasks: $0) }
    }

    /// The meta-gradient of some tasks; see `MAMLTracing.shard`.
    func shard(tasks: Int) -> Program { shards[tasks] }
    /// The figures of some tasks; see `MAMLTracing.evaluation`.
    func evaluation(tasks: Int) -> Program { evaluations[tasks] }
}

extension MAML {
    /// What its tasks run.
    package func programs() throws -> [NamedProgram] {
        let programs = try MAMLPrograms(self)
        return .numbered("meta-gradient", shards.map(\.count).distinct.map(programs.shard))
            + .numbered("update", [programs.update])
            + .numbered("evaluation", evaluationBlocks.map(\.count).distinct.map(programs.evaluation))
    }
}

/// Writes the programs of meta-training.
struct MAMLTracing {
    let network: PackedNetwork
    private let learner: EpisodeLearner
    private let inner: InnerLoop
    private let tasks: any EpisodeSource
    private let heldOut: any EpisodeSource
    private let evaluationSteps: Int

    init(_ maml: MAML) throws {
        learner = EpisodeLearner(model: maml.model, kind: maml.tasks.kind)
        inner = maml.inner
        tasks = maml.tasks
        heldOut = maml.heldOut
        evaluationSteps = maml.evaluation.steps
        let example = maml.tasks.exampleShape
        network = try PackedNetwork(maml.model, as: "model", example: example, optimizer: maml.optimizer)
    }

    private let rate = Port("inner rate", TensorType(.f32, []))
    private var parameters: Port { network.parameters.port("parameters") }

    private static func keys(_ count: Int) -> Port { Port("keys", TensorType(.u32, [count, 2])) }

    private static func tables(of source: any EpisodeSource) -> [Port] {
        source.tables.map { Port("episodes." + $0.name, $0.value.type) }
    }

    /// The meta-gradient of some tasks.
    ///
    /// Inputs: `parameters`, the `inner rate`, one key for each task, and the tables of the episodes. Outputs: `gradient`,
    /// summed over the tasks of which all is finite, and `report [tasks, 3]`: the loss on the support examples before
    /// adaptation, that on the query examples after it, and the first inner step at which the loss was not finite, or −1.
    /// The number of inner steps stands for the loss after them, and for its gradient.
    func shard(tasks count: Int) throws -> Program {
        try Program.trace([parameters, rate, Self.keys(count)] + Self.tables(of: tasks)) { inputs in
            let start = network.parameters.unpacked(inputs[0])
            let (rate, tables) = (inputs[1], Array(inputs[3...]))
            let lanes = vmap(Key(inputs[2])) { key in
                let episode = tasks.episode(key, from: tables)
                let meta = inner.metaGradient(
                    at: start,
                    rate: rate,
                    support: { learner.loss($0, on: episode.support) },
                    query: { learner.loss($0, on: episode.query) }
                )
                return Pair(PackedLayout.packed(meta.gradient), meta.losses)
            }
            let (gradients, losses) = (lanes.first, lanes.second)  // [tasks, parameters], [tasks, steps + 1]
            // x · 0 is 0 for whatever is finite, and NaN for the rest.
            let after = losses.sliced(axis: 1, inner.steps..<(inner.steps + 1)).reshaped([count])
            let last = after * 0 + (gradients * 0).sum(over: [1])
            let before = losses.sliced(axis: 1, 0..<inner.steps)
            let zeros = concatenate([before * 0, last.reshaped([count, 1])], axis: 1)
            let broken = (zeros .!= zeros.filled(0)).converted(to: .i32)
            let firstBroken = broken.argMax(axis: 1)
            let step = select(broken.maximum(over: [1]) .> 0, firstBroken, firstBroken.filled(-1))
            let isWhole = (step .< 0).broadcast(to: gradients.shape, axes: [0])
            let first = losses.sliced(axis: 1, 0..<1).reshaped([count])
            let columns = [first, after, step.converted(to: .f32)].map { $0.reshaped([count, 1]) }
            return [
                "gradient": select(isWhole, gradients, gradients.filled(0)).sum(over: [0]),
                "report": concatenate(columns, axis: 1),
            ]
        }
    }

    /// A step of the optimiser by the mean of the tasks' gradients.
    ///
    /// Inputs: the `state`, the `number` of tasks that count, and each shard's gradient. Output: the next `state`. The
    /// shards' sums are added in their order.
    func update(shards count: Int) throws -> Program {
        let number = Port("number", TensorType(.f32, []))
        let gradients = (0..<count).map { network.parameters.port("gradient \($0)") }
        return try Program.trace([network.state.port("state"), number] + gradients) { inputs in
            let sum = inputs[3...].reduce(inputs[2], +)
            return ["state": network.stepped(inputs[0], by: sum / inputs[1])]
        }
    }

    /// How held-out tasks go, step by step of adaptation.
    ///
    /// Inputs as those of `shard`. Outputs: `losses [tasks, steps + 1]` on the query examples before the first step and
    /// after each, and for classes `accuracies` of the same shape.
    func evaluation(tasks count: Int) throws -> Program {
        try Program.trace([parameters, rate, Self.keys(count)] + Self.tables(of: heldOut)) { inputs in
            let start = network.parameters.unpacked(inputs[0])
            let (rate, tables) = (inputs[1], Array(inputs[3...]))
            let single = InnerLoop(rate: inner.rate, steps: 1, order: .first)
            let figures = vmap(Key(inputs[2])) { key in
                let episode = heldOut.episode(key, from: tables)
                return scan(start, count: evaluationSteps + 1) { point, _ in
                    let next = single.adapted(from: point, rate: rate) {
                        learner.loss($0, on: episode.support)
                    }
                    return (next.point, learner.figures(point, on: episode.query))
                }.outputs
            }
            return zip(["losses", "accuracies"], figures).map { (name: $0, tensor: $1) }
        }
    }
}
