import Optimizers
import Tensors

/// The coordinator's part of a step: the trunk moves by the sum of what the heads contributed.
struct TrunkStep: Sendable {
    let trunk: PackedNetwork

    /// Inputs: the trunk's `state`, and the contribution of each head.
    /// Outputs: the next `state`; the `losses` and which contributions are `finite`, `f32[heads]`.
    func program(heads: Int) throws -> Program {
        let count = trunk.parameters.count
        let contributions = (0..<heads).map { Port("contribution \($0)", TensorType(.f32, [count + 2])) }
        return try Program.trace([trunk.state.port("state")] + contributions) { inputs in
            let gradients = inputs[1...].map { $0.sliced(axis: 0, 0..<count) }
            let sum = gradients.dropFirst().reduce(gradients[0], +)  // Σₘ, in the order of the tasks
            func facts(_ place: Int) -> Tensor {
                concatenate(inputs[1...].map { $0.sliced(axis: 0, (count + place)..<(count + place + 1)) }, axis: 0)
            }
            return ["state": trunk.stepped(inputs[0], by: sum), "losses": facts(0), "finite": facts(1)]
        }
    }
}
