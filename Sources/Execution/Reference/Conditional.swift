import Tensors

extension Conditional: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) throws(ExecutionError) -> [ReferenceTensor] {
        let predicate = operands[0]
        var lanes: [[ReferenceTensor]] = []
        for (lane, holds) in predicate.integers.enumerated() {
            let own = operands.dropFirst().enumerated().map { index, operand in
                laned.contains(index) ? operand.part(lane, of: predicate.shape) : operand
            }
            lanes.append(try ReferenceInterpreter().evaluated(holds == 1 ? onTrue : onFalse, on: own))
        }
        return types.indices.map { result in .stacked(lanes.map { $0[result] }, as: types[result]) }
    }
}

extension ReferenceTensor {
    /// The slice at one index, in row-major order, of the first axes.
    fileprivate func part(_ index: Int, of axes: Shape) -> ReferenceTensor {
        let shape = Shape(Array(shape.sizes.dropFirst(axes.rank)))
        return taking((0..<shape.count).map { index * shape.count + $0 }, shape: shape)
    }
}
