package import Datasets
package import Tasks
package import Tensors

/// A trained model that can be kept in a folder and used again.
package protocol StorableModel: Sendable {
    /// The name of this form of model in `model.json`.
    static var kind: String { get }
    /// The keys at the top of `model.json` that it takes besides those of every model.
    static var keys: [String] { get }

    /// Reads what `description` and `tensors` wrote.
    ///
    /// - Parameters:
    ///   - root: The whole of `model.json`.
    ///   - weights: The tensors by name.
    ///   - file: The path of the weights, for errors.
    /// - Throws: `DocumentError`, or `RecipeError.weights` when the tensors are not those of the architecture.
    init(reading root: Section, weights: [String: TensorValue], file: String) throws

    /// The values of its keys.
    var description: [String: JSON] { get }
    /// The weights by name.
    var tensors: [String: TensorValue] { get }

    /// What it says of the rows of a file.
    ///
    /// - Parameters:
    ///   - csv: The file.
    ///   - details: Whether to say how sure it is.
    ///   - local: Where to compute.
    /// - Returns: a line for each row.
    /// - Throws: `CSVError`, or `Refusal` when rows are not what it answers for.
    func answers(for csv: CSV, details: Bool, on local: LocalExecutor) throws -> AnswerTable

    /// Measures it on rows that have answers.
    ///
    /// - Parameters:
    ///   - data: The rows.
    ///   - provenance: What it learned from, which must not be tested on.
    ///   - local: Where to compute.
    /// - Returns: what was measured.
    /// - Throws: `CSVError`, `DatasetError` or `Refusal`.
    func evaluation(on data: EvaluationData, provenance: Provenance, local: LocalExecutor) throws -> Report
}
