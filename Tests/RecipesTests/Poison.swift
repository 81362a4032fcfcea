import Optimizers
import Tensors

/// Gradient descent that spoils a fit on purpose: in one step its update is NaN.
struct Poison: GradientTransform {
    /// The number of the step, from 0.
    var step: Int
    /// Spoils only fits whose first weight started above 0, as about half of them do.
    var onlyPositive = false

    func start(for parameters: Parameters) -> Parameters {
        let first = parameters.tensors[0].reshaped([parameters.tensors[0].shape.count]).sliced(axis: 0, 0..<1)
        return Parameters(names: ["step", "start"], tensors: [first.scalar(0), first])
    }

    func update(_ gradient: Parameters, state: inout Parameters, at parameters: Parameters) -> Parameters {
        let start = state["start"].reshaped(.scalar)
        let isNow = state["step"] .== Double(step)
        let isSpoilt = onlyPositive ? and(isNow, start .> 0) : isNow
        state["step"] = state["step"] + 1
        let nan = start.scalar(0) / start.scalar(0)
        return gradient.map { gradient in
            select(isSpoilt.broadcast(to: gradient.shape), nan.broadcast(to: gradient.shape), gradient * -0.1)
        }
    }
}
