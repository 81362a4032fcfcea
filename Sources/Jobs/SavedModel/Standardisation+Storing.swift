package import Datasets
package import Tensors

extension Standardisation {
    private static let meanName = "standardisation.mean"
    private static let scaleName = "standardisation.scale"

    /// Mean and scale by name, as they stand among a model's weights.
    package var tensors: [String: TensorValue] { [Self.meanName: mean, Self.scaleName: scale] }

    /// Takes mean and scale out of a model's weights; nil when the model says that its features are as they are.
    ///
    /// - Throws: `DocumentError` when they are missing or those of another number of features, `DatasetError` when they are
    ///   none.
    init?(
        takingFrom weights: inout [String: TensorValue],
        of root: Section,
        features: Int,
        file: String
    ) throws {
        guard try root.flag("standardised", default: false) else { return nil }
        guard let mean = weights.removeValue(forKey: Self.meanName),
            let scale = weights.removeValue(forKey: Self.scaleName)
        else { throw DocumentError.refused(.file(file), "the tensors of the standardisation are missing.") }
        try self.init(mean: mean, scale: scale)
        guard mean.shape == [features] else {
            throw DocumentError.refused(.file(file), "the standardisation is not one of \(features) features.")
        }
    }
}
