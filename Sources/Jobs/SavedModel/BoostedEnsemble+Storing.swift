import Networks
package import Recipes
package import Tensors

extension BoostedEnsemble: StorableClassifier {
    package static var kind: String { "boosted-ensemble" }

    package init(
        reading section: Section,
        classes: [String],
        featureNames: [String],
        weights: [String: TensorValue]
    ) throws {
        let section = try section.with(keys: ["layers", "members", "rounds"])
        let count = try section.required("members", "a whole number")
            .integer(section.path(of: "members"), in: 1...1_000_000)
        var weights = weights
        let alphas = try Self.column("alphas", of: count, as: Double.self, in: &weights)
        let rounds = try BoostingRound.list(reading: section.section("rounds", keys: BoostingRound.columns))
        func ensemble(_ members: Members) throws -> BoostedEnsemble {
            try BoostedEnsemble(members, alphas: alphas, classes: classes, featureNames: featureNames, rounds: rounds)
        }
        if section["layers"] != nil {
            let network = try NetworkSetting(reading: section)
            let stacked = try StackedWeights(NamedWeights(weights))
            let model = try network.model(outputs: classes.count)
            self = try network.blamed { try ensemble(.networks(model, stacked)) }
        } else {
            let features = try Self.column("stumps.feature", of: count, as: Int32.self, in: &weights)
            let thresholds = try Self.column("stumps.threshold", of: count, as: Float.self, in: &weights)
            let below = try Self.column("stumps.below", of: count, as: Int32.self, in: &weights)
            let above = try Self.column("stumps.above", of: count, as: Int32.self, in: &weights)
            if let stranger = weights.keys.min() { throw RecipeError.weights("stumps have no '\(stranger)'") }
            let stumps = (0..<count).map { index in
                Stump(
                    feature: Int(features[index]),
                    threshold: thresholds[index],
                    below: Int(below[index]),
                    above: Int(above[index])
                )
            }
            self = try ensemble(.stumps(stumps))
        }
    }

    /// Takes a number for each member out of the tensors.
    private static func column<Element: TensorElement>(
        _ name: String,
        of count: Int,
        as _: Element.Type,
        in weights: inout [String: TensorValue]
    ) throws(RecipeError) -> [Element] {
        guard let value = weights.removeValue(forKey: name), value.type == TensorType(Element.element, [count]) else {
            throw .weights("'\(name)' is not there as \(TensorType(Element.element, [count]))")
        }
        return value.elements()
    }

    package var architecture: [String: JSON] {
        var architecture: [String: JSON] = [
            "members": .integer(memberCount), "rounds": .object(BoostingRound.table(of: rounds)),
        ]
        if case .networks(let model, _) = members {
            architecture["layers"] = model.canonical
        }
        return architecture
    }

    package var tensors: [String: TensorValue] {
        Dictionary(numbers.map { ($0.name, $0.value) }) { first, _ in first }
    }
}

/// The rounds as a table by columns, each of which is a list with an entry for each round.
extension BoostingRound {
    fileprivate static let columns = ["outcome", "step", "error", "alpha", "bound", "training_error"]

    private enum Word: String, CaseIterable {
        case kept, perfect
        case noBetterThanChance = "no better than chance"
        case diverged
    }

    fileprivate static func table(of rounds: [BoostingRound]) -> [String: JSON] {
        func column(_ value: (BoostingRound) -> JSON) -> JSON { .list(rounds.map(value)) }
        return [
            "outcome": column { .text($0.word.rawValue) },
            "step": column { $0.divergence.map(JSON.integer) ?? .null },
            "error": column { $0.error.map(JSON.number) ?? .null },
            "alpha": column { .number($0.alpha) },
            "bound": column { .number($0.bound) },
            "training_error": column { $0.trainingError.map(JSON.number) ?? .null },
        ]
    }

    private var word: Word {
        switch outcome {
        case .kept: .kept
        case .perfect: .perfect
        case .noBetterThanChance: .noBetterThanChance
        case .diverged: .diverged
        }
    }

    private var divergence: Int? {
        guard case .diverged(let step) = outcome else { return nil }
        return step
    }

    fileprivate static func list(reading table: Section) throws(DocumentError) -> [BoostingRound] {
        func column(_ key: String) throws(DocumentError) -> [Field] {
            try table.required(key, "a list").list(table.path(of: key), of: "one entry for each round")
        }
        func number(_ field: Field, _ key: String) throws(DocumentError) -> Double? {
            if case .nothing = field.content { return nil }
            return try field.number(table.path(of: key), .finite)
        }
        let outcomes = try column("outcome")
        let (steps, errors, alphas) = (try column("step"), try column("error"), try column("alpha"))
        let (bounds, missed) = (try column("bound"), try column("training_error"))
        for other in [steps, errors, alphas, bounds, missed] where other.count != outcomes.count {
            throw .refused(table.place, "the columns of '\(table.path)' are of unlike lengths.")
        }
        var rounds: [BoostingRound] = []
        for index in outcomes.indices {
            let outcome: Outcome
            switch try outcomes[index].word(table.path(of: "outcome")) as Word {
            case .kept: outcome = .kept
            case .perfect: outcome = .perfect
            case .noBetterThanChance: outcome = .noBetterThanChance
            case .diverged:
                outcome = .diverged(step: try steps[index].integer(table.path(of: "step"), in: 0...(.max)))
            }
            rounds.append(
                BoostingRound(
                    outcome: outcome,
                    error: try number(errors[index], "error"),
                    alpha: try alphas[index].number(table.path(of: "alpha"), .notNegative),
                    bound: try bounds[index].number(table.path(of: "bound"), .notNegative),
                    trainingError: try number(missed[index], "training_error")
                )
            )
        }
        return rounds
    }
}
