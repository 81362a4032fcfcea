public import Tensors

/// A labelled table of numbers: what a model learns from or is measured on.
///
/// ```swift
/// let digits = Dataset.digits
/// digits.features.type             // f32[1797, 64]
/// try digits.classes.indices.type  // i32[1797]
/// let parts = try digits.stratified(test: 0.3, seed: 0)
/// ```
public struct Dataset: Sendable, Hashable {
    /// What messages call it: `digits`, or the path of a file.
    public let name: String
    /// The inputs, `f32 [rows, features]`, all finite.
    public let features: TensorValue
    /// The name of each feature, all different.
    public let featureNames: [String]
    /// The shape in which one row's features are to be seen: `[features]`, or for images `[height, width, channels]`.
    public let rowShape: Shape
    /// What is to be predicted, one entry per row.
    public let labels: Labels

    /// A table of which everything is checked.
    ///
    /// - Parameters:
    ///   - name: What messages call it.
    ///   - features: `f32 [rows, features]`.
    ///   - featureNames: One per feature; `feature 1`, `feature 2`, … when left out.
    ///   - rowShape: A shape of as many elements as there are features; `[features]` when left out.
    ///   - labels: One entry per row.
    /// - Throws: `DatasetError` naming what does not fit together, or the first number that is not finite.
    public init(
        name: String,
        features: TensorValue,
        featureNames: [String]? = nil,
        rowShape: Shape? = nil,
        labels: Labels
    ) throws(DatasetError) {
        guard features.type.element == .f32, features.shape.rank == 2, features.shape[1] > 0 else {
            throw .notATable(features.type)
        }
        let (rows, count) = (features.shape[0], features.shape[1])
        let names = featureNames ?? Self.featureNames(count: count)
        guard names.count == count else {
            throw .countMismatch(what: "feature names", found: names.count, needed: count)
        }
        try names.requireUnique(as: "feature")
        let rowShape = rowShape ?? Shape([count])
        guard rowShape.count == count else {
            throw .countMismatch(what: "elements of the row shape \(rowShape)", found: rowShape.count, needed: count)
        }
        if case .numbers(let numbers) = labels {
            guard numbers.type.element == .f32, numbers.shape.rank == 1 else { throw .notAColumn(numbers.type) }
            if let row = numbers.floats.firstIndex(where: { !$0.isFinite }) {
                throw .notFinite(row: row, column: "the label")
            }
        }
        guard labels.count == rows else { throw .countMismatch(what: "labels", found: labels.count, needed: rows) }
        if let index = features.floats.firstIndex(where: { !$0.isFinite }) {
            throw .notFinite(row: index / count, column: "feature '\(names[index % count])'")
        }
        self.init(valid: name, features: features, featureNames: names, rowShape: rowShape, labels: labels)
    }

    init(valid name: String, features: TensorValue, featureNames: [String], rowShape: Shape, labels: Labels) {
        self.name = name
        self.features = features
        self.featureNames = featureNames
        self.rowShape = rowShape
        self.labels = labels
    }

    /// The number of rows.
    public var rowCount: Int { features.shape[0] }

    /// The number of features.
    public var featureCount: Int { features.shape[1] }

    /// The labels of a classification.
    ///
    /// - Throws: `DatasetError.notClasses` when the labels are numbers.
    public var classes: ClassLabels {
        get throws(DatasetError) {
            guard case .classes(let labels) = labels else { throw .notClasses(dataset: name) }
            return labels
        }
    }

    /// Some of the rows, in the order given; a row may be taken more than once.
    ///
    /// - Precondition: every index is in `0..<rowCount`.
    public func rows(_ indices: [Int]) -> Dataset {
        Dataset(
            valid: name,
            features: features.rows(indices),
            featureNames: featureNames,
            rowShape: rowShape,
            labels: labels.rows(indices)
        )
    }

    /// The same table with other numbers of the same type, such as standardised ones.
    func with(features: TensorValue) -> Dataset {
        Dataset(valid: name, features: features, featureNames: featureNames, rowShape: rowShape, labels: labels)
    }

    /// The digest of the content: the numbers, the labels, and the names of features and classes.
    ///
    /// The name of the data set is not part of it, so that a file may be moved. Costs about a nanosecond per byte.
    public var hash: Hash {
        var bytes = Array("troupe dataset 1".utf8) + features.hash.bytes
        bytes.append(names: featureNames)
        bytes.append(littleEndian: UInt64(rowShape.rank))
        for size in rowShape.sizes { bytes.append(littleEndian: UInt64(size)) }
        switch labels {
        case .classes(let labels):
            bytes += [0] + labels.indices.hash.bytes
            bytes.append(names: labels.names)
        case .numbers(let numbers):
            bytes += [1] + numbers.hash.bytes
        }
        return Hash(of: bytes)
    }

    /// The names of features that have none: `feature 1`, `feature 2`, …
    static func featureNames(count: Int) -> [String] { (1...count).map { "feature \($0)" } }
}

extension [UInt8] {
    /// Appends the number of names and each name's UTF-8 after its length, so that no two lists give the same bytes.
    mutating func append(names: [String]) {
        append(littleEndian: UInt64(names.count))
        for name in names {
            append(littleEndian: UInt64(name.utf8.count))
            append(contentsOf: name.utf8)
        }
    }
}
