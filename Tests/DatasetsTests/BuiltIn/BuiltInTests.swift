import Datasets
import Tensors
import Testing

/// Golden values: scikit-learn 1.9.1, printed by make_tables.py and, for the digests, make_golden.py.
@Suite("The built-in data sets")
struct BuiltInTests {
    @Test("digits are those of scikit-learn, divided by 16")
    func digits() throws {
        let digits = Dataset.digits
        let classes = try digits.classes
        #expect(digits.features.type == TensorType(.f32, [1797, 64]))
        #expect(digits.rowShape == [8, 8, 1])
        #expect(digits.featureNames.first == "pixel_0_0")
        #expect(digits.featureNames.last == "pixel_7_7")
        #expect(classes.names == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
        #expect(classes.counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
        #expect(weightedSum(of: classes.indices) == 7_272_861)

        let pixels = digits.features.floats
        #expect(pixels.reduce(0) { $0 + Double($1) } * 16 == 561_718)
        #expect(pixels.min() == 0 && pixels.max() == 1)
        let image: [Float] = [
            0, 0, 1, 14, 2, 0, 0, 0, 0, 0, 0, 16, 5, 0, 0, 0, 0, 0, 0, 14, 10, 0, 0, 0, 0, 0, 0, 11, 16, 1, 0, 0, 0, 0,
            0, 3, 14, 6, 0, 0, 0, 0, 0, 0, 8, 12, 0, 0, 0, 0, 10, 14, 13, 16, 8, 3, 0, 0, 2, 11, 12, 15, 16, 15,
        ]
        #expect(digits.rows([1000]).features.floats.map { $0 * 16 } == image)
        #expect(digits.hash.description == "59cde7a3bccfcd8095522c8b51202943855ff53623ef96422ece5b46620ec5fd")
    }

    @Test("breast cancer is that of scikit-learn")
    func breastCancer() throws {
        let cancer = Dataset.breastCancer
        let classes = try cancer.classes
        #expect(cancer.features.type == TensorType(.f32, [569, 30]))
        #expect(cancer.featureNames.first == "mean radius")
        #expect(cancer.featureNames.last == "worst fractal dimension")
        #expect(classes.names == ["malignant", "benign"])
        #expect(classes.counts == [212, 357])
        #expect(weightedSum(of: classes.indices) == 114_561)
        // Each number is rounded to f32, by at most 2⁻²⁵ of itself.
        let sum = cancer.features.floats.reduce(0) { $0 + Double($1) }
        #expect(abs(sum - 1_056_474.459_635_6) < 1_056_474 * 0x1p-25)
        let last: [Float] = [
            7.76, 24.54, 47.92, 181, 0.05263, 0.04362, 0, 0, 0.1587, 0.05884, 0.3857, 1.428, 2.548, 19.15, 0.007189,
            0.00466, 0, 0, 0.02676, 0.002783, 9.456, 30.37, 59.16, 268.6, 0.08996, 0.06444, 0, 0, 0.2871, 0.07039,
        ]
        #expect(cancer.rows([568]).features.floats == last)
        #expect(cancer.hash.description == "c5c696229010a6721731f77c975e3dcb607fd74a288abbf33e96469a21d134e8")
    }

    @Test("each is found by its name")
    func names() {
        #expect(BuiltIn.allCases.map(\.rawValue) == ["digits", "breast-cancer"])
        for builtIn in BuiltIn.allCases { #expect(builtIn.dataset.name == builtIn.rawValue) }
    }

    /// The sum over rows, counted from 1, of row times label.
    private func weightedSum(of labels: TensorValue) -> Int {
        labels.elements(as: Int32.self).enumerated().reduce(0) { $0 + ($1.offset + 1) * Int($1.element) }
    }
}
