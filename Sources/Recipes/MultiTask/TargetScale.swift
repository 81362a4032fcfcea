import Tensors

/// The mean and spread of the numbers that a task predicts.
///
/// A head learns (y − mean) / scale, so that the losses of unlike tasks are of one size, and what it says is turned back.
public struct TargetScale: Hashable, Sendable {
    /// The mean of the numbers in the training rows, in their units.
    public let mean: Float
    /// Their standard deviation (divided by n), more than 0; 1 when they do not vary.
    public let scale: Float

    /// A scale that was stored with a model.
    ///
    /// - Throws: `RecipeError.weights` unless both are finite and the scale is positive.
    public init(mean: Float, scale: Float) throws(RecipeError) {
        guard mean.isFinite, scale.isFinite, scale > 0 else {
            throw .weights("a target's mean is \(mean) and its scale \(scale), which must be finite and positive")
        }
        self.mean = mean
        self.scale = scale
    }

    /// The scale of some numbers, of which there is at least one. Sums are taken in `Double`, in order, first for the mean
    /// and then for the squared distances from it.
    init(fittedOn numbers: [Float]) {
        let mean = numbers.reduce(0.0) { $0 + Double($1) } / Double(numbers.count)
        let squares = numbers.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        let deviation = Float((squares / Double(numbers.count)).squareRoot())
        let varies = numbers.contains { $0 != numbers[0] }
        self.mean = varies ? Float(mean) : numbers[0]
        scale = varies && deviation > 0 ? deviation : 1
    }

    /// (y − mean) / scale, each operation rounded to `f32`.
    func applied(to number: Float) -> Float { (number - mean) / scale }
}
