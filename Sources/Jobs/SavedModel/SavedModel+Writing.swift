public import Tensors

extension SavedModel {
    /// The version of the folder's form that is written, and the only one that is read.
    static let format = 1
    static let descriptionName = "model.json"
    static let weightsName = "weights.safetensors"

    /// Reserves a folder for a model; `model.json` is what makes it one. See `OutputFolder.init`.
    ///
    /// - Throws: `OutputError`.
    public static func reserve(
        _ path: String,
        working: [String] = [],
        force: Bool = false,
        fresh: Bool = false
    ) throws(OutputError) -> OutputFolder {
        let names = [weightsName, descriptionName]
        return try OutputFolder(path, holding: names, working: working, force: force, fresh: fresh)
    }

    /// Writes the model into its folder, which then appears under its name.
    ///
    /// - Parameters:
    ///   - folder: Where it is made.
    ///   - kept: Those of its working files that stay with the model.
    /// - Returns: the SHA-256 of `weights.safetensors`.
    /// - Throws: `OutputError.failed`.
    @discardableResult
    public func write(to folder: OutputFolder, keeping kept: [String] = []) throws(OutputError) -> Hash {
        let weights = weightBytes
        let digest = Hash(of: weights)
        try folder.commit([weights, Array(description(weights: digest).indented.utf8)], keeping: kept)
        return digest
    }

    /// `model.json`.
    func description(weights digest: Hash) -> JSON {
        var origin = provenance.members
        origin["weights"] = .text(digest.description)
        let common: [String: JSON] = [
            "format": .integer(Self.format),
            "recipe": .text(recipe),
            "kind": .text(type(of: body).kind),
            "metrics": .object(metrics.values.mapValues(JSON.number)),
            "job": job,
            "provenance": .object(origin),
        ]
        return .object(common.merging(body.description) { own, _ in own })
    }
}
