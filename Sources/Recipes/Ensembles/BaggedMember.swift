import Datasets
import Networks
import Optimizers
import Tensors

/// One member of a bagging ensemble as programs, in which several members are lanes.
struct BaggedMember {
    private let learner: Learner
    private let rowCount: Int
    private let featureCount: Int
    private let classCount: Int
    private let sampleCount: Int
    private let visibleFeatures: Int
    private let vote: Vote
    /// The names of a member's weights: the parameters', and `features` for the mask of those it sees.
    let weightNames: [String]
    private let state: [Port]
    private let weights: [Port]

    init(_ bagging: Bagging) throws {
        learner = bagging.learner
        rowCount = bagging.data.rowCount
        featureCount = bagging.data.featureCount
        classCount = try bagging.data.classes.names.count
        sampleCount = bagging.sampleCount
        visibleFeatures = bagging.visibleFeatures
        vote = bagging.vote
        let example: Shape = [featureCount]
        let masks = visibleFeatures < featureCount ? [Port("features", TensorType(.f32, example))] : []
        state = try learner.statePorts(for: example)
        weights = try learner.model.parameterPorts(for: example) + masks
        weightNames = weights.map(\.name)
    }

    private var isMasked: Bool { visibleFeatures < featureCount }

    private func port(_ port: Port, lanes: Int) -> Port {
        Port(port.name, TensorType(port.type.element, Shape([lanes] + port.type.shape.sizes)))
    }

    private var table: Port { Port("x", TensorType(.f32, [rowCount, featureCount])) }

    private func keys(lanes: Int) -> Port { Port("keys", TensorType(.u32, [lanes, 2])) }

    /// The rows that a member draws with replacement, `i32[sample]`.
    private func bootstrap(_ key: Key) -> Tensor { key["bootstrap"].integers(below: rowCount, [sampleCount]) }

    /// 1 for each feature that a member sees and 0 for the others, `f32[features]`.
    private func mask(_ key: Key) -> Tensor {
        let visible = key["features"].permutation(featureCount).sliced(axis: 0, 0..<visibleFeatures)
        let ones = key.tensor.scalar(1, of: .f32).broadcast(to: [visibleFeatures])
        return key.tensor.scalar(0, of: .f32).broadcast(to: [featureCount]).adding(ones, at: visible)
    }

    /// Some epochs of training.
    ///
    /// Inputs: `x`, `labels`, `keys`, the number of the `first epoch` and, unless it is 0, the state. Outputs: the state or,
    /// after the last epoch, the weights and `divergence`, the first step of each member whose loss was not finite, or −1.
    func fit(lanes: Int, _ segment: FitSegment) throws -> Program {
        let carried = segment.isFirst ? [] : state.map { port($0, lanes: lanes) }
        let labels = Port("labels", TensorType(.i32, [rowCount]))
        let first = Port("first epoch", TensorType(.i32, []))
        return try Program.trace([table, labels, keys(lanes: lanes), first] + carried) { inputs in
            let (x, labels, first) = (inputs[0], inputs[1], inputs[3])
            let states = Parameters(names: carried.map(\.name), tensors: Array(inputs[4...]))
            let results = try vmap(Pair(Key(inputs[2]), states)) { lane in
                let key = lane.first
                let rows = bootstrap(key)
                let mask = isMasked ? mask(key) : nil
                let start =
                    segment.isFirst
                    ? try learner.start(example: [featureCount], key: key["weights"])
                    : TrainingState(named: lane.second)
                let trained = learner.fit(
                    start,
                    segment,
                    from: first,
                    rows: sampleCount,
                    key: key["order"]
                ) { places in
                    let drawn = rows.rows(at: places)
                    let batch = x.rows(at: drawn)
                    return LabelledRows(x: mask.map { batch * $0 } ?? batch, labels: labels.rows(at: drawn))
                }
                guard segment.isLast else { return trained.named }
                var weights = trained.network.parameters
                if let mask { weights["features"] = mask }
                weights["divergence"] = trained.divergence
                return weights
            }
            return results.outputs
        }
    }

    /// What members say of the rows that they did not draw.
    ///
    /// Inputs: `x`, `keys`, the weights and `divergence`. Outputs: `votes [rows, classes]`, summed over the members that did
    /// not diverge, and `voters [rows]`, how many they are.
    func outOfBagVotes(lanes: Int) throws -> Program {
        let divergence = Port("divergence", TensorType(.i32, [lanes]))
        let ports = [table, keys(lanes: lanes)] + weights.map { port($0, lanes: lanes) } + [divergence]
        return try Program.trace(ports) { inputs in
            let x = inputs[0]
            let members = Parameters(names: weightNames, tensors: Array(inputs[2..<(inputs.count - 1)]))
            let lanes = Pair(Key(inputs[1]), Pair(members, inputs[inputs.count - 1]))
            let says = vmap(lanes) { lane in
                let (weights, hasVote) = (lane.second.first, lane.second.second .< 0)
                let zeros = x.scalar(0).broadcast(to: [rowCount])
                let drawn = zeros.adding(x.scalar(1).broadcast(to: [sampleCount]), at: bootstrap(lane.first))
                let isOut = and(drawn .== 0, hasVote).converted(to: .f32)
                let says = vote.ballots(learner.model.logits(x, weights: weights))
                let ballots = select(hasVote.broadcast(to: says.shape), says, says.filled(0))
                return Pair(ballots * isOut.broadcast(to: ballots.shape, axes: [0]), isOut)
            }
            return ["votes": says.first.sum(over: [0]), "voters": says.second.sum(over: [0])]
        }
    }
}

extension Sequential {
    /// Scores before softmax by an ensemble member's weights, whose `features` mask what it sees.
    func logits(_ x: Tensor, weights: Parameters) -> Tensor {
        self(weights.names.contains("features") ? x * weights["features"] : x, weights)
    }
}
