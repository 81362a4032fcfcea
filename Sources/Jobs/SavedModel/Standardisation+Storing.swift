package import Datasets
package import Tensors

extension Standardisation {
    private static let meanName = "standardisation.mean"
    private static let scaleName = "standardisation.scale"

    /// Mean and scale by name, as they stand among a model's weights.
    package var tensors: [String: TensorValue] { [Self.meanName: mean, Self.scaleName: scale] }

    /// Takes mean and scale out of a model's weights; nil when they are said not to be there.
    ///
    /// - Throws: `DocumentError` when they are missing, `DatasetError` when they are none.
    package init?(readingFrom weights: inout [String: TensorValue], isThere: Bool, file: String) throws {
        guard isThere else { return nil }
        guard let mean = weights.removeValue(forKey: Self.meanName),
            let scale = weights.removeValue(forKey: Self.scaleName)
        else { throw DocumentError.refused(.file(file), "the tensors of the standardisation are missing.") }
        try self.init(mean: mean, scale: scale)
    }
}
