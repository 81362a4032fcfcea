import Tensors

/// The labels of one column, read row after row.
struct CSVLabels {
    private enum Content {
        case classes(CSVClasses)
        case numbers([Float])
    }

    private var content: Content
    /// The cells that stand for a missing label; nil when every row needs one.
    private let missing: Set<[UInt8]>?
    /// Whether each row has a label.
    private(set) var isPresent: [Bool] = []

    private let decimals = DecimalReader()

    /// Classes, of which every row needs one.
    ///
    /// - Parameter known: The classes that may occur, in their order; nil for any.
    init(classes known: [String]?) {
        content = .classes(CSVClasses(known: known))
        missing = nil
    }

    /// Labels that may be missing: an empty cell, or one that holds the marker.
    ///
    /// - Parameters:
    ///   - label: Whether these are classes or numbers.
    ///   - marker: What stands for a missing one.
    ///   - known: The classes that may occur, in their order; nil for any.
    init(_ label: CSV.Label, missing marker: String?, classes known: [String]? = nil) {
        switch label {
        case .classes: content = .classes(CSVClasses(known: known))
        case .number: content = .numbers([])
        }
        missing = [[], marker.map { Array($0.utf8) } ?? []]
    }

    /// Notes the label of the next row.
    mutating func append(_ cell: [UInt8], place: () -> CSVError.Place) throws(CSVError) {
        let isMissing = missing?.contains(cell) ?? false
        switch content {
        case .classes(var classes):
            content = .numbers([])  // so that there is one copy
            if isMissing { classes.appendMissing() } else { try classes.append(cell, place: place) }
            content = .classes(classes)
        case .numbers(var numbers):
            content = .numbers([])
            numbers.append(isMissing ? 0 : try number(cell, place: place))
            content = .numbers(numbers)
        }
        isPresent.append(!isMissing)
    }

    private func number(_ cell: [UInt8], place: () -> CSVError.Place) throws(CSVError) -> Float {
        guard let value = decimals.value(of: cell) else {
            throw .labelNotANumber(place(), found: String(decoding: cell, as: UTF8.self))
        }
        let rounded = Float(value)
        guard rounded.isFinite else { throw .outOfRange(place(), found: String(decoding: cell, as: UTF8.self)) }
        return rounded
    }

    /// The labels of all rows.
    func labels() -> Labels {
        switch content {
        case .classes(let classes): .classes(classes.labels())
        case .numbers(let numbers): .numbers(TensorValue(numbers))
        }
    }
}
