import Datasets
import Networks
import Tensors

/// A network on the examples of episodes.
struct EpisodeLearner {
    let model: Sequential
    let kind: EpisodeKind

    /// The loss that a task is learned by: cross-entropy of classes, mean squared error of numbers.
    func loss(_ parameters: Parameters, on examples: Examples) -> Tensor {
        let says = model(examples.x, parameters)
        return switch kind {
        case .classification: softmaxCrossEntropy(says, labels: examples.y)
        case .regression: meanSquaredError(says, targets: examples.y)
        }
    }

    /// The loss, and for classes the share of the examples that are called right.
    func figures(_ parameters: Parameters, on examples: Examples) -> [Tensor] {
        let says = model(examples.x, parameters)
        switch kind {
        case .classification:
            let isRight = (says.argMax(axis: 1) .== examples.y).converted(to: .f32)
            return [softmaxCrossEntropy(says, labels: examples.y), isRight.mean()]
        case .regression: return [meanSquaredError(says, targets: examples.y)]
        }
    }
}
