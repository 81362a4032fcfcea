import Tensors

/// The classes of rows that are read one after the other, as indices into a list that is only known at the end.
struct CSVClasses {
    /// The index of each row's class in `spellings`.
    private var indices: [Int32] = []
    /// Each class as it was first written, or the known classes.
    private var spellings: [String]
    private var indexOfBytes: [[UInt8]: Int32] = [:]
    private var indexOfName: [String: Int32] = [:]
    private var indexOfNumber: [Double: Int32] = [:]
    private let isClosed: Bool

    private let decimals = DecimalReader()

    /// - Parameter known: The classes that may occur, in their order; nil for any.
    init(known: [String]?) {
        spellings = known ?? []
        isClosed = known != nil
        for (index, name) in spellings.enumerated() { indexOfName[name] = Int32(index) }
        for (index, number) in (Self.numbers(spellings) ?? []).enumerated() { indexOfNumber[number] = Int32(index) }
    }

    /// Notes the class of the next row.
    mutating func append(_ cell: [UInt8], place: () -> CSVError.Place) throws(CSVError) {
        if let index = indexOfBytes[cell] {
            indices.append(index)
            return
        }
        guard !cell.isEmpty else { throw .missingLabel(place()) }
        guard let name = String(validating: cell, as: UTF8.self) else { throw .notUTF8(place()) }
        let index: Int32
        if let known = indexOfName[name] ?? (isClosed ? decimals.value(of: cell).flatMap { indexOfNumber[$0] } : nil) {
            index = known
        } else {
            if isClosed { throw .unknownClass(place(), found: name, known: spellings) }
            index = Int32(spellings.count)
            spellings.append(name)
            indexOfName[name] = index
        }
        indexOfBytes[cell] = index
        indices.append(index)
    }

    /// Notes that the next row has no class; it counts as one of the first class.
    mutating func appendMissing() { indices.append(Self.none) }

    private static let none: Int32 = -1

    /// The labels of all rows.
    ///
    /// Known classes keep their order. Otherwise, if all classes are numbers they are ordered as numbers, and those that
    /// are the same number, such as `1` and `1.0`, are one class, which has the shortest of its names; else they are
    /// ordered as text, by Unicode scalars.
    func labels() -> ClassLabels {
        guard !isClosed else { return ClassLabels(valid: TensorValue(indices.map { max(0, $0) }), names: spellings) }
        let numbers = Self.numbers(spellings)
        let order = spellings.indices.sorted { left, right in
            let (leftName, rightName) = (spellings[left], spellings[right])
            guard let numbers else { return leftName < rightName }
            return (numbers[left], leftName.utf8.count, leftName) < (numbers[right], rightName.utf8.count, rightName)
        }
        var names: [String] = []
        var classOfSpelling = [Int32](repeating: 0, count: spellings.count)
        var previous: Int?
        for index in order {
            if let numbers, let previous, numbers[previous] == numbers[index] {
                classOfSpelling[index] = classOfSpelling[previous]
            } else {
                classOfSpelling[index] = Int32(names.count)
                names.append(spellings[index])
            }
            previous = index
        }
        let classes = indices.map { $0 == Self.none ? 0 : classOfSpelling[Int($0)] }
        return ClassLabels(valid: TensorValue(classes), names: names)
    }

    /// The classes as numbers, if all are and `Double` can tell them apart.
    private static func numbers(_ names: [String]) -> [Double]? {
        let reader = DecimalReader()
        let numbers = names.compactMap { reader.value(of: Array($0.utf8)) }
        return numbers.count == names.count && numbers.allSatisfy { abs($0) < 0x1p53 } ? numbers : nil
    }
}
