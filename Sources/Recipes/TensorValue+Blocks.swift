import Tensors

extension TensorValue {
    /// Refuses what is not a table of rows of features.
    ///
    /// - Throws: `RecipeError.featureCount`.
    func requireFeatures(_ width: Int) throws(RecipeError) {
        guard shape.rank == 2, type.element == .f32, shape[1] == width else {
            throw .featureCount(found: shape.sizes.last ?? 0, needed: width)
        }
    }

    /// The rows of a table, some at a time, so that a prediction's memory does not grow with their number.
    ///
    /// - Parameter width: The number of features that there must be.
    /// - Returns: tables of at most 1024 rows, in order.
    /// - Throws: `RecipeError.featureCount` for a table of another width.
    func blocks(width: Int) throws(RecipeError) -> [TensorValue] {
        try requireFeatures(width)
        return (0..<shape[0]).cut(into: 1024).compactMap { range in
            let stride = width * ElementType.f32.byteCount
            let bytes = Array(bytes[(range.lowerBound * stride)..<(range.upperBound * stride)])
            return TensorValue(type: TensorType(.f32, [range.count, width]), bytes: bytes)
        }
    }
}
