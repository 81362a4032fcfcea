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
        let network = try NetworkSetting(reading: section)
        let members = try section.required("members", "a whole number")
            .integer(section.path(of: "members"), in: 1...1_000_000)
        let stacked = try StackedWeights(NamedWeights(weights))
        guard stacked.memberCount == members else {
            throw DocumentError.refused(
                section.place(of: "members"),
                "the model has \(members) members, but the weights are those of \(stacked.memberCount)."
            )
        }
        self = try network.blamed {
            try VotingEnsemble(
                model: network.model(outputs: classes.count),
                classes: classes,
                featureNames: featureNames,
                vote: section.word("vote", default: .soft),
                weights: stacked
            )
        }
    }

    package var architecture: [String: JSON] {
        [
            "layers": model.canonical,
            "members": .integer(memberCount),
            "vote": .text(vote.rawValue),
        ]
    }

    package var tensors: [String: TensorValue] { weights.named.tensors }
}
