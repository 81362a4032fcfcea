import Datasets
import Networks
import Optimizers
import Tensors

/// What the tasks of meta-training run.
struct MAMLPrograms {
    /// The network, and how it makes one vector.
    let network: PackedNetwork
    private let shards: TracedOnDemand<Int>
    private let segments: TracedOnDemand<Int>
    private let diagnoses: TracedOnDemand<Int>
    /// A step of the optimiser; see `MAMLTracing.update`.
    let update: Program
    private let evaluations: Traced<Int, Program>

    init(_ maml: MAML) throws {
        let tracing = try MAMLTracing(maml)
        network = tracing.network
        shards = TracedOnDemand { try tracing.shard(tasks: $0) }
        segments = TracedOnDemand { try tracing.segment(iterations: $0, batch: maml.batch) }
        diagnoses = TracedOnDemand { try tracing.diagnosis(tasks: $0) }
        update = try tracing.update(shards: maml.shards.count)
        evaluations = try Traced(maml.evaluationBlocks.map(\.count)) { try tracing.evaluation(tasks: $0) }
    }

    /// The meta-gradient of some tasks; see `MAMLTracing.shard`.
    func shard(tasks: Int) throws -> Program { try shards[tasks] }
    /// Some iterations with all their tasks; see `MAMLTracing.segment`.
    func segment(iterations: Int) throws -> Program { try segments[iterations] }
    /// What each of some tasks contributes; see `MAMLTracing.diagnosis`.
    func diagnosis(tasks: Int) throws -> Program { try diagnoses[tasks] }
    /// The figures of some tasks; see `MAMLTracing.evaluation`.
    func evaluation(tasks: Int) -> Program { evaluations[tasks] }
}

