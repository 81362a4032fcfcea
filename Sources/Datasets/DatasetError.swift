public import Tensors

/// Why a data set cannot be made or cut.
public enum DatasetError: Error, Hashable, CustomStringConvertible {
    /// The features are not `f32 [rows, features]`.
    case notATable(TensorType)
    /// The numbers to predict are not `f32 [rows]`.
    case notAColumn(TensorType)
    /// A part has another size than the table asks for.
    case countMismatch(what: String, found: Int, needed: Int)
    /// Two features or two classes of one name.
    case duplicateName(kind: String, name: String)
    /// A class index outside the list of classes; rows count from 0.
    case labelOutOfRange(row: Int, label: Int, classes: Int)
    /// An infinity or NaN; rows count from 0.
    case notFinite(row: Int, column: String)
    /// Classes are needed, but the labels are numbers.
    case notClasses(dataset: String)
    /// The test part is to be nothing, everything, or no number.
    case testFraction(Double)
    /// There is nothing to tell apart.
    case tooFewClasses(dataset: String, classes: [String])
    /// A class with a single row cannot be both learned and tested.
    case singleRow(dataset: String, class: String)
    /// A class without a row to learn from.
    case classMissingFromTraining(dataset: String, class: String)
    /// No row has a label of this name.
    case noLabels(column: String)
    /// A table has no labels of this name.
    case noSuchLabel(dataset: String, name: String, known: [String])
    /// The training and the test part do not have the same features or classes.
    case partsDiffer(what: String, training: [String], test: [String])
    /// A mean or scale that cannot belong to a standardisation.
    case invalidStandardisation(String)
    /// Data of another width than the standardisation was fitted on.
    case standardisationMismatch(fitted: Int, found: Int)
    /// Nothing to fit a standardisation on.
    case noRows(dataset: String)

    /// What is wrong, where, what is allowed, and what to do, in one line.
    public var description: String { sentence.printable }

    private var sentence: String {
        switch self {
        case .notATable(let type):
            "The features are \(type), but a data set needs f32[rows, features] with at least one feature."
        case .notAColumn(let type):
            "The labels are \(type), but numbers to predict must be f32[rows]."
        case .countMismatch(let what, let found, let needed):
            "There are \(found) \(what), but \(needed) are needed: give one for each."
        case .duplicateName(let kind, let name):
            "Two of the \(kind) names are '\(name)', but each must be different: rename one."
        case .labelOutOfRange(let row, let label, let classes):
            "Row \(row) has class \(label), but with \(classes) classes the indices are 0 to \(classes - 1)."
        case .notFinite(let row, let column):
            "Row \(row) of \(column) is infinite or not a number: remove the row or fill in a value."
        case .notClasses(let dataset):
            "The labels of '\(dataset)' are numbers, but this needs classes: choose a label column that holds classes."
        case .testFraction(let fraction):
            "The test part is \(fraction) of the rows, but must be more than 0 and less than 1, such as 0.3."
        case .tooFewClasses(let dataset, let classes):
            """
            '\(dataset)' has \(classes.isEmpty ? "no class" : "only the class '\(classes[0])'"), but at least two \
            classes are needed: check which column is the label.
            """
        case .singleRow(let dataset, let name):
            """
            The class '\(name)' of '\(dataset)' has a single row, but a stratified split needs at least two, one to \
            learn from and one to test on: remove the class, merge it with another, or check which column is the label.
            """
        case .classMissingFromTraining(let dataset, let name):
            """
            The class '\(name)' has no row in the training data '\(dataset)', so it cannot be learned: add rows of it, \
            or remove it from the test data.
            """
        case .noLabels(let column):
            "No row of the training data has a label '\(column)', so it cannot be learned: add some, or leave it out."
        case .noSuchLabel(let dataset, let name, let known):
            "'\(dataset)' has no labels '\(name)'. Its labels are \(known.listed)."
        case .partsDiffer(let what, let training, let test):
            """
            The training and the test data must have the same \(what) in the same order, but they have \
            \(training.listed) and \(test.listed).
            """
        case .invalidStandardisation(let reason):
            "The standardisation is not valid: \(reason)."
        case .standardisationMismatch(let fitted, let found):
            "The standardisation was fitted on \(fitted) features, but the data has \(found): give data of the same columns."
        case .noRows(let dataset):
            "'\(dataset)' has no rows, so there is nothing to fit a standardisation on."
        }
    }
}

extension [String] {
    /// The first few names for a message: `'a', 'b', 'c' and 7 more`.
    var listed: String {
        let shown = prefix(5).map(\.shown).joined(separator: ", ")
        return isEmpty ? "none" : count > 5 ? "\(shown) and \(count - 5) more" : shown
    }

    /// The same with the last one, which in a table often is the label: `'a', 'b', 'c', 'd', 5 more and 'j'`.
    var listedToTheLast: String {
        guard count > 5, let last else { return listed }
        return prefix(4).map(\.shown).joined(separator: ", ") + ", \(count - 5) more and \(last.shown)"
    }
}
