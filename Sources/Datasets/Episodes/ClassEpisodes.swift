public import Tensors

/// N-way K-shot classification: N classes of a data set, drawn without replacement, and of each K rows to adapt to and Q
/// to measure on, drawn without replacement. The classes are then called 0 to N − 1, in the order in which they were drawn.
///
/// Vinyals et al. 2016, section 2.2; with turned images, Santoro et al. 2016, section 4.1.
public struct ClassEpisodes: EpisodeSource {
    /// What rows are drawn from.
    public let data: Dataset
    /// The classes that are drawn from, as indices into those of the data.
    public let classes: [Int]
    /// The number of classes of an episode, N in the papers.
    public let ways: Int
    /// The rows of each class to adapt to, K in the papers.
    public let shots: Int
    /// The rows of each class to measure on.
    public let queries: Int
    /// Whether each class stands for four: its images as they are, and turned by 90, 180 and 270 degrees.
    public let isTurning: Bool

    /// Episodes of some classes of a data set.
    ///
    /// - Parameters:
    ///   - data: Rows with classes.
    ///   - classes: Those to draw from; all when left out.
    ///   - ways: The classes of an episode.
    ///   - shots: The rows of each class to adapt to.
    ///   - queries: The rows of each class to measure on.
    ///   - turning: Whether images turned by right angles are further classes.
    /// - Throws: `EpisodeError`, and `DatasetError.notClasses`.
    public init(
        of data: Dataset,
        classes: [Int]? = nil,
        ways: Int = 5,
        shots: Int = 1,
        queries: Int = 15,
        turning: Bool = false
    ) throws {
        try require("ways", ways, in: 2...10_000)
        try require("shots", shots, in: 1...10_000)
        try require("queries", queries, in: 1...10_000)
        let labels = try data.classes
        let chosen = classes ?? Array(labels.names.indices)
        precondition(
            Set(chosen).count == chosen.count && chosen.allSatisfy(labels.names.indices.contains),
            "distinct classes of the data"
        )
        let kinds = chosen.count * (turning ? 4 : 1)
        guard kinds >= ways else { throw EpisodeError.tooFewClasses(dataset: data.name, found: kinds, needed: ways) }
        let counts = labels.counts
        for index in chosen where counts[index] < shots + queries {
            throw EpisodeError.tooFewRows(
                dataset: data.name,
                class: labels.names[index],
                found: counts[index],
                needed: shots + queries
            )
        }
        let row = data.rowShape
        guard !turning || (row.rank == 3 && row[0] == row[1]) else {
            throw EpisodeError.notSquare(dataset: data.name, row: "\(row)")
        }
        self.data = data
        self.classes = chosen
        self.ways = ways
        self.shots = shots
        self.queries = queries
        isTurning = turning
        rowsOfClasses = Self.rows(of: chosen, labels: labels.indices.elements(as: Int32.self))
    }

    /// The rows of each class, in order.
    private let rowsOfClasses: [[Int32]]

    private static func rows(of classes: [Int], labels: [Int32]) -> [[Int32]] {
        var place: [Int32: Int] = [:]
        for (index, name) in classes.enumerated() { place[Int32(name)] = index }
        var rows = [[Int32]](repeating: [], count: classes.count)
        for (row, label) in labels.enumerated() {
            if let index = place[label] { rows[index].append(Int32(row)) }
        }
        return rows
    }

    /// The data set's name.
    public var name: String { data.name }
    /// One of `ways` classes.
    public var kind: EpisodeKind { .classification(ways: ways) }
    /// Those of the data set.
    public var featureNames: [String] { data.featureNames }
    /// The rows of both parts, of all classes.
    public var rows: (support: Int, query: Int) { (ways * shots, ways * queries) }

    /// The data set's features `[rows, features]`, the rows of each class `[classes, most]`, filled up with its first row,
    /// and how many each has, `[classes]`.
    public var tables: [(name: String, value: TensorValue)] {
        let most = rowsOfClasses.map(\.count).max() ?? 0
        let filled = rowsOfClasses.flatMap { rows in rows + [Int32](repeating: rows[0], count: most - rows.count) }
        return [
            ("features", data.features),
            ("rows of classes", TensorValue(filled, shape: [classes.count, most])),
            ("row counts", TensorValue(rowsOfClasses.map { Int32($0.count) })),
        ]
    }

    /// Draws classes and rows of them: `x` is `f32 [rows, features]` and `y` is `i32 [rows]`, class after class.
    public func episode(_ key: Key, from tables: [Tensor]) -> Episode {
        let kinds = key["classes"].permutation(classes.count * (isTurning ? 4 : 1)).sliced(axis: 0, 0..<ways)
        let drawn = isTurning ? kinds.converted(to: .u32).shiftedRight(by: 2).converted(to: .i32) : kinds  // [ways]
        let rows = tables[1].rows(at: drawn)  // [ways, most]
        let counts = tables[2].rows(at: drawn)
        // Rows in a random order; what is only filling comes last.
        let isRow = rows.iota(.i32, rows.shape, axis: 1) .< counts.broadcast(to: rows.shape, axes: [0])
        let words = key["rows"].bits(rows.shape)
        let order = select(isRow, words, words.filled(Double(UInt32.max)))
        let chosen = sorted([order, rows], axis: 1)[1].sliced(axis: 1, 0..<(shots + queries))
        var x = tables[0].rows(at: chosen)  // [ways, shots + queries, features]
        if isTurning { x = turned(x, by: remainder(kinds, by: 4)) }
        let y = x.iota(.i32, [ways, shots + queries], axis: 0)
        let examples = Examples(x: x, y: y)
        return Episode(
            support: examples.map { flattened($0.sliced(axis: 1, 0..<shots)) },
            query: examples.map { flattened($0.sliced(axis: 1, shots..<(shots + queries))) }
        )
    }

    /// The first two axes as one.
    private func flattened(_ tensor: Tensor) -> Tensor {
        tensor.reshaped(Shape([tensor.shape[0] * tensor.shape[1]] + tensor.shape.sizes.dropFirst(2)))
    }

    /// The images of each class turned to the left by so many right angles: `[ways, images, features]` by `[ways]`.
    private func turned(_ x: Tensor, by angles: Tensor) -> Tensor {
        // [ways, images, side, side, channels]
        let images = x.reshaped(Shape([x.shape[0], x.shape[1]] + data.rowShape.sizes))
        let mirrored = images.transposed([0, 1, 3, 2, 4])
        let turns = [
            mirrored.reversed(axis: 2),  // y[i, j] = x[j, n − 1 − i]
            images.reversed(axis: 2).reversed(axis: 3),
            mirrored.reversed(axis: 3),  // y[i, j] = x[n − 1 − j, i]
        ]
        var result = images
        for (index, turn) in turns.enumerated() {
            let isMeant = (angles .== Double(index + 1)).broadcast(to: images.shape, axes: [0])
            result = select(isMeant, turn, result)
        }
        return result.reshaped(x.shape)
    }
}
