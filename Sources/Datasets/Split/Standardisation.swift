public import Tensors

/// Shifts and scales every feature so that it has mean 0 and variance 1 over the rows it was fitted on.
///
/// Fit it on the training part only: numbers of the test part must not reach the model.
///
/// ```swift
/// let standardisation = try Standardisation(fittedOn: split.training)
/// let standardised = try split.standardised(by: standardisation)
/// ```
public struct Standardisation: Sendable, Hashable {
    /// The mean of each feature, `f32 [features]`.
    public let mean: TensorValue
    /// The standard deviation of each feature, `f32 [features]`, more than 0; 1 for a feature that does not vary.
    public let scale: TensorValue

    /// The mean and the population standard deviation (divided by n, not n − 1) of each feature.
    ///
    /// Sums are taken in `Double`, row after row, first for the mean and then for the squared distances from it, so that
    /// the same rows give the same bits everywhere.
    ///
    /// - Throws: `DatasetError.noRows`.
    public init(fittedOn data: Dataset) throws(DatasetError) {
        try self.init(fittedOn: data.features, of: data.name)
    }

    /// The mean and the population standard deviation of each feature, taken as for a data set.
    ///
    /// - Throws: `DatasetError.noRows`.
    public init(fittedOn table: MultiLabelTable) throws(DatasetError) {
        try self.init(fittedOn: table.features, of: table.name)
    }

    /// The mean and the population standard deviation of each feature over the rows of several tables.
    ///
    /// - Throws: `DatasetError.noRows`, `.partsDiffer` when their features are not the same.
    public init(fittedOnAll tables: [MultiLabelTable]) throws(DatasetError) {
        guard let first = tables.first else { throw .noRows(dataset: "no table") }
        for table in tables where table.featureNames != first.featureNames {
            throw .partsDiffer(what: "features", training: first.featureNames, test: table.featureNames)
        }
        let rows = tables.map(\.rowCount).reduce(0, +)
        let values = tables.flatMap(\.features.floats)
        try self.init(fittedOn: TensorValue(values, shape: [rows, first.featureCount]), of: first.name)
    }

    /// As for a data set, of `f32 [rows, features]`.
    private init(fittedOn table: TensorValue, of name: String) throws(DatasetError) {
        let (rows, features) = (table.shape[0], table.shape[1])
        guard rows > 0 else { throw .noRows(dataset: name) }
        let values = table.floats
        var sums = [Double](repeating: 0, count: features)
        var varies = [Bool](repeating: false, count: features)
        for row in 0..<rows {
            for feature in 0..<features {
                let value = values[row * features + feature]
                sums[feature] += Double(value)
                if value != values[feature] { varies[feature] = true }
            }
        }
        let means = (0..<features).map { varies[$0] ? sums[$0] / Double(rows) : Double(values[$0]) }
        var squares = [Double](repeating: 0, count: features)
        for row in 0..<rows {
            for feature in 0..<features {
                let distance = Double(values[row * features + feature]) - means[feature]
                squares[feature] += distance * distance
            }
        }
        mean = TensorValue(means.map(Float.init))
        scale = TensorValue(
            (0..<features).map { feature in
                let deviation = Float((squares[feature] / Double(rows)).squareRoot())
                return varies[feature] && deviation > 0 ? deviation : 1
            }
        )
    }

    /// A standardisation that was stored with a model.
    ///
    /// - Throws: `DatasetError.invalidStandardisation` unless both are `f32 [features]`, finite, and the scales positive.
    public init(mean: TensorValue, scale: TensorValue) throws(DatasetError) {
        guard mean.type == scale.type, mean.type.element == .f32, mean.shape.rank == 1 else {
            throw .invalidStandardisation(
                "its mean is \(mean.type) and its scale \(scale.type), but both must be f32[features]"
            )
        }
        if let feature = mean.floats.firstIndex(where: { !$0.isFinite }) {
            throw .invalidStandardisation("the mean of feature \(feature + 1) is not finite")
        }
        if let feature = scale.floats.firstIndex(where: { !($0.isFinite && $0 > 0) }) {
            throw .invalidStandardisation("the scale of feature \(feature + 1) is not a positive number")
        }
        self.mean = mean
        self.scale = scale
    }

    /// `(x − mean) / scale`, each operation rounded to `f32`.
    ///
    /// - Parameter features: `f32 [rows, features]`.
    /// - Returns: The standardised features, of the same shape.
    /// - Throws: `DatasetError.notATable` or `.standardisationMismatch`.
    public func applied(to features: TensorValue) throws(DatasetError) -> TensorValue {
        guard features.type.element == .f32, features.shape.rank == 2 else { throw .notATable(features.type) }
        let (rows, count) = (features.shape[0], features.shape[1])
        guard count == mean.shape.count else {
            throw .standardisationMismatch(fitted: mean.shape.count, found: count)
        }
        var values = features.floats
        let (means, scales) = (mean.floats, scale.floats)
        for row in 0..<rows {
            for feature in 0..<count {
                let index = row * count + feature
                values[index] = (values[index] - means[feature]) / scales[feature]
            }
        }
        return TensorValue(values, shape: features.shape)
    }
}

extension Dataset {
    /// The same rows with standardised features.
    ///
    /// - Throws: `DatasetError.standardisationMismatch` when it was fitted on another number of features.
    public func standardised(by standardisation: Standardisation) throws(DatasetError) -> Dataset {
        with(features: try standardisation.applied(to: features))
    }
}

extension Split {
    /// Both parts with standardised features.
    ///
    /// - Throws: `DatasetError.standardisationMismatch` when it was fitted on another number of features.
    public func standardised(by standardisation: Standardisation) throws(DatasetError) -> Split {
        try Split(
            training: training.standardised(by: standardisation),
            test: test.standardised(by: standardisation)
        )
    }
}
