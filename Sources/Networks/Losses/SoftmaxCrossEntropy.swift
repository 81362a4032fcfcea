public import Tensors

/// log softmax over the last axis: x − max x − log Σ exp(x − max x), which no input overflows.
public func logSoftmax(_ logits: Tensor) -> Tensor {
    let last = [logits.rank - 1]
    let kept = Array(0..<max(0, logits.rank - 1))
    let top = logits.stoppingGradient().maximum(over: last).broadcast(to: logits.shape, axes: kept)
    let shifted = logits - top
    let normaliser = shifted.exponential().sum(over: last).log()
    return shifted - normaliser.broadcast(to: logits.shape, axes: kept)
}

/// softmax over the last axis: exp(x − max x) / Σ exp(x − max x).
public func softmax(_ logits: Tensor) -> Tensor {
    let last = [logits.rank - 1]
    let kept = Array(0..<max(0, logits.rank - 1))
    let top = logits.stoppingGradient().maximum(over: last).broadcast(to: logits.shape, axes: kept)
    let powers = (logits - top).exponential()
    return powers / powers.sum(over: last).broadcast(to: logits.shape, axes: kept)
}

/// The cross-entropy of the true classes, −log softmax(logits)[label], averaged over the batch.
///
/// - Parameters:
///   - logits: Scores before softmax, `[batch, classes]`.
///   - labels: The true class of each row, `i32[batch]`, in `0..<classes`.
/// - Returns: The loss in nats, `[]`.
public func softmaxCrossEntropy(_ logits: Tensor, labels: Tensor) -> Tensor {
    guard logits.rank == 2, labels.shape == [logits.shape[0]] else {
        return logits.invalid(
            "softmax_cross_entropy",
            with: [labels],
            because: "takes logits [batch, classes] and labels [batch]"
        )
    }
    return -(labelScores(logits, labels).mean())
}

/// The cross-entropy of the true classes, lᵢ = −log softmax(logits)[label], over the batch by weight: Σ wᵢ lᵢ / Σ wᵢ.
///
/// Whole weights give what as many copies of each row would give.
///
/// - Parameters:
///   - logits: Scores before softmax, `[batch, classes]`.
///   - labels: The true class of each row, `i32[batch]`, in `0..<classes`.
///   - weights: How much each row counts, `[batch]`: none negative, and not all 0.
/// - Returns: The loss in nats, `[]`.
public func softmaxCrossEntropy(_ logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor {
    guard logits.rank == 2, labels.shape == [logits.shape[0]],
        weights.type == TensorType(logits.element, labels.shape)
    else {
        return logits.invalid(
            "softmax_cross_entropy",
            with: [labels, weights],
            because: "takes logits [batch, classes], labels [batch] and weights [batch]"
        )
    }
    return -weightedMean(labelScores(logits, labels), weights)
}

/// log softmax(logits)[label] of each row.
private func labelScores(_ logits: Tensor, _ labels: Tensor) -> Tensor {
    let classes = logits.iota(.i32, logits.shape, axis: 1)
    let isLabel = classes .== labels.broadcast(to: logits.shape, axes: [0])
    let scores = logSoftmax(logits)
    return select(isLabel, scores, scores.filled(0)).sum(over: [1])
}
