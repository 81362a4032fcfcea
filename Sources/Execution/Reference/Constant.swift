import Tensors

extension Constant: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        guard let value = TensorValue(type: type, bytes: bytes) else {
            preconditionFailure("the shape rule admits as many bytes as the type says")
        }
        return [ReferenceTensor(value)]
    }
}
