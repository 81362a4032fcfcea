public import Optimizers

/// An optimiser as a job names it: `adam`, `{adam: {rate: 0.001}}`, `{sgd: {rate: 0.1, momentum: 0.9}}`.
public enum OptimizerSetting: Sendable, Hashable {
    /// Adam: the rate, how much of the running mean and of the running mean square is kept, and what is added to its root.
    case adam(rate: Double, mean: Double, square: Double, epsilon: Double)
    /// Stochastic gradient descent.
    case sgd(rate: Double, momentum: Double)

    /// Adam at a rate of 0.001.
    public static let standard = OptimizerSetting.adam(rate: 0.001, mean: 0.9, square: 0.999, epsilon: 1e-8)

    /// What does it.
    public var transform: any GradientTransform {
        switch self {
        case .adam(let rate, let mean, let square, let epsilon):
            Optimizers.adam(rate: rate, decay: (mean, square), epsilon: epsilon)
        case .sgd(let rate, let momentum): Optimizers.sgd(rate: rate, momentum: momentum)
        }
    }

    static let names = ["adam", "sgd"]

    /// Reads `optimizer` of a section; Adam when it names none.
    init(in section: Section) throws(DocumentError) {
        guard let field = section["optimizer"] else {
            self = .standard
            return
        }
        try self.init(reading: field, section.path(of: "optimizer"))
    }

    private init(reading field: Field, _ path: String) throws(DocumentError) {
        let (name, place, settings) = try field.choice(path, "an optimiser such as {adam: {rate: 0.001}}")
        switch name {
        case "adam":
            let adam = try Section(settings, path: "\(path).adam", keys: ["rate", "mean", "square", "epsilon"])
            self = .adam(
                rate: try adam.number("rate", .positive, default: 0.001),
                mean: try adam.number("mean", .decay, default: 0.9),
                square: try adam.number("square", .decay, default: 0.999),
                epsilon: try adam.number("epsilon", .positive, default: 1e-8)
            )
        case "sgd":
            let sgd = try Section(settings, path: "\(path).sgd", keys: ["rate", "momentum"])
            self = .sgd(
                rate: try sgd.number("rate", .positive, default: 0.01),
                momentum: try sgd.number("momentum", .decay, default: 0)
            )
        default:
            throw .unknownName(place, kind: "optimizer", plural: "optimizers", name: name, known: Self.names)
        }
    }

    var canonical: JSON {
        switch self {
        case .adam(let rate, let mean, let square, let epsilon):
            .object([
                "adam": .object([
                    "rate": .number(rate), "mean": .number(mean), "square": .number(square),
                    "epsilon": .number(epsilon),
                ])
            ])
        case .sgd(let rate, let momentum):
            .object(["sgd": .object(["rate": .number(rate), "momentum": .number(momentum)])])
        }
    }
}
