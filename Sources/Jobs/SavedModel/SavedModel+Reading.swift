import Datasets
import Foundation
import Recipes
import Tensors

extension SavedModel {
    /// The longest `model.json` that is read, in bytes.
    private static let descriptionLimit = 64 << 20
    /// The largest `weights.safetensors` that is read, in bytes.
    private static let weightsLimit = 8 << 30

    /// Reads a model from its folder.
    ///
    /// - Throws: `DocumentError` when the folder is none of ours, or one of its files is damaged; the files are checked
    ///   in full, also against each other.
    public init(folder: String) throws {
        let path = folder.hasSuffix("/") ? folder + Self.descriptionName : "\(folder)/\(Self.descriptionName)"
        let weightsPath = String(path.dropLast(Self.descriptionName.count)) + Self.weightsName
        guard FileManager.default.fileExists(atPath: path) else {
            throw DocumentError.refused(
                .file(folder),
                "there is no model here: model.json is missing. Give a folder that `troupe train` has written."
            )
        }
        let json = try FileContent.bytes(of: path, limit: Self.descriptionLimit)
        let document = try Field(json: json) { .character(file: path, line: $0, column: $1) }
        // The version comes first: what else there is depends on it.
        let format = try Section(document, path: "", keys: nil).required("format", "a version")
        guard case .plain(String(Self.format)) = format.content else {
            throw DocumentError.refused(
                format.place,
                "this model has format \(format.found), but this program reads format \(Self.format). "
                    + "Use the version of troupe that wrote it, or train it again."
            )
        }
        try self.init(
            reading: Section(document, path: "", keys: Self.keys),
            weights: FileContent.bytes(of: weightsPath, limit: Self.weightsLimit),
            file: weightsPath
        )
    }

    private static let keys = [
        "format", "recipe", "kind", "model", "classes", "features", "label", "standardised", "metrics", "job",
        "provenance",
    ]

    private init(reading root: Section, weights bytes: [UInt8], file: String) throws {
        let provenance = try root.section("provenance", keys: Provenance.keys)
        let digest = try provenance.required("weights", "a hash").hash("provenance.weights")
        guard Hash(of: bytes) == digest else {
            throw DocumentError.refused(
                .file(file),
                "this is not the file that model.json describes: its SHA-256 is \(Hash(of: bytes)), not \(digest). "
                    + "Restore it, or train the model again."
            )
        }
        var tensors = try SafeTensors(bytes: bytes, file: file).tensors
        var standardisation: Standardisation?
        if try root.flag("standardised", default: false) {
            guard let mean = tensors.removeValue(forKey: Self.meanName),
                let scale = tensors.removeValue(forKey: Self.scaleName)
            else { throw DocumentError.refused(.file(file), "the tensors of the standardisation are missing.") }
            standardisation = try Standardisation(mean: mean, scale: scale)
        }
        let kind = try root.required("kind", "the kind of the model")
        let name = try kind.text("kind", "the kind of the model")
        guard let form = Self.kinds.first(where: { $0.kind == name }) else {
            throw DocumentError.unknownName(
                kind.place,
                kind: "kind of model",
                plural: "kinds",
                name: name,
                known: Self.kinds.map { $0.kind }
            )
        }
        let body: any StorableModel
        do {
            body = try form.init(
                reading: root.section("model", keys: nil),
                classes: Self.names("classes", in: root),
                featureNames: Self.names("features", in: root),
                weights: tensors
            )
        } catch let error as RecipeError {
            throw DocumentError.refused(.file(file), "\(error)")
        }
        if let standardisation, standardisation.mean.shape != [body.featureNames.count] {
            throw DocumentError.refused(
                .file(file),
                "the standardisation is not one of \(body.featureNames.count) features."
            )
        }
        self.init(
            recipe: try root.required("recipe", "a recipe").text("recipe", "a recipe"),
            body: body,
            label: try Self.label(root["label"]),
            standardisation: standardisation,
            metrics: try Self.metrics(root.section("metrics", keys: nil)),
            job: root["job"]?.json ?? .null,
            provenance: try Provenance(reading: provenance)
        )
    }

    private static func names(_ key: String, in root: Section) throws(DocumentError) -> [String] {
        let field = try root.required(key, "a list of names")
        var names: [String] = []
        for item in try field.list(key, of: "names") { names.append(try item.text(key, "a name")) }
        guard !names.isEmpty, Set(names).count == names.count else {
            throw .value(field.place, key: key, expected: "names that are all different", found: "\(names.count) names")
        }
        return names
    }

    private static func label(_ field: Field?) throws(DocumentError) -> CSV.Column? {
        switch field?.content {
        case .plain:
            try field.map { (field) throws(DocumentError) in .number(try field.integer("label", in: .min ... .max)) }
        case .quoted(let name): .named(name)
        default: nil
        }
    }

    private static func metrics(_ section: Section) throws(DocumentError) -> Metrics {
        var values: [String: Double] = [:]
        for key in section.keys { values[key] = try section[key]?.number(section.path(of: key), .finite) }
        return Metrics(values)
    }
}

extension Field {
    /// The value as JSON that is written as it was read.
    var json: JSON {
        switch content {
        case .nothing: .null
        case .plain("true"): .flag(true)
        case .plain("false"): .flag(false)
        case .plain(let word):
            Int(word).map(JSON.integer) ?? UInt64(word).map(JSON.unsigned) ?? Double(word).map(JSON.number)
                ?? .text(word)
        case .quoted(let text): .text(text)
        case .list(let items): .list(items.map(\.json))
        case .mapping(let entries):
            .object(Dictionary(entries.map { ($0.key, $0.value.json) }) { first, _ in first })
        }
    }
}
