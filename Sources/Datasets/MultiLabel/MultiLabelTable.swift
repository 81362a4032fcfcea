public import Tensors

/// A table of numbers with several columns of labels, where rows may be without some of them.
///
/// ```swift
/// let people = try CSV(file: "people.csv").table(labels: [.number("age"), .classes("smoker")])
/// let parts = try people.split(test: 0.3, seed: 0)
/// ```
public struct MultiLabelTable: Sendable, Hashable {
    /// What messages call it, such as the path of a file.
    public let name: String
    /// The inputs, `f32[rows, features]`, all finite.
    public let features: TensorValue
    /// The name of each feature, all different.
    public let featureNames: [String]
    /// What is to be predicted, each with one entry for each row.
    public let labels: [LabelColumn]

    /// A table of which everything is checked.
    ///
    /// - Parameters:
    ///   - name: What messages call it.
    ///   - features: `f32[rows, features]`.
    ///   - featureNames: One for each feature; `feature 1`, `feature 2`, … when left out.
    ///   - labels: At least one column, each with one entry for each row.
    /// - Throws: `DatasetError` naming what does not fit together, or the first number that is not finite.
    public init(
        name: String,
        features: TensorValue,
        featureNames: [String]? = nil,
        labels: [LabelColumn]
    ) throws(DatasetError) {
        guard let first = labels.first else { throw .countMismatch(what: "columns of labels", found: 0, needed: 1) }
        let table = try Dataset(name: name, features: features, featureNames: featureNames, labels: first.labels)
        try labels.map(\.name).requireUnique(as: "label")
        for column in labels where column.isPresent.count != table.rowCount {
            throw .countMismatch(
                what: "labels of '\(column.name)'",
                found: column.isPresent.count,
                needed: table.rowCount
            )
        }
        self.init(valid: name, features: features, featureNames: table.featureNames, labels: labels)
    }

    init(valid name: String, features: TensorValue, featureNames: [String], labels: [LabelColumn]) {
        self.name = name
        self.features = features
        self.featureNames = featureNames
        self.labels = labels
    }

    /// A data set of one label, which gets a name.
    public init(_ data: Dataset, label: String) {
        let column = LabelColumn(
            valid: label,
            labels: data.labels,
            isPresent: [Bool](repeating: true, count: data.rowCount)
        )
        self.init(valid: data.name, features: data.features, featureNames: data.featureNames, labels: [column])
    }

    /// The number of rows.
    public var rowCount: Int { features.shape[0] }

    /// The number of features.
    public var featureCount: Int { features.shape[1] }

    /// The labels of a name.
    ///
    /// - Throws: `DatasetError.noSuchLabel`.
    public func label(_ name: String) throws(DatasetError) -> LabelColumn {
        guard let column = labels.first(where: { $0.name == name }) else {
            throw .noSuchLabel(dataset: self.name, name: name, known: labels.map(\.name))
        }
        return column
    }

    /// The same rows with one of their labels.
    ///
    /// - Throws: `DatasetError.noSuchLabel`.
    public func selecting(_ label: String) throws(DatasetError) -> MultiLabelTable {
        MultiLabelTable(valid: name, features: features, featureNames: featureNames, labels: [try self.label(label)])
    }

    /// The digest of the content: the numbers, the labels, and the names of features, labels and classes. The name of the
    /// table is not part of it, so that a file may be moved.
    public var hash: Hash {
        var bytes = Array("troupe labelled table 1".utf8) + features.hash.bytes
        bytes.append(names: featureNames)
        for column in labels {
            bytes.append(names: [column.name])
            bytes += column.presence.hash.bytes + column.labels.tensor.hash.bytes
            if case .classes(let classes) = column.labels { bytes.append(names: classes.names) }
        }
        return Hash(of: bytes)
    }

    /// Some of the rows, in the order given; a row may be taken more than once.
    ///
    /// - Precondition: every index is in `0..<rowCount`.
    public func rows(_ indices: [Int]) -> MultiLabelTable {
        MultiLabelTable(
            valid: name,
            features: features.rows(indices),
            featureNames: featureNames,
            labels: labels.map { $0.rows(indices) }
        )
    }

    /// Keeps a part of the rows apart to test on.
    ///
    /// `fraction` of the rows, rounded to the nearest whole number, halves up, but at least one and not all. Which ones
    /// depends on the seed alone: with several labels there is no one class to keep in proportion, so rows are drawn
    /// without a look at them. Both parts keep the order of the rows.
    ///
    /// - Parameters:
    ///   - fraction: The part of the rows that is kept apart, between 0 and 1, both excluded.
    ///   - seed: Another seed gives another split.
    /// - Returns: The two parts.
    /// - Throws: `DatasetError.testFraction`; `.noRows` when there are not two rows; `.noLabels` when no row that is left to
    ///   learn from has a label of some column.
    public func split(
        test fraction: Double,
        seed: UInt64
    ) throws(DatasetError) -> (training: MultiLabelTable, test: MultiLabelTable) {
        guard fraction > 0, fraction < 1 else { throw .testFraction(fraction) }
        guard rowCount > 1 else { throw .noRows(dataset: name) }
        let count = Split.testCount(of: rowCount, fraction)
        var isTested = [Bool](repeating: false, count: rowCount)
        for row in RandomKey(seed: seed).child("split").permutation(rowCount).prefix(count) { isTested[row] = true }
        let training = rows(isTested.indices.filter { !isTested[$0] })
        if let empty = training.labels.first(where: { $0.presentCount == 0 }) { throw .noLabels(column: empty.name) }
        return (training, rows(isTested.indices.filter { isTested[$0] }))
    }

    /// The same rows with standardised features.
    ///
    /// - Throws: `DatasetError.standardisationMismatch` when it was fitted on another number of features.
    public func standardised(by standardisation: Standardisation) throws(DatasetError) -> MultiLabelTable {
        MultiLabelTable(
            valid: name,
            features: try standardisation.applied(to: features),
            featureNames: featureNames,
            labels: labels
        )
    }
}
