import Datasets
import Tensors
import TestSupport
import Testing

@Suite("A stratified split")
struct SplitTests {
    /// A table whose single feature is the number of the row, with at least two rows of each class.
    private func table(_ random: inout Seeded) throws -> Dataset {
        let classes = Int.random(in: 2...6, using: &random)
        var labels = (0..<classes).flatMap {
            [Int32](repeating: Int32($0), count: Int.random(in: 2...40, using: &random))
        }
        labels.shuffle(using: &random)
        return try Dataset(
            name: "table",
            features: TensorValue((0..<labels.count).map(Float.init), shape: [labels.count, 1]),
            labels: .classes(ClassLabels(labels, names: (0..<classes).map { "class \($0)" }))
        )
    }

    @Test("puts every row in exactly one part, keeps their order, and takes each class in proportion, within one row")
    func partition() throws {
        for seed in 0..<300 as Range<UInt64> {
            var random = Seeded(seed)
            let table = try table(&random)
            let fraction = Double.random(in: 0.01...0.99, using: &random)
            let split = try table.stratified(test: fraction, seed: seed)
            let training = split.training.features.floats.map { Int($0) }
            let test = split.test.features.floats.map { Int($0) }
            #expect(training == training.sorted() && test == test.sorted(), "seed \(seed)")
            #expect((training + test).sorted() == Array(0..<table.rowCount), "seed \(seed)")
            #expect(split.training == table.rows(training) && split.test == table.rows(test), "seed \(seed)")

            let parts = zip(try split.training.classes.counts, try split.test.classes.counts)
            for (trained, tested) in parts {
                #expect(trained > 0 && tested > 0, "seed \(seed)")
                #expect(abs(Double(tested) - fraction * Double(trained + tested)) < 1, "seed \(seed)")
            }
        }
    }

    @Test("rounds the test rows of a class to the nearest whole number, halves up")
    func rounding() throws {
        // Rows of a class, fraction, test rows.
        let cases: [(Int, Double, Int)] = [(5, 0.5, 3), (10, 0.25, 3), (10, 0.24, 2), (4, 0.1, 1), (4, 0.95, 3)]
        for (rows, fraction, expected) in cases {
            let labels = (0..<(2 * rows)).map { Int32($0 % 2) }
            let table = try Dataset(
                name: "table",
                features: TensorValue([Float](repeating: 0, count: 2 * rows), shape: [2 * rows, 1]),
                labels: .classes(ClassLabels(labels, names: ["a", "b"]))
            )
            #expect(try table.stratified(test: fraction, seed: 1).test.classes.counts == [expected, expected])
        }
    }

    @Test("depends on the seed alone")
    func seeds() throws {
        let digits = Dataset.digits
        let splits = try (0..<20 as Range<UInt64>).map { try digits.stratified(test: 0.3, seed: $0) }
        #expect(Set(splits.map(\.test.features)).count == 20)
        #expect(try digits.stratified(test: 0.3, seed: 7) == splits[7])
    }

    @Test("of the digits takes the rows that an independent program takes")
    func golden() throws {
        // make_golden.py: SHA-256 of the test rows as little-endian i32.
        let expected: [UInt64: String] = [
            0: "d033754e2181022b9dd68d5067a9c0f916c36751128eeb0bfeb403302b67fcbf",
            1: "ba17e5b5b7591dceb963fe71ee0c32d5d82fb0ae73b4da30a143f91cefc3ebd3",
            0x1234_5678_90AB_CDEF: "29aa2b734ba8ade1519fd080cdc761ea8fa11ec801fbdf3572b50184cbb381d4",
        ]
        let digits = Dataset.digits
        let numbered = try Dataset(
            name: "row numbers",
            features: TensorValue((0..<digits.rowCount).map(Float.init), shape: [digits.rowCount, 1]),
            labels: digits.labels
        )
        for (seed, digest) in expected {
            let rows = try numbered.stratified(test: 0.3, seed: seed).test.features.floats.map { Int32($0) }
            #expect(Hash(of: TensorValue(rows).bytes).description == digest, "seed \(seed)")
        }
    }

    @Test("says in one sentence why it cannot be made")
    func refusals() throws {
        func table(_ labels: [Int32], names: [String], features: [String] = ["x"]) throws -> Dataset {
            try Dataset(
                name: "pets",
                features: TensorValue([Float](repeating: 0, count: labels.count), shape: [labels.count, 1]),
                featureNames: features,
                labels: .classes(ClassLabels(labels, names: names))
            )
        }
        func message(_ body: () throws -> Split) -> String {
            let error = #expect(throws: DatasetError.self) { try body() }
            return error?.description ?? ""
        }
        let whole = try table([0, 0, 1, 1], names: ["cat", "dog"])
        for fraction in [0, 1, -0.5, .nan, .infinity] {
            #expect(
                message { try whole.stratified(test: fraction, seed: 0) }
                    == "The test part is \(fraction) of the rows, but must be more than 0 and less than 1, such as 0.3."
            )
        }
        #expect(
            message { try table([0, 0, 1], names: ["cat", "dog"]).stratified(test: 0.3, seed: 0) } == """
                The class 'dog' of 'pets' has a single row, but a stratified split needs at least two, one to learn \
                from and one to test on: remove the class, merge it with another, or check which column is the label.
                """
        )
        let missing = """
            The class 'dog' has no row in the training data 'pets', so it cannot be learned: add rows of it, or remove \
            it from the test data.
            """
        #expect(message { try table([0, 0], names: ["cat", "dog"]).stratified(test: 0.3, seed: 0) } == missing)
        #expect(message { try Split(training: whole.rows([0, 1]), test: whole) } == missing)
        #expect(
            message { try table([0, 0], names: ["cat"]).stratified(test: 0.3, seed: 0) } == """
                'pets' has only the class 'cat', but at least two classes are needed: check which column is the label.
                """
        )
        #expect(
            message { try table([], names: []).stratified(test: 0.3, seed: 0) }
                == "'pets' has no class, but at least two classes are needed: check which column is the label."
        )
        #expect(
            message { try Split(training: whole, test: table([0], names: ["dog", "cat"])) } == """
                The training and the test data must have the same classes in the same order, but they have 'cat', \
                'dog' and 'dog', 'cat'.
                """
        )
        #expect(
            message { try Split(training: whole, test: table([0], names: ["cat", "dog"], features: ["y"])) } == """
                The training and the test data must have the same features in the same order, but they have 'x' and 'y'.
                """
        )
    }
}
