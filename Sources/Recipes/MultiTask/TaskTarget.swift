import Datasets
import Networks
import Tensors

/// What a head predicts.
public enum TaskTarget: Hashable, Sendable {
    /// One of these classes; the loss is the cross-entropy of the softmax.
    case classes([String])
    /// A number; the loss is the squared error in standardised units.
    case number(TargetScale)

    /// What labels are, by those that are present.
    init(_ column: LabelColumn) {
        switch column.labels {
        case .classes(let classes): self = .classes(classes.names)
        case .numbers(let numbers):
            self = .number(TargetScale(fittedOn: zip(numbers.floats, column.isPresent).filter(\.1).map(\.0)))
        }
    }

    /// How many numbers the head gives.
    public var outputs: Int {
        switch self {
        case .classes(let names): names.count
        case .number: 1
        }
    }

    /// The element type of the labels.
    var element: ElementType {
        switch self {
        case .classes: .i32
        case .number: .f32
        }
    }

    /// The labels as a task learns them: classes as they are, numbers standardised; 0 where there is none.
    func learned(_ column: LabelColumn) -> TensorValue {
        guard case .number(let scale) = self else { return column.labels.tensor }
        let numbers = zip(column.labels.tensor.floats, column.isPresent).map { $1 ? scale.applied(to: $0) : 0 }
        return TensorValue(numbers)
    }

    /// The mean loss over the rows of a batch that have a label, or exactly 0 when none has.
    ///
    /// - Parameters:
    ///   - outputs: What the head gives, `[batch, outputs]`.
    ///   - labels: `i32[batch]` or standardised `f32[batch]`.
    ///   - present: 1 for a row that has a label and 0 for another, `f32[batch]`.
    /// - Returns: The loss, `[]`.
    func loss(_ outputs: Tensor, labels: Tensor, present: Tensor) -> Tensor {
        let isAny = present.sum() .> 0
        // What is not chosen below must not divide by 0 either.
        let weights = select(isAny.broadcast(to: present.shape), present, present.filled(1))
        let loss =
            switch self {
            case .classes: softmaxCrossEntropy(outputs, labels: labels, weights: weights)
            case .number: meanSquaredError(outputs, targets: labels.reshaped(outputs.shape), weights: weights)
            }
        return select(isAny, loss, loss.filled(0))
    }
}
