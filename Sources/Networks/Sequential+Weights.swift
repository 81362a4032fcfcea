public import Tensors

extension Sequential {
    /// How many weights each layer has, for examples of a shape: `Int.max` where it cannot be said.
    ///
    /// - Throws: `LayerError` when a layer cannot take what the one before makes.
    public func weightCounts(for input: Shape) throws -> [Int] {
        var shape = input
        return try layers.map { layer in
            let next = try layer.outputShape(for: shape)
            let outputs = try Program.trace([Port("key", TensorType(.u32, [2]))]) { inputs in
                layer.parameters(for: shape, key: Key(inputs[0])).outputs
            }.outputs
            shape = next
            return outputs.map(\.type.shape.count).reduce(0) { $0.addingClamped($1) }
        }
    }
}

extension Int {
    fileprivate func addingClamped(_ other: Int) -> Int {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}
