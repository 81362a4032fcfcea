import Networks
import Optimizers
import Tensors

/// A head's part of a step, as a program that a worker runs.
///
/// Its contribution is one vector, so that one message brings it: η times the gradient of its loss on the trunk, then the
/// loss, then 1 if all that it made is finite and 0 if not.
struct HeadStep: Sendable {
    let trunk: PackedNetwork
    let head: PackedNetwork
    let target: TaskTarget
    let rows: Int
    let featureCount: Int
    let batch: Int

    /// Inputs: the `trunk` and the `head`; the task's `features`, `labels` and which are `present`; the `order` of the rows
    /// in this epoch, and which `batch` of it; the `weight` η.
    /// Outputs: the `contribution` and the next `head`.
    func program() throws -> Program {
        let ports = [
            trunk.parameters.port("trunk"), head.state.port("head"),
            Port("features", TensorType(.f32, [rows, featureCount])),
            Port("labels", TensorType(target.element, [rows])), Port("present", TensorType(.f32, [rows])),
            Port("order", TensorType(.i32, [rows])), Port("batch", TensorType(.i32, [])),
            Port("weight", TensorType(.f32, [])),
        ]
        return try Program.trace(ports) { inputs in
            let places = inputs[6] * Double(batch) + inputs[6].iota(.i32, [batch], axis: 0)
            let drawn = inputs[5].rows(at: remainder(places, by: Double(rows)))  // the last batch wraps round
            let x = inputs[2].rows(at: drawn)
            let (labels, present) = (inputs[3].rows(at: drawn), inputs[4].rows(at: drawn))
            let state = head.unpacked(inputs[1])
            let point = Pair(trunk.parameters.unpacked(inputs[0]), state.parameters)
            let (_, loss, gradient) = valueAndGradient(at: point) { parameters in
                let shared = trunk.model(x, parameters.first)
                let outputs = head.model(shared, parameters.second)
                let loss = target.loss(outputs, labels: labels, present: present)
                return (loss * inputs[7], loss)
            }
            let onTrunk = PackedLayout.packed(gradient.first)
            let nextHead = PackedLayout.packed(state.stepped(by: gradient.second, head.optimizer).named)
            let isFinite = (onTrunk * 0).sum() + (nextHead * 0).sum() + loss * 0 .== 0
            let facts = [loss, isFinite.converted(to: .f32)].map { $0.reshaped([1]) }
            return ["contribution": concatenate([onTrunk] + facts, axis: 0), "head": nextHead]
        }
    }
}
