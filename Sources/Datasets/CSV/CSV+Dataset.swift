public import Tensors

extension CSV {
    /// Reads a table with classes; every column but the label is a feature.
    ///
    /// If all classes are numbers they are in the order of numbers, and those that are the same number, such as `1` and
    /// `1.0`, are one class, called by the shortest of its names; otherwise they are in the order of text.
    ///
    /// - Parameter label: The column of the class.
    /// - Returns: The rows in the order of the file.
    /// - Throws: `CSVError` naming file, line and column.
    public func dataset(label: Column) throws(CSVError) -> Dataset {
        var scanner = try CSVScanner.open(self)
        let first = try CSVRecord(from: &scanner)
        let layout = try CSVLayout(of: first, label: label, header: header)
        let labels = CSVLabels(classes: nil)
        return dataset(try CSVTable(from: &scanner, after: first, layout: layout, labels: [labels]))
    }

    /// Reads a table with the features and classes of another one, as a test file that belongs to a training file.
    ///
    /// - Parameters:
    ///   - label: The column of the class.
    ///   - features: The features in the order wanted. With a header the file may have them in any order; without, it must
    ///     have them in this one.
    ///   - classes: The classes that may occur, in the order wanted. If all are numbers, they are compared as numbers.
    /// - Returns: The rows in the order of the file.
    /// - Throws: `CSVError` naming file, line and column; `.missingColumn` or `.surplusColumn` for a column, `.columnCount`
    ///   without a header; `.unknownClass` for another class.
    public func dataset(
        label: Column,
        features: [String],
        classes: [String]
    ) throws(CSVError) -> Dataset {
        var scanner = try CSVScanner.open(self)
        let first = try CSVRecord(from: &scanner)
        let layout = try CSVLayout(of: first, features: features, label: label, isLabelRead: true, header: header)
        let labels = CSVLabels(classes: classes)
        return dataset(try CSVTable(from: &scanner, after: first, layout: layout, labels: [labels]))
    }

    /// Reads the features of rows whose class is to be predicted.
    ///
    /// - Parameters:
    ///   - features: The features in the order wanted. With a header the file may have them in any order; without, it must
    ///     have them in this one.
    ///   - label: The column of the class in the training data. The file need not have it; if it does, it is not looked at.
    ///     A number is used only when the file has one column more than features.
    /// - Returns: `f32 [rows, features]`, in the order of the file.
    /// - Throws: `CSVError` naming file, line and column; `.missingColumn` or `.surplusColumn` for a column, `.columnCount`
    ///   without a header.
    public func features(named features: [String], ignoring label: Column? = nil) throws(CSVError) -> TensorValue {
        var scanner = try CSVScanner.open(self)
        let first = try CSVRecord(from: &scanner)
        let layout = try CSVLayout(of: first, features: features, label: label, isLabelRead: false, header: header)
        return try CSVTable(from: &scanner, after: first, layout: layout).features
    }

    private func dataset(_ table: CSVTable) -> Dataset {
        let names = table.layout.featureNames
        return Dataset(
            valid: name,
            features: table.features,
            featureNames: names,
            rowShape: Shape([names.count]),
            labels: table.labels[0].labels()
        )
    }
}
