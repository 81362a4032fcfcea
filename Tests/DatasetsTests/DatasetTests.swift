import Datasets
import Tensors
import Testing

@Suite("A data set")
struct DatasetTests {
    /// Four rows of two features; three classes, of which `c` has no row.
    private func small() throws -> Dataset {
        try Dataset(
            name: "small",
            features: TensorValue([1, 2, 3, 4, 5, 6, 7, 8] as [Float], shape: [4, 2]),
            labels: .classes(ClassLabels([0, 1, 1, 0], names: ["a", "b", "c"]))
        )
    }

    @Test("gives rows in the order asked for, as often as asked for")
    func rows() throws {
        let rows = try small().rows([3, 0, 3])
        #expect(rows.features == TensorValue([7, 8, 1, 2, 7, 8] as [Float], shape: [3, 2]))
        #expect(try rows.classes.indices == TensorValue([0, 0, 0] as [Int32]))
        #expect(try rows.classes.counts == [3, 0, 0])
        #expect(try small().rows([]).features.type == TensorType(.f32, [0, 2]))
        #expect(rows.featureNames == ["feature 1", "feature 2"])
        #expect(rows.rowShape == [2])
    }

    @Test("may have numbers as labels, which are cut with the rows but are no classes")
    func numbers() throws {
        let data = try Dataset(
            name: "prices",
            features: TensorValue([1, 2, 3] as [Float], shape: [3, 1]),
            labels: .numbers(TensorValue([10, 20, 30] as [Float]))
        )
        #expect(data.rows([2, 1]).labels == .numbers(TensorValue([30, 20] as [Float])))
        #expect(throws: DatasetError.notClasses(dataset: "prices")) { try data.classes }
        #expect(throws: DatasetError.notClasses(dataset: "prices")) { try data.stratified(test: 0.5, seed: 0) }
    }

    @Test("has a digest that every part of the content changes, and its name does not")
    func hash() throws {
        func hash(
            name: String = "x",
            numbers: [Float] = [1, 2],
            features: [String] = ["ab", "c"],
            shape: Shape = [2],
            label: Int32 = 0,
            classes: [String] = ["y", "z"]
        ) throws -> Hash {
            try Dataset(
                name: name,
                features: TensorValue(numbers, shape: [1, 2]),
                featureNames: features,
                rowShape: shape,
                labels: .classes(ClassLabels([label], names: classes))
            ).hash
        }
        let plain = try hash()
        #expect(try hash(name: "moved") == plain)
        let others = try [
            hash(numbers: [1, 3]), hash(features: ["a", "bc"]), hash(shape: [1, 2]), hash(label: 1),
            hash(classes: ["y", "zz"]),
            Dataset(
                name: "x",
                features: TensorValue([1, 2] as [Float], shape: [1, 2]),
                featureNames: ["ab", "c"],
                labels: .numbers(TensorValue([0] as [Float]))
            ).hash,
        ]
        #expect(Set(others + [plain]).count == 7)
    }

    @Test("is refused with one sentence when its parts do not fit")
    func refusals() throws {
        func message(
            _ features: TensorValue = TensorValue([1, 2] as [Float], shape: [1, 2]),
            names: [String]? = nil,
            shape: Shape? = nil,
            labels: Labels = .numbers(TensorValue([0] as [Float]))
        ) -> String {
            let error = #expect(throws: DatasetError.self) {
                try Dataset(name: "x", features: features, featureNames: names, rowShape: shape, labels: labels)
            }
            return error?.description ?? ""
        }
        #expect(
            message(TensorValue([1] as [Int32], shape: [1, 1]))
                == "The features are i32[1, 1], but a data set needs f32[rows, features] with at least one feature."
        )
        #expect(
            message(TensorValue([] as [Float], shape: [1, 0]))
                == "The features are f32[1, 0], but a data set needs f32[rows, features] with at least one feature."
        )
        #expect(message(names: ["a"]) == "There are 1 feature names, but 2 are needed: give one for each.")
        #expect(
            message(names: ["a", "a"])
                == "Two of the feature names are 'a', but each must be different: rename one."
        )
        #expect(
            message(shape: [3]) == "There are 3 elements of the row shape [3], but 2 are needed: give one for each."
        )
        #expect(
            message(labels: .numbers(TensorValue([0] as [Double])))
                == "The labels are f64[1], but numbers to predict must be f32[rows]."
        )
        #expect(
            message(labels: .numbers(TensorValue([0, 1] as [Float])))
                == "There are 2 labels, but 1 are needed: give one for each."
        )
        #expect(
            message(labels: .numbers(TensorValue([.nan] as [Float])))
                == "Row 0 of the label is infinite or not a number: remove the row or fill in a value."
        )
        #expect(
            message(TensorValue([1, .infinity] as [Float], shape: [1, 2]))
                == "Row 0 of feature 'feature 2' is infinite or not a number: remove the row or fill in a value."
        )
        let outside = #expect(throws: DatasetError.self) { try ClassLabels([0, 2], names: ["a", "b"]) }
        #expect(outside?.description == "Row 1 has class 2, but with 2 classes the indices are 0 to 1.")
        let twice = #expect(throws: DatasetError.self) { try ClassLabels([0], names: ["a", "a"]) }
        #expect(twice?.description == "Two of the class names are 'a', but each must be different: rename one.")
    }
}
