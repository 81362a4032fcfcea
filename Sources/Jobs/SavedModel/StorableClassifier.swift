package import Recipes
package import Tasks
package import Tensors

/// A classifier of rows of features, without what it takes to get such rows from a file.
package protocol StorableClassifier: Sendable {
    /// The name of this form of model in `model.json`.
    static var kind: String { get }

    /// Reads what `architecture` and `tensors` wrote.
    ///
    /// - Parameters:
    ///   - section: The section `model`; its keys are the classifier's own.
    ///   - classes: The names of the classes.
    ///   - featureNames: The names of the features.
    ///   - weights: The tensors by name.
    /// - Throws: `DocumentError`, or `RecipeError.weights` when the tensors are not those of the architecture.
    init(reading section: Section, classes: [String], featureNames: [String], weights: [String: TensorValue]) throws

    /// The names of the classes, in the order of their indices.
    var classes: [String] { get }
    /// The names of the features, in order.
    var featureNames: [String] { get }
    /// All that is needed besides the weights, for `model.json`.
    var architecture: [String: JSON] { get }
    /// The weights by name.
    var tensors: [String: TensorValue] { get }

    /// What the model says of rows, `f32 [rows, features]`, standardised as in training.
    func predict(_ features: TensorValue, on local: LocalExecutor) throws -> Prediction
}
