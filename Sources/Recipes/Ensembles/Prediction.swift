import Tensors

/// What an ensemble says of some rows.
public struct Prediction: Hashable, Sendable {
    /// The class of each row.
    public let classes: [Int]
    /// The shares of the vote, `[rows, classes]` in row-major order; each row adds up to 1.
    public let shares: [Float]
    /// The class of each row by each member, `[rows, members]` in row-major order.
    public let memberClasses: [Int]
    private let memberCount: Int

    init(classes: [Int], shares: [Float], memberClasses: [Int], memberCount: Int) {
        self.classes = classes
        self.shares = shares
        self.memberClasses = memberClasses
        self.memberCount = memberCount
    }

    /// What a prediction's program left: the classes, the shares and the members' classes.
    init(_ outputs: [TensorValue], memberCount: Int) {
        self.init(
            classes: outputs[0].elements(as: Int32.self).map(Int.init),
            shares: outputs[1].floats,
            memberClasses: outputs[2].elements(as: Int32.self).map(Int.init),
            memberCount: memberCount
        )
    }

    init(joining parts: [Prediction], memberCount: Int) {
        self.init(
            classes: parts.flatMap(\.classes),
            shares: parts.flatMap(\.shares),
            memberClasses: parts.flatMap(\.memberClasses),
            memberCount: memberCount
        )
    }

    /// The share of rows whose class is right; NaN without rows.
    public func accuracy(labels: [Int]) -> Double {
        Double(zip(classes, labels).count { $0 == $1 }) / Double(labels.count)
    }

    /// The share of right classes of each member.
    public func memberAccuracies(labels: [Int]) -> [Double] {
        (0..<memberCount).map { member in
            Double(labels.indices.count { memberClasses[$0 * memberCount + member] == labels[$0] })
                / Double(labels.count)
        }
    }
}
