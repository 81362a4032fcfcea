/// What was measured on a model: numbers by name, such as `ensemble_accuracy`.
public struct Metrics: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// The numbers by name.
    public var values: [String: Double]

    /// Numbers by name.
    public init(_ values: [String: Double]) { self.values = values }

    /// Numbers by name.
    public init(dictionaryLiteral elements: (String, Double)...) {
        values = Dictionary(elements) { _, last in last }
    }

    /// The number of this name; nil when it was not measured.
    public subscript(name: String) -> Double? { values[name] }

    /// The share of right answers of the model as a whole on the test part.
    public static let ensembleAccuracy = "ensemble_accuracy"
    /// The mean of the members' own shares of right answers on the test part.
    public static let meanMemberAccuracy = "mean_member_accuracy"
    /// The share of right answers of the first member on the test part.
    public static let firstMemberAccuracy = "first_member_accuracy"
    /// The bound of boosting after its last round.
    public static let exponentialBound = "exponential_bound"
    /// The share of training rows that the model gets wrong.
    public static let trainingError = "training_error"
    /// The share of training rows that the members which did not see them get right.
    public static let outOfBagAccuracy = "out_of_bag_accuracy"
}
