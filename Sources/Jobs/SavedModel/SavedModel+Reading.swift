import Foundation
import Recipes
import Tensors

extension SavedModel {
    /// The longest `model.json` that is read, in bytes.
    private static let descriptionLimit = 64 << 20
    /// The largest `weights.safetensors` that is read, in bytes: as many weights as a job may ask for, and what is said of them.
    private static let weightsLimit = NetworkSize.mostBytes + SafeTensors.headerLimit

    /// Reads a model from its folder.
    ///
    /// - Throws: `Refusal` when there is no model, or one of another format; `DocumentError` when one of its files is missing
    ///   or damaged, or cannot be read. The files are checked in full, also against each other.
    public init(folder: String) throws {
        let path = folder.hasSuffix("/") ? folder + Self.descriptionName : "\(folder)/\(Self.descriptionName)"
        let weightsPath = String(path.dropLast(Self.descriptionName.count)) + Self.weightsName
        // What is there and may not be looked at is said when it is read.
        guard access(path, F_OK) == 0 || ![ENOENT, ENOTDIR].contains(errno) else {
            throw Self.absence(in: folder)
        }
        let json = try FileContent.bytes(of: path, limit: Self.descriptionLimit)
        let document = try Field(json: json) { .character(file: path, line: $0, column: $1) }
        // The version comes first: what else there is depends on it.
        let format = try Section(document, path: "", keys: nil).required("format", "a version")
        guard case .plain(String(Self.format)) = format.content else {
            throw Refusal(
                "\(format.place): this model has format \(format.found), but this program reads format \(Self.format). "
                    + "Use the version of troupe that wrote it, or train it again."
            )
        }
        guard access(weightsPath, F_OK) == 0 || errno != ENOENT else {
            throw DocumentError.refused(
                .file(weightsPath),
                "the file is missing, and model.json is no model without it. Restore it, or train the model again."
            )
        }
        try self.init(
            reading: document,
            weights: FileContent.bytes(of: weightsPath, limit: Self.weightsLimit),
            file: weightsPath
        )
    }

    /// What is said of a folder without a model.
    private static func absence(in folder: String) -> Refusal {
        let partial = OutputFolder.partial(of: folder)
        guard access(partial, F_OK) == 0 else {
            return Refusal(
                "\(folder): there is no model here: model.json is missing. Give a folder that `troupe train` has written."
            )
        }
        return Refusal(
            "\(folder): there is no model here yet: \(partial) holds a run that is not finished. If nobody works on it, the "
                + "command that trains the model goes on with it."
        )
    }

    private static let keys = ["format", "recipe", "kind", "metrics", "job", "provenance"]

    private init(reading document: Field, weights bytes: [UInt8], file: String) throws {
        let form = try Self.form(of: Section(document, path: "", keys: nil))
        let root = try Section(document, path: "", keys: Self.keys + form.keys)
        let provenance = try root.section("provenance", keys: Provenance.keys)
        let digest = try provenance.required("weights", "a hash").hash("provenance.weights")
        guard Hash(of: bytes) == digest else {
            throw DocumentError.refused(
                .file(file),
                "this is not the file that model.json describes: its SHA-256 is \(Hash(of: bytes)), not \(digest). "
                    + "Restore it, or train the model again."
            )
        }
        let body: any StorableModel
        do {
            body = try form.init(reading: root, weights: SafeTensors(bytes: bytes, file: file).tensors, file: file)
        } catch let error as RecipeError {
            throw DocumentError.refused(.file(file), "\(error)")
        }
        self.init(
            recipe: try root.required("recipe", "a recipe").text("recipe", "a recipe"),
            body: body,
            metrics: try Self.metrics(root.section("metrics", keys: nil)),
            job: root["job"]?.json ?? .null,
            provenance: try Provenance(reading: provenance)
        )
    }

    /// The form of model that a document describes.
    private static func form(of document: Section) throws(DocumentError) -> any StorableModel.Type {
        let kind = try document.required("kind", "the kind of the model")
        let name = try kind.text("kind", "the kind of the model")
        if let form = kinds.first(where: { $0.kind == name }) { return form }
        throw .unknownName(
            kind.place,
            kind: "kind of model",
            plural: "kinds",
            name: name,
            known: kinds.map { $0.kind }
        )
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
