import Tensors

/// Where a fit is: the network that learns, and whether its loss has diverged.
struct TrainingState: TensorGroup {
    var network: NetworkState
    /// The first step whose loss was infinite or NaN, `i32[]`; −1 when there was none.
    var divergence: Tensor

    var tensors: [Tensor] { network.tensors + [divergence] }

    func with(_ tensors: [Tensor]) -> TrainingState {
        let parts = Pair(network, divergence).with(tensors)
        return TrainingState(network: parts.first, divergence: parts.second)
    }

    /// The network's tensors by name, and `divergence`.
    var named: Parameters {
        var all = network.named
        all["divergence"] = divergence
        return all
    }

    /// Notes a step that diverged, unless an earlier one did.
    mutating func note(step: Tensor, isFinite: Tensor) {
        divergence = select(and(divergence .< 0, .!isFinite), step, divergence)
    }

    /// Whether no weight is infinite or NaN, `bool[]`.
    var isFinite: Tensor {
        network.parameters.tensors.reduce(divergence .== divergence) { and($0, $1.allFinite) }
    }
}

extension TrainingState {
    /// Reads what `named` wrote.
    init(named: Parameters) {
        self.init(network: NetworkState(named: named), divergence: named["divergence"])
    }
}

extension Tensor {
    /// Whether each element of an `f32` tensor is neither infinite nor NaN, `bool`.
    var isFinite: Tensor { absolute() .<= Double(Float.greatestFiniteMagnitude) }

    /// Whether no element of an `f32` tensor is infinite or NaN, `bool[]`, or along some axes.
    func allFinite(over axes: [Int]? = nil) -> Tensor { isFinite.converted(to: .i32).minimum(over: axes) .== 1 }

    /// Whether no element of an `f32` tensor is infinite or NaN, `bool[]`.
    var allFinite: Tensor { allFinite() }
}
