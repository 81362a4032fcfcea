public import Tensors

/// A training job: which recipe on which data, with every setting resolved. Read from a YAML file.
///
/// ```yaml
/// recipe: bagging
/// data: digits
/// ```
///
/// is a whole job: everything else has a default.
public struct Job: Sendable {
    /// Where all randomness starts.
    public var seed: UInt64
    /// Which bits the arithmetic promises.
    public var numerics: Numerics
    /// The recipe with its own settings.
    package var recipe: any RecipeSettings

    /// Reads a job file.
    ///
    /// - Parameters:
    ///   - file: The path of the file. Paths inside are relative to its folder.
    ///   - overrides: Values that replace those of the file, applied in order.
    /// - Throws: `DocumentError`, the first of whatever is wrong.
    public init(file: String, overrides: [Override] = []) throws(DocumentError) {
        let content = try FileContent.bytes(of: file, limit: Field.byteLimit)
        guard let yaml = String(validating: content, as: UTF8.self) else {
            throw .unreadable(file: file, reason: "it is not a text in UTF-8")
        }
        try self.init(yaml: yaml, file: file, overrides: overrides)
    }

    /// Reads a job from the text of a file.
    ///
    /// - Parameters:
    ///   - yaml: The text.
    ///   - file: The path by which errors name it; paths inside are relative to its folder.
    ///   - overrides: Values that replace those of the text, applied in order.
    /// - Throws: `DocumentError`, the first of whatever is wrong.
    public init(yaml: String, file: String, overrides: [Override] = []) throws(DocumentError) {
        var document = try Field(yaml: yaml) { .character(file: file, line: $0, column: $1) }
        for override in overrides { try override.apply(to: &document) }
        let recipe = try Self.recipe(of: document)
        let root = try Section(document, path: "", keys: Self.commonKeys + recipe.keys)
        seed = try root["seed"]?.seed("seed") ?? 0
        numerics = try root.word("numerics", default: .exact)
        self.recipe = try recipe.init(reading: root, file: file)
    }

    /// Every setting that decides the model, defaults included, in one form whatever the file looked like. Paths are as
    /// they were written.
    public var canonical: JSON {
        var members = recipe.canonical
        members["recipe"] = .text(type(of: recipe).name)
        members["seed"] = .unsigned(seed)
        members["numerics"] = .text(numerics.rawValue)
        return .object(members)
    }

    /// The SHA-256 of the canonical form's text.
    public var hash: Hash { Hash(of: Array(canonical.description.utf8)) }

    /// The keys that every recipe takes.
    private static let commonKeys = ["recipe", "seed", "numerics"]

    /// The recipes that a job can name. A new one needs its settings in a file of their own, and a line here.
    package static let recipes: [any RecipeSettings.Type] = [
        BaggingSettings.self, AdaBoostSettings.self, MAMLSettings.self, MultiTaskSettings.self,
    ]

    private static func recipe(of document: Field) throws(DocumentError) -> any RecipeSettings.Type {
        let names = recipes.map { $0.name }
        switch document.content {
        case .mapping, .nothing: break
        case .plain, .quoted, .list:
            throw .refused(
                document.place,
                "a job file is YAML with lines `key: value`, the first of them such as `recipe: bagging`, but this is "
                    + "\(document.found). The README shows a job for each recipe."
            )
        }
        let root = try Section(document, path: "", keys: nil)
        guard root["recipe"] != nil else {
            // A misspelt 'recipe' is better called that than missing.
            let known = recipes.reduce(into: commonKeys) { $0 += $1.keys }
            _ = try Section(document, path: "", keys: Array(Set(known)).sorted())
            throw .missing(root.place, key: "recipe", expected: "one of: \(names.sorted().joined(separator: ", "))")
        }
        let field = try root.required("recipe", "")
        let name = try field.text("recipe", "one of: \(names.sorted().joined(separator: ", "))")
        guard let recipe = recipes.first(where: { $0.name == name }) else {
            throw .unknownName(field.place, kind: "recipe", plural: "recipes", name: name, known: names)
        }
        return recipe
    }
}

/// What is promised about a job's bits.
public enum Numerics: String, Sendable, Hashable, CaseIterable {
    /// The same bits on every processor, with any number of workers.
    case exact
}
