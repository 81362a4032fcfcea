public import Tensors

/// One of several things to predict from the rows of a table, where some rows may be without it.
public struct LabelColumn: Sendable, Hashable {
    /// What is to be predicted, such as `age`.
    public let name: String
    /// One entry for each row; where there is no label, class 0 or the number 0.
    public let labels: Labels
    /// Whether each row has a label.
    public let isPresent: [Bool]

    /// A column of labels.
    ///
    /// - Parameters:
    ///   - name: What is to be predicted.
    ///   - labels: One entry for each row. Entries of rows without a label are not looked at.
    ///   - isPresent: Whether each row has a label; all have when it is left out.
    /// - Throws: `DatasetError.countMismatch` when the two are not as many, `.notAColumn` when numbers are not `f32[rows]`,
    ///   `.notFinite` for a label that is no number, `.noLabels` when no row has one.
    public init(_ name: String, labels: Labels, isPresent: [Bool]? = nil) throws(DatasetError) {
        let isPresent = isPresent ?? [Bool](repeating: true, count: labels.count)
        guard isPresent.count == labels.count else {
            throw .countMismatch(what: "labels of '\(name)'", found: labels.count, needed: isPresent.count)
        }
        guard isPresent.contains(true) else { throw .noLabels(column: name) }
        switch labels {
        case .classes(let classes):
            let indices = zip(classes.indices.elements(as: Int32.self), isPresent).map { $1 ? $0 : 0 }
            self.init(
                valid: name,
                labels: .classes(ClassLabels(valid: TensorValue(indices), names: classes.names)),
                isPresent: isPresent
            )
        case .numbers(let numbers):
            guard numbers.type.element == .f32, numbers.shape.rank == 1 else { throw .notAColumn(numbers.type) }
            let values = zip(numbers.floats, isPresent).map { $1 ? $0 : 0 }
            if let row = values.firstIndex(where: { !$0.isFinite }) {
                throw .notFinite(row: row, column: "the label '\(name)'")
            }
            self.init(valid: name, labels: .numbers(TensorValue(values)), isPresent: isPresent)
        }
    }

    init(valid name: String, labels: Labels, isPresent: [Bool]) {
        self.name = name
        self.labels = labels
        self.isPresent = isPresent
    }

    /// The number of rows that have a label.
    public var presentCount: Int { isPresent.count { $0 } }

    /// 1 for each row that has a label and 0 for the others, `f32[rows]`.
    public var presence: TensorValue { TensorValue(isPresent.map { $0 ? 1 : 0 as Float }) }

    /// The labels of some rows, in the order given; a row may be taken more than once.
    func rows(_ rows: [Int]) -> LabelColumn {
        LabelColumn(valid: name, labels: labels.rows(rows), isPresent: rows.map { isPresent[$0] })
    }
}
