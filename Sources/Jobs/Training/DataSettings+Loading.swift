public import Datasets

extension DataSettings {
    /// Reads the rows.
    ///
    /// - Throws: `CSVError`, naming file, line and column.
    public func load() throws -> Dataset {
        switch source {
        case .builtIn(let name): name.dataset
        case .csv(let source): try source.csv.dataset(label: source.label)
        }
    }

    /// The column that holds the class; nil for a built-in set.
    var label: CSV.Column? {
        guard case .csv(let source) = source else { return nil }
        return source.label
    }
}
