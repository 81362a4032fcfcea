public import Tensors

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

    /// Reads a table with the features and classes of another one, and those of its labels that the file has.
    ///
    /// - Parameters:
    ///   - labels: The labels that the file may have, with the classes that may occur in their order. Those that it does not
    ///     have, or has no entry of, are not in the table.
    ///   - features: The features in the order wanted; the file may have them in any order.
    ///   - missing: What else stands for a missing label.
    /// - Returns: The rows in the order of the file.
    /// - Throws: `CSVError` naming file, line and column; `.missingColumn` or `.surplusColumn` for a column,
    ///   `.noSuchLabel` when the file has none of the labels, `.columnWithoutLabels` when no row has one.
    public func table(
        labels: [(label: Label, classes: [String])],
        features: [String],
        missing: String? = nil
    ) throws(CSVError) -> MultiLabelTable {
        var scanner = try CSVScanner.open(self)
        let first = try CSVRecord(from: &scanner)
        let layout = try CSVLayout(
            of: first,
            features: features,
            labels: labels.map(\.label.name),
            areLabelsRead: true,
            header: header
        )
        let readers = labels.map { CSVLabels($0.label, missing: missing, classes: $0.classes) }
        let table = try CSVTable(from: &scanner, after: first, layout: layout, labels: readers)
        let columns = zip(labels, table.labels).filter { $1.isPresent.contains(true) }.map { label, read in
            LabelColumn(valid: label.label.name, labels: read.labels(), isPresent: read.isPresent)
        }
        guard !columns.isEmpty else { throw .columnWithoutLabels(file: name, name: labels.first?.label.name ?? "") }
        return MultiLabelTable(valid: name, features: table.features, featureNames: features, labels: columns)
    }

    /// Reads the features of rows whose labels are to be predicted.
    ///
    /// - Parameters:
    ///   - features: The features in the order wanted. With a header the file may have them in any order; without, it must
    ///     have them in this one, and nothing else.
    ///   - labels: The names of the labels. The file need not have them; if it does, they are not looked at.
    /// - Returns: `f32[rows, features]`, in the order of the file.
    /// - Throws: `CSVError` naming file, line and column.
    public func features(named features: [String], ignoring labels: [String]) throws(CSVError) -> TensorValue {
        var scanner = try CSVScanner.open(self)
        let first = try CSVRecord(from: &scanner)
        let layout = try CSVLayout(
            of: first,
            features: features,
            labels: labels,
            areLabelsRead: false,
            header: header
        )
        return try CSVTable(from: &scanner, after: first, layout: layout).features
    }
}
