public import Tensors

/// What is to be predicted, one entry per row of a data set.
public enum Labels: Sendable, Hashable {
    /// One class per row: classification.
    case classes(ClassLabels)
    /// One number per row, `f32 [rows]`: regression.
    case numbers(TensorValue)

    /// The number of rows that are labelled.
    public var count: Int { tensor.shape.count }

    /// The class indices, `i32 [rows]`, or the numbers, `f32 [rows]`.
    public var tensor: TensorValue {
        switch self {
        case .classes(let labels): labels.indices
        case .numbers(let numbers): numbers
        }
    }

    /// The labels of some rows, in the order given; a row may be taken more than once.
    func rows(_ rows: [Int]) -> Labels {
        switch self {
        case .classes(let labels): .classes(labels.rows(rows))
        case .numbers(let numbers): .numbers(numbers.rows(rows))
        }
    }
}

/// One class per row, as an index into the names of the classes.
public struct ClassLabels: Sendable, Hashable {
    /// The class of each row, `i32 [rows]`, in `0..<names.count`.
    public let indices: TensorValue
    /// The name of each class. A class may have no row, as in a part of a larger data set.
    public let names: [String]

    /// - Throws: `DatasetError.labelOutOfRange` or `.duplicateName`.
    public init(_ indices: [Int32], names: [String]) throws(DatasetError) {
        for (row, index) in indices.enumerated() where !names.indices.contains(Int(index)) {
            throw .labelOutOfRange(row: row, label: Int(index), classes: names.count)
        }
        try names.requireUnique(as: "class")
        self.init(valid: TensorValue(indices), names: names)
    }

    init(valid indices: TensorValue, names: [String]) {
        self.indices = indices
        self.names = names
    }

    /// The class of each row, as `indices` has it.
    public var ofRows: [Int] { indices.elements(as: Int32.self).map(Int.init) }

    /// The number of rows of each class.
    public var counts: [Int] {
        var counts = [Int](repeating: 0, count: names.count)
        for index in ofRows { counts[index] += 1 }
        return counts
    }

    func rows(_ rows: [Int]) -> ClassLabels {
        ClassLabels(valid: indices.rows(rows), names: names)
    }
}

extension [String] {
    /// Refuses two equal names of one kind (`class`, `feature`).
    func requireUnique(as kind: String) throws(DatasetError) {
        var seen: Set<String> = []
        for name in self where !seen.insert(name).inserted { throw .duplicateName(kind: kind, name: name) }
    }
}

extension TensorValue {
    /// Slices along the first axis, in the order given.
    ///
    /// - Precondition: each row exists.
    func rows(_ rows: [Int]) -> TensorValue {
        let count = shape.sizes.first ?? 0
        let stride = count == 0 ? 0 : bytes.count / count
        var taken: [UInt8] = []
        taken.reserveCapacity(rows.count * stride)
        for row in rows {
            precondition((0..<count).contains(row), "row \(row) of \(count)")
            taken += bytes[(row * stride)..<((row + 1) * stride)]
        }
        let type = TensorType(type.element, Shape([rows.count] + shape.sizes.dropFirst()))
        guard let tensor = TensorValue(type: type, bytes: taken) else {
            preconditionFailure("\(taken.count) bytes do not fill \(type)")
        }
        return tensor
    }
}
