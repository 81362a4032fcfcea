import Networks
package import Recipes
package import Tensors

extension VotingEnsemble: StorableClassifier {
    package static var kind: String { "voting-ensemble" }

    package init(
        reading section: Section,
        classes: [String],
        featureNames: [String],
        weights: [String: TensorValue]
    ) throws {
        let section = try section.with(keys: ["layers", "members", "vote"])
        let field = try section.required("layers", "a list of layers")
        let layers = try LayerSetting.list(reading: field, "\(section.path).layers")
        let members = try section.required("members", "a whole number")
            .integer(section.path(of: "members"), in: 1...1_000_000)
        let stacked = try StackedWeights(NamedWeights(weights))
        guard stacked.memberCount == members else {
            throw DocumentError.refused(
                section.place(of: "members"),
                "the model has \(members) members, but the weights are those of \(stacked.memberCount)."
            )
        }
        do {
            try self.init(
                model: Sequential(layers.map { $0.resolved(classes: classes.count) }),
                classes: classes,
                featureNames: featureNames,
                vote: section.word("vote", default: .soft),
                weights: stacked
            )
        } catch let error as LayerError {
            throw DocumentError.refused(field.place, "\(error).")
        }
    }

    package var architecture: [String: JSON] {
        [
            "layers": .list(model.specifications.map(\.canonical)),
            "members": .integer(memberCount),
            "vote": .text(vote.rawValue),
        ]
    }

    package var tensors: [String: TensorValue] { weights.named.tensors }
}
