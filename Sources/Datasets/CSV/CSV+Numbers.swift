public import Tensors

extension CSV {
    /// Reads rows of features with the numbers that are to be predicted of them.
    ///
    /// - Parameters:
    ///   - features: The features in the order wanted. With a header the file may have them in any order; without, it must
    ///     have them in this one, and after them the numbers.
    ///   - targets: The columns of the numbers.
    /// - Returns: `f32[rows, features + targets]`, in the order of the file.
    /// - Throws: `CSVError` naming file, line and column; `.missingTarget` for a number that has no column.
    public func numbers(features: [String], targets: [String]) throws(CSVError) -> TensorValue {
        var scanner = try CSVScanner.open(self)
        let first = try CSVRecord(from: &scanner)
        let all = features + targets
        let layout: CSVLayout
        do {
            layout = try CSVLayout(of: first, features: all, label: nil, isLabelRead: false, header: header)
        } catch {
            throw Self.blame(error, first: first, features: features, targets: targets)
        }
        return try CSVTable(from: &scanner, after: first, layout: layout).features
    }

    /// Tells numbers to predict from features, which they are not to the user.
    private static func blame(
        _ error: CSVError,
        first: CSVRecord,
        features: [String],
        targets: [String]
    ) -> CSVError {
        switch error {
        case .columnCount(let file, let found, _, _) where targets.count == 1:
            return .columnCount(file: file, found: found, features: features.count, withLabel: true)
        case .missingColumn, .surplusColumn:
            guard let names = try? first.names() else { return error }
            let missing = (features + targets).filter { !names.contains($0) }
            if let target = missing.first(where: targets.contains), missing.allSatisfy(targets.contains) {
                return .missingTarget(file: first.file, name: target, columns: names)
            }
            guard case .surplusColumn(let place, _, _) = error else { return error }
            return .surplusColumn(place, expected: features, absent: missing)
        default: return error
        }
    }
}
