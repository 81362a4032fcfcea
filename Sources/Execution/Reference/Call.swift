import Tensors

extension Call: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) throws(ExecutionError) -> [ReferenceTensor] {
        try ReferenceInterpreter().evaluated(body, on: operands)
    }
}
