package import Datasets
import Networks
package import Recipes
package import Tasks
package import Tensors

extension MetaLearnedModel: StorableModel {
    package static var kind: String { "meta-learned" }
    package static var keys: [String] { ["model", "features", "inner", "curve", "evaluation"] }

    package init(reading root: Section, weights: [String: TensorValue], file: String) throws {
        let section = try root.section("model", keys: ["layers", "task", "outputs"])
        let network = try NetworkSetting(reading: section)
        let outputs = try section.required("outputs", "a whole number").integer("model.outputs", in: 1...1_000_000)
        let task: EpisodeTask = try section.word("task", default: .regression)
        let inner = try root.section("inner", keys: ["rate", "steps", "order"])
        self = try network.blamed {
            try MetaLearnedModel(
                model: network.model(outputs: outputs),
                featureNames: root.names("features"),
                taskKind: task == .regression ? .regression(outputs: outputs) : .classification(ways: outputs),
                inner: InnerLoop(
                    rate: inner.number("rate", .positive, default: 0.01),
                    steps: inner.integer("steps", in: 1...10_000, default: 1),
                    order: inner.word("order", default: .second)
                ),
                weights: NamedWeights(weights),
                curve: root["curve"]?.list("curve", of: "points").map { try MetaCurvePoint(reading: $0) } ?? [],
                evaluation: root["evaluation"].map { try MetaEvaluation(reading: $0) }
            )
        }
    }

    package var description: [String: JSON] {
        let task: EpisodeTask = if case .regression = taskKind { .regression } else { .classification }
        return [
            "model": .object([
                "layers": model.canonical,
                "task": .text(task.rawValue),
                "outputs": .integer(taskKind.outputs),
            ]),
            "features": .list(featureNames.map(JSON.text)),
            "inner": inner.canonical,
            "curve": .list(curve.map(\.json)),
            "evaluation": evaluation?.json ?? .null,
        ]
    }

    package var tensors: [String: TensorValue] { weights.tensors }

    /// Parameters to adapt from say nothing of a task that they have not seen.
    package func answers(for csv: CSV, details: Bool, on local: LocalExecutor) throws -> AnswerTable {
        throw Refusal(
            "This model answers for a task once it has adapted to it: give `troupe adapt` a few labelled rows, and predict "
                + "with the model that it writes."
        )
    }

    /// What was measured on held-out tasks.
    package func evaluation(
        on data: EvaluationData,
        provenance: Provenance,
        local: LocalExecutor
    ) throws -> Report {
        guard data.source == nil, let evaluation else {
            throw Refusal(
                "This model is measured on held-out tasks, which needs no --data; a model that `troupe adapt` has written is "
                    + "measured on rows of its task."
            )
        }
        return evaluation.report(steps: inner.steps)
    }
}

/// What examples are labelled with, as a word.
private enum EpisodeTask: String, CaseIterable {
    case classification
    case regression
}

extension MetaCurvePoint {
    private static let keys = ["first", "end", "before", "after", "diverged"]

    fileprivate init(reading field: Field) throws(DocumentError) {
        let section = try Section(field, path: "curve", keys: Self.keys)
        let first = try section.integer("first", in: 0...Int.max, default: 0)
        self.init(
            iterations: first..<(try section.integer("end", in: first...Int.max, default: first)),
            before: try section.number("before", .finite, default: .nan),
            after: try section.number("after", .finite, default: .nan),
            diverged: try section.integer("diverged", in: 0...Int.max, default: 0)
        )
    }

    fileprivate var json: JSON {
        .object([
            "first": .integer(iterations.lowerBound), "end": .integer(iterations.upperBound),
            "before": .number(before), "after": .number(after), "diverged": .integer(diverged),
        ])
    }
}

extension MetaEvaluation {
    fileprivate init(reading field: Field) throws(DocumentError) {
        let section = try Section(field, path: "evaluation", keys: ["tasks", "diverged", "steps"])
        var steps: [Step] = []
        for item in try section.required("steps", "a list of figures").list("evaluation.steps", of: "figures") {
            let step = try Section(item, path: "evaluation.steps", keys: ["loss", "accuracy"])
            steps.append(
                Step(
                    loss: try Estimate(reading: step.required("loss", "a figure")),
                    accuracy: try step["accuracy"].map { field throws(DocumentError) in try Estimate(reading: field) }
                )
            )
        }
        guard !steps.isEmpty else {
            throw .value(field.place, key: "evaluation.steps", expected: "at least one figure", found: "none")
        }
        self.init(
            tasks: try section.integer("tasks", in: 1...Int.max, default: 1),
            diverged: try section.integer("diverged", in: 0...Int.max, default: 0),
            steps: steps
        )
    }

    fileprivate var json: JSON {
        .object([
            "tasks": .integer(tasks), "diverged": .integer(diverged),
            "steps": .list(
                steps.map { step in
                    .object(["loss": step.loss.json, "accuracy": step.accuracy?.json ?? .null])
                }
            ),
        ])
    }
}

extension MetaEvaluation.Estimate {
    fileprivate init(reading field: Field) throws(DocumentError) {
        let section = try Section(field, path: "evaluation.steps", keys: ["mean", "margin", "median"])
        self.init(
            mean: try section.number("mean", .finite, default: .nan),
            margin: try section.number("margin", .finite, default: .nan),
            median: try section.number("median", .finite, default: .nan)
        )
    }

    fileprivate var json: JSON {
        .object(["mean": .number(mean), "margin": .number(margin), "median": .number(median)])
    }
}
