import Tensors

/// A data set in two parts: one to learn from, and one that is kept apart to measure what was learned.
public struct Split: Sendable, Hashable {
    /// What the model learns from.
    public let training: Dataset
    /// What the model is measured on.
    public let test: Dataset

    /// Two parts that were cut before, such as two files.
    ///
    /// - Throws: `DatasetError.partsDiffer` unless both have the same features and classes;
    ///   `.tooFewClasses` or `.classMissingFromTraining` when the training part cannot teach every class.
    public init(training: Dataset, test: Dataset) throws(DatasetError) {
        guard training.featureNames == test.featureNames else {
            throw .partsDiffer(what: "features", training: training.featureNames, test: test.featureNames)
        }
        let classes = try training.classes
        let tested = try test.classes.names
        guard classes.names == tested else {
            throw .partsDiffer(what: "classes", training: classes.names, test: tested)
        }
        guard classes.names.count > 1 else { throw .tooFewClasses(dataset: training.name, classes: classes.names) }
        try training.requireRowsOfEachClass()
        self.training = training
        self.test = test
    }

    /// How many of some rows, at least two, are kept apart: a part of them, rounded to the nearest whole number, halves up,
    /// but at least one and not all.
    static func testCount(of rows: Int, _ fraction: Double) -> Int {
        let rounded = Int((fraction * Double(rows)).rounded(.toNearestOrAwayFromZero))
        return min(max(rounded, 1), rows - 1)
    }
}

extension Dataset {
    /// Refuses data that cannot teach every class.
    ///
    /// - Throws: `DatasetError.notClasses` or `.classMissingFromTraining`.
    package func requireRowsOfEachClass() throws(DatasetError) {
        let classes = try classes
        guard let missing = classes.counts.firstIndex(of: 0) else { return }
        throw .classMissingFromTraining(dataset: name, class: classes.names[missing])
    }

    /// Keeps a part of every class apart to test on.
    ///
    /// A class of n rows gives `fraction` · n of them to the test part, rounded to the nearest whole number, halves up,
    /// but at least 1 and at most n − 1. Which ones depends on the seed alone. Both parts keep the order of the rows.
    ///
    /// - Parameters:
    ///   - fraction: The part of each class that is kept apart, between 0 and 1, both excluded.
    ///   - seed: Another seed gives another split.
    /// - Returns: The two parts.
    /// - Throws: `DatasetError.testFraction`; `.notClasses`; `.tooFewClasses`; `.singleRow` or
    ///   `.classMissingFromTraining` when a class has fewer than two rows.
    public func stratified(test fraction: Double, seed: UInt64) throws(DatasetError) -> Split {
        guard fraction > 0, fraction < 1 else { throw .testFraction(fraction) }
        let classes = try classes
        if let single = classes.counts.firstIndex(of: 1) {
            throw .singleRow(dataset: name, class: classes.names[single])
        }
        let isTested = classes.stratifiedChoice(of: fraction, seed: seed)
        return try Split(
            training: rows(isTested.indices.filter { !isTested[$0] }),
            test: rows(isTested.indices.filter { isTested[$0] })
        )
    }
}

extension ClassLabels {
    /// For each row whether it is one of the chosen `fraction` of its class.
    fileprivate func stratifiedChoice(of fraction: Double, seed: UInt64) -> [Bool] {
        var rowsOfClass = [[Int]](repeating: [], count: names.count)
        for (row, index) in ofRows.enumerated() { rowsOfClass[index].append(row) }
        let key = RandomKey(seed: seed).child("split")
        var isChosen = [Bool](repeating: false, count: indices.shape.count)
        for (index, rows) in rowsOfClass.enumerated() where rows.count > 1 {
            let count = Split.testCount(of: rows.count, fraction)
            for place in key.child(index).permutation(rows.count).prefix(count) {
                isChosen[rows[place]] = true
            }
        }
        return isChosen
    }
}
