public import Tensors

extension SavedModel {
    /// What of the description of this model is not what another one says, by the keys of `model.json`: what a model learned,
    /// from what, and how well. What only tells which program made it, and on which way, is left out.
    public func differences(from other: SavedModel) -> [String] {
        let (own, others) = (statements, other.statements)
        return Set(own.keys).union(others.keys).sorted().filter { own[$0] != others[$0] }
    }

    /// What `model.json` says, as text: a number that was read may have another form than one that was measured.
    private var statements: [String: String] {
        guard case .object(var members) = description(weights: Hash(of: [])) else { return [:] }
        members["provenance"] = nil
        var statements = members.mapValues(\.description)
        for (key, value) in provenance.members where !["programs", "troupe"].contains(key) {
            statements["provenance.\(key)"] = value.description
        }
        return statements
    }
}

extension TrainingPlan {
    /// The hash of all that was read, before it was cut or changed.
    public var data: Hash { prepared.data }
}
