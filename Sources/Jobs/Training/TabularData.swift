package import Datasets
import Recipes
import Tasks
package import Tensors

/// Rows of features with one class each, cut into a part to learn from and a part to test on.
package struct TabularData: Sendable {
    /// Where the rows came from.
    package let settings: DataSettings
    /// The hash of all rows, before they were cut.
    package let hash: Hash
    /// The parts, standardised if the job says so.
    package let split: Split
    /// What they were standardised by, as measured on the part to learn from.
    package let standardisation: Standardisation?

    /// Reads and cuts the rows.
    ///
    /// - Throws: `CSVError` or `DatasetError`.
    package init(_ settings: DataSettings, seed: UInt64) throws {
        self.settings = settings
        let dataset = try settings.load()
        hash = dataset.hash
        let parts = try dataset.stratified(test: settings.test, seed: seed)
        if settings.standardize {
            let standardisation = try Standardisation(fittedOn: parts.training)
            self.standardisation = standardisation
            split = try parts.standardised(by: standardisation)
        } else {
            standardisation = nil
            split = parts
        }
    }

    /// What a classifier says of the rows to test on, and their classes.
    func tested(
        _ classifier: some StorableClassifier,
        on local: LocalExecutor
    ) throws -> (prediction: Prediction, labels: [Int]) {
        (try classifier.predict(split.test.features, on: local), try split.test.classes.ofRows)
    }

    /// A model that was trained on them, with all that it takes to use it on other rows.
    func model<Base: StorableClassifier>(_ base: Base) -> TabularModel<Base> {
        TabularModel(base, label: settings.label, standardisation: standardisation)
    }
}
