public import Tensors

/// How parameters start.
public enum Initializer {
    /// Evenly spread over ±√(6 / (fan in + fan out)), `f32`. Glorot and Bengio 2010, eq. 16.
    ///
    /// - Parameters:
    ///   - shape: `[inputs, outputs]`, or with further axes in front that count for both.
    ///   - key: Where the numbers are drawn from.
    /// - Returns: a tensor of `shape`.
    public static func glorotUniform(_ shape: Shape, key: Key) -> Tensor {
        let limit = (6 / fans(of: shape)).squareRoot()
        return (key.uniform(shape) * 2 - 1) * limit
    }

    /// Normal with deviation √(2 / fan in), `f32`. He et al. 2015, eq. 10.
    public static func heNormal(_ shape: Shape, key: Key) -> Tensor {
        key.normal(shape) * (2 / Double(shape.count / max(1, shape[-1]))).squareRoot()
    }

    private static func fans(of shape: Shape) -> Double {
        let around = shape.sizes.dropLast(2).reduce(1, *)
        return Double(around * (shape[-1] + (shape.rank > 1 ? shape[-2] : 1)))
    }
}
