import Tensors

/// The data sets that come with the library. Their licences and sources are in `SOURCES.txt` beside their tables.
public enum BuiltIn: String, Sendable, CaseIterable {
    /// `Dataset.digits`
    case digits
    /// `Dataset.breastCancer`
    case breastCancer = "breast-cancer"

    /// The table.
    public var dataset: Dataset {
        switch self {
        case .digits: .digits
        case .breastCancer: .breastCancer
        }
    }
}

extension Dataset {
    /// Handwritten digits: 1,797 images of 8 × 8 pixels in ten classes, `0` to `9`.
    ///
    /// Each pixel is the number of set points in a square of 4 × 4, 0 to 16, divided by 16, so that it lies between 0 and 1.
    /// The features are called `pixel_0_0` (row, column) to `pixel_7_7`, and the row shape is `[8, 8, 1]`.
    public static let digits: Dataset = {
        var pixels: [Float] = []
        var classes: [Int32] = []
        for line in DigitsTable.text.utf8.split(separator: UInt8(ascii: "\n")) {
            let digits = line.map { Int($0) - Int($0 < UInt8(ascii: "a") ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10) }
            classes.append(Int32(digits[0]))
            pixels += digits.dropFirst(2).map { Float($0) / 16 }
        }
        return Dataset(
            valid: BuiltIn.digits.rawValue,
            features: TensorValue(pixels, shape: [classes.count, 64]),
            featureNames: (0..<64).map { "pixel_\($0 / 8)_\($0 % 8)" },
            rowShape: [8, 8, 1],
            labels: .classes(ClassLabels(valid: TensorValue(classes), names: (0..<10).map(String.init)))
        )
    }()

    /// Breast cancer, Wisconsin (diagnostic): 30 measurements of the cell nuclei of 569 tumours, `malignant` (class 0) or
    /// `benign` (class 1).
    ///
    /// The measurements have unlike units and ranges: standardise them.
    public static let breastCancer: Dataset = {
        let names = ["malignant", "benign"]
        let lines = BreastCancerTable.text.split(separator: "\n").map { $0.split(separator: ",") }
        let rows = lines.dropFirst()
        return Dataset(
            valid: BuiltIn.breastCancer.rawValue,
            features: TensorValue(rows.flatMap { $0.dropLast().compactMap(Float.init) }, shape: [rows.count, 30]),
            featureNames: lines[0].dropLast().map(String.init),
            rowShape: [30],
            labels: .classes(
                ClassLabels(valid: TensorValue(rows.map { $0[30] == "malignant" ? 0 : Int32(1) }), names: names)
            )
        )
    }()
}
