public import Datasets

extension DataSettings {
    /// Reads the rows.
    ///
    /// - Throws: `CSVError`, naming file, line and column, or `DocumentError` when the job names a label that is not there.
    public func load() throws -> Dataset {
        switch source {
        case .builtIn(let name): return name.dataset
        case .csv(let source):
            do throws(CSVError) {
                return try source.csv.dataset(label: source.label)
            } catch {
                switch error {
                case .noSuchLabel, .labelOutOfRange: throw DocumentError.refused(source.labelPlace, "\(error)")
                default: throw error
                }
            }
        }
    }

    /// The column that holds the class; nil for a built-in set.
    var label: CSV.Column? {
        guard case .csv(let source) = source else { return nil }
        return source.label
    }
}
