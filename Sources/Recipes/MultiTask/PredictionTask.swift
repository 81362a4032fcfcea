public import Datasets
public import Networks
import Tensors

/// One of the things that a multi-task network learns to predict: a head, and the rows that teach it.
public struct PredictionTask: Sendable {
    /// The task's name, which all of its randomness is keyed by.
    public var name: String
    /// The layers from what the trunk gives to one number for each class, or to the one number to predict.
    public var head: Sequential
    /// η, how much the task's loss counts, not negative. A task of weight 0 takes no part.
    public var weight: Double
    /// What it learns from.
    public var training: MultiLabelTable
    /// What it is measured on; nil when it is not.
    public var test: MultiLabelTable?
    /// The label of both that is to be predicted.
    public var label: String

    /// A task.
    ///
    /// - Parameters:
    ///   - name: The task's name, and the label's unless that is given.
    ///   - head: The layers from what the trunk gives to what is to be predicted.
    ///   - weight: How much its loss counts.
    ///   - training: What it learns from.
    ///   - test: What it is measured on.
    ///   - label: The label of both that is to be predicted.
    public init(
        _ name: String,
        head: Sequential,
        weight: Double = 1,
        training: MultiLabelTable,
        test: MultiLabelTable? = nil,
        label: String? = nil
    ) {
        self.name = name
        self.head = head
        self.weight = weight
        self.training = training
        self.test = test
        self.label = label ?? name
    }
}