extension MAML {
    /// What its tasks run.
    package func programs() throws -> [NamedProgram] {
        let programs = try MAMLPrograms(self)
        let steps: [NamedProgram] =
            shards.count > 1
            ? .numbered("meta-gradient", try shards.map(\.count).distinct.map(programs.shard))
            : .numbered("meta-batches", try segments.lengths.map(programs.segment))
        return try steps + .numbered("update", [programs.update])
            + .numbered("diagnosis", shards.map(\.count).distinct.map(programs.diagnosis))
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
    /// summed over the tasks; `losses [tasks, 2]`, on the support examples before adaptation and on the query examples after
    /// it; and `is finite`, `i32[]`, 1 when these are, and the losses on the way and the gradient, else 0.
    func shard(tasks count: Int) throws -> Program {
        try Program.trace([parameters, rate, Self.keys(count)] + Self.tables(of: tasks)) { inputs in
            let start = network.parameters.unpacked(inputs[0])
            let meta = metaGradient(at: start, rate: inputs[1], keys: inputs[2], tables: Array(inputs[3...]))
            return [
                "gradient": PackedLayout.packed(meta.gradient),
                "losses": meta.losses.ends,
                "is finite": meta.isFinite.converted(to: .i32),
            ]
        }
    }

    /// The gradient of the sum of some tasks' losses. It stands outside of the lanes, so that all adapt from the same
    /// weights: one product takes all tasks' rows through a layer, and one sums up what they contribute to its weights'
    /// gradient.
    private func metaGradient(
        at start: Parameters,
        rate: Tensor,
        keys: Tensor,
        tables: [Tensor]
    ) -> (gradient: Parameters, losses: TaskLosses, isFinite: Tensor) {
        let (_, losses, gradient) = valueAndGradient(at: start) { point in
            let lanes = vmap(Key(keys)) { key in
                let episode = tasks.episode(key, from: tables)
                let (end, losses) = inner.adapted(from: point, rate: rate) { learner.loss($0, on: episode.support) }
                return TaskLosses(support: losses, query: learner.loss(end, on: episode.query))
            }
            return (lanes.query.sum(), lanes)
        }
        let all = (losses.tensors + gradient.tensors).map { $0.reshaped([$0.shape.count]) }
        return (gradient, losses, concatenate(all, axis: 0).allFinite)
    }

    /// What each of some tasks contributes to their meta-gradient: for tasks whose `shard` is not finite.
    ///
    /// It takes longer than `shard`, and sums in another order. Inputs as there. Outputs: `gradient`, summed over the tasks
    /// of which all is finite; `losses` as there; and `divergence`, `i32 [tasks]`, the first inner step at which the loss was
    /// not finite, or −1. The number of inner steps stands for the loss after them, and for its gradient.
    func diagnosis(tasks count: Int) throws -> Program {
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
                return Pair(PackedLayout.packed(meta.gradient), TaskLosses(meta.losses, steps: inner.steps))
            }
            let (gradients, losses) = (lanes.first, lanes.second)  // [tasks, parameters]
            let isLastFinite = and(losses.query.isFinite, gradients.allFinite(over: [1]))
            let isBroken = concatenate(
                [losses.support.isFinite, isLastFinite.reshaped([count, 1])].map { (.!$0).converted(to: .i32) },
                axis: 1
            )  // [tasks, steps + 1]
            let first = isBroken.argMax(axis: 1)
            let divergence = select(isBroken.maximum(over: [1]) .> 0, first, first.filled(-1))
            let isWhole = (divergence .< 0).broadcast(to: gradients.shape, axes: [0])
            return [
                "gradient": select(isWhole, gradients, gradients.filled(0)).sum(over: [0]),
                "losses": losses.ends,
                "divergence": divergence,
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

    /// Some iterations with all their tasks, one after another. Many give the bits that they give one by one. `shard` and
    /// `update` do the same, but round elsewhere: a program is simplified as a whole.
    ///
    /// Inputs: the `state`, the `inner rate`, one key for each task of each iteration, and the tables of the episodes.
    /// Outputs: the next `state`; `losses [iterations, tasks, 2]` as those of `shard`; and `divergence`, `i32[]`, the first
    /// iteration of which not everything is finite, or −1. The state is that before this iteration, and losses from there on
    /// say nothing.
    func segment(iterations count: Int, batch: Int) throws -> Program {
        let ports = [network.state.port("state"), rate, Port("keys", TensorType(.u32, [count, batch, 2]))]
        return try Program.trace(ports + Self.tables(of: tasks)) { inputs in
            let (rate, keys, tables) = (inputs[1], inputs[2], Array(inputs[3...]))
            let start = TrainingState(network: network.unpacked(inputs[0]), divergence: rate.scalar(-1, of: .i32))
            let numbers = rate.iota(.i32, [count], axis: 0)
            let (end, losses) = scan(start, over: Pair(numbers, keys)) { state, inputs in
                let now = state.network
                let meta = metaGradient(at: now.parameters, rate: rate, keys: inputs.second, tables: tables)
                let stepped = now.stepped(by: meta.gradient.map { $0 / Double(batch) }, network.optimizer)
                var next = state
                next.note(step: inputs.first, isFinite: meta.isFinite)
                let isWhole = next.divergence .< 0
                next.network = now.with(
                    zip(now.tensors, stepped.tensors).map { select(isWhole.broadcast(to: $0.shape), $1, $0) }
                )
                return (next, meta.losses.ends)
            }
            return [
                "state": PackedLayout.packed(end.network.named),
                "losses": losses,
                "divergence": end.divergence,
            ]
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

/// The losses of tasks while they adapt.
private struct TaskLosses: TensorGroup {
    /// On the support examples, before each step: `[steps]`, or in lanes `[tasks, steps]`.
    var support: Tensor
    /// On the query examples, after all steps: a scalar, or in lanes `[tasks]`.
    var query: Tensor

    var tensors: [Tensor] { [support, query] }
    func with(_ tensors: [Tensor]) -> TaskLosses { TaskLosses(support: tensors[0], query: tensors[1]) }

    /// Of lanes, before adaptation and after it: `[tasks, 2]`.
    var ends: Tensor {
        concatenate([support.sliced(axis: 1, 0..<1), query.reshaped([query.shape.count, 1])], axis: 1)
    }
}

extension TaskLosses {
    /// Takes apart the losses of one task on the way, `[steps + 1]`.
    init(_ losses: Tensor, steps: Int) {
        support = losses.sliced(axis: 0, 0..<steps)
        query = losses.sliced(axis: 0, steps..<(steps + 1)).reshaped(.scalar)
    }
}
