public import Datasets

/// What a model shall be measured on.
public struct EvaluationData: Sendable, Hashable {
    /// A file, or the name of a built-in set; nil for what the model itself knows to be tested on.
    public var source: String?
    /// The column of the answer; nil for the one of training.
    public var label: CSV.Column?

    /// Rows somewhere.
    public init(source: String?, label: CSV.Column? = nil) {
        self.source = source
        self.label = label
    }
}
