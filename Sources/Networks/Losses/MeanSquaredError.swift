public import Tensors

/// The mean over all elements of the squared distance from what should have come out.
///
/// - Parameters:
///   - predictions: What a model says, `[batch, …]`.
///   - targets: What is right, of the same shape.
/// - Returns: The loss, `[]`.
public func meanSquaredError(_ predictions: Tensor, targets: Tensor) -> Tensor {
    guard predictions.type == targets.type, predictions.element.isFloat else {
        return predictions.invalid(
            "mean_squared_error",
            with: [targets],
            because: "takes predictions and targets of one floating-point type and shape"
        )
    }
    let distance = predictions - targets
    return (distance * distance).mean()
}

/// The squared distance from what should have come out: the mean over the elements of each row, then over the rows by
/// weight, Σ wᵢ lᵢ / Σ wᵢ.
///
/// Whole weights give what as many copies of each row would give.
///
/// - Parameters:
///   - predictions: What a model says, `[batch, …]`.
///   - targets: What is right, of the same shape.
///   - weights: How much each row counts, `[batch]`: none negative, and not all 0.
/// - Returns: The loss, `[]`.
public func meanSquaredError(_ predictions: Tensor, targets: Tensor, weights: Tensor) -> Tensor {
    guard predictions.type == targets.type, predictions.element.isFloat, predictions.rank >= 1,
        weights.type == TensorType(predictions.element, [predictions.shape[0]])
    else {
        return predictions.invalid(
            "mean_squared_error",
            with: [targets, weights],
            because: "takes predictions and targets of one floating-point type and shape, and a weight for each row"
        )
    }
    let distance = predictions - targets
    return weightedMean((distance * distance).mean(over: Array(1..<predictions.rank)), weights)
}

/// Σ wᵢ lᵢ / Σ wᵢ for losses and weights `[batch]`.
func weightedMean(_ losses: Tensor, _ weights: Tensor) -> Tensor { (losses * weights).sum() / weights.sum() }
