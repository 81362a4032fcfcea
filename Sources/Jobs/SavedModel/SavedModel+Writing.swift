import Datasets
public import Tensors

extension SavedModel {
    /// The version of the folder's form that is written, and the only one that is read.
    static let format = 1
    static let descriptionName = "model.json"
    static let weightsName = "weights.safetensors"

    /// Reserves a folder for a model; `model.json` is what makes it one.
    ///
    /// - Throws: `OutputError`.
    public static func reserve(_ path: String, force: Bool = false) throws(OutputError) -> OutputFolder {
        try OutputFolder(path, holding: [weightsName, descriptionName], force: force)
    }

    /// Writes the model into its folder, which then appears under its name.
    ///
    /// - Returns: the SHA-256 of `weights.safetensors`.
    /// - Throws: `OutputError.failed`.
    @discardableResult
    public func write(to folder: OutputFolder) throws(OutputError) -> Hash {
        let weights = weightBytes
        let digest = Hash(of: weights)
        try folder.commit([weights, Array(description(weights: digest).indented.utf8)])
        return digest
    }

    /// `model.json`.
    func description(weights digest: Hash) -> JSON {
        var label = JSON.null
        switch self.label {
        case .named(let name)?: label = .text(name)
        case .number(let number)?: label = .integer(number)
        case nil: break
        }
        var origin = provenance.members
        origin["weights"] = .text(digest.description)
        return .object([
            "format": .integer(Self.format),
            "recipe": .text(recipe),
            "kind": .text(type(of: body).kind),
            "model": .object(body.architecture),
            "classes": .list(classes.map(JSON.text)),
            "features": .list(featureNames.map(JSON.text)),
            "label": label,
            "standardised": .flag(standardisation != nil),
            "metrics": .object(metrics.values.mapValues(JSON.number)),
            "job": job,
            "provenance": .object(origin),
        ])
    }
}
