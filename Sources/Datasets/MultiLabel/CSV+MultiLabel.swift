extension CSV {
    /// A column that is to be predicted, and what its cells are.
    public enum Label: Sendable, Hashable {
        /// Classes, which the header calls by this name.
        case classes(String)
        /// Numbers, which the header calls by this name.
        case number(String)

        /// The name of the column.
        public var name: String {
            switch self {
            case .classes(let name), .number(let name): name
            }
        }
    }

    /// Reads a table with several columns of labels; every other column is a feature. The file must have a header.
    ///
    /// A label whose cell is empty, or is the marker, is missing. Classes are ordered as those of `dataset(label:)`.
    ///
    /// - Parameters:
    ///   - labels: The columns to predict, at least one, in the order wanted.
    ///   - missing: What else stands for a missing label, such as `NA` or `?`.
    /// - Returns: The rows in the order of the file.
    /// - Throws: `CSVError` naming file, line and column; `.noSuchLabel` for a label that has no column,
    ///   `.columnWithoutLabels` for one that no row has.
    public func table(labels: [Label], missing: String? = nil) throws(CSVError) -> MultiLabelTable {
        var scanner = try CSVScanner.open(self)
        let first = try CSVRecord(from: &scanner)
        let layout = try CSVLayout(of: first, labels: labels.map(\.name), header: header)
        let readers = labels.map { CSVLabels($0, missing: missing) }
        let table = try CSVTable(from: &scanner, after: first, layout: layout, labels: readers)
        var columns: [LabelColumn] = []
        for (label, read) in zip(labels, table.labels) {
            guard read.isPresent.contains(true) else { throw .columnWithoutLabels(file: name, name: label.name) }
            columns.append(LabelColumn(valid: label.name, labels: read.labels(), isPresent: read.isPresent))
        }
        return MultiLabelTable(
            valid: name,
            features: table.features,
            featureNames: layout.featureNames,
            labels: columns
        )
    }
}
