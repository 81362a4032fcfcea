/// A layer as a job names it: `{dense: 64}`, `relu`, …
public enum LayerSpec: Sendable, Hashable {
    /// An affine map to so many units.
    case dense(Units)
    /// A function of every element.
    case activation(Activation)

    /// The size of a layer's output.
    public enum Units: Sendable, Hashable {
        /// So many.
        case count(Int)
        /// As many as the data has classes, written `classes`.
        case classes
    }

    /// The functions that need no setting.
    public enum Activation: String, Sendable, Hashable, CaseIterable {
        case relu
        case tanh
        case logistic
    }

    /// One hidden layer of 64, for a job that names none.
    public static let standard: [LayerSpec] = [.dense(.count(64)), .activation(.relu), .dense(.classes)]

    /// The names that a list of layers may hold.
    static let names = ["dense"] + Activation.allCases.map(\.rawValue)

    /// Reads `model.layers`.
    ///
    /// - Throws: `DocumentError` when the list is empty, a layer has no such name, or settings that it does not take.
    static func list(reading field: Field) throws(DocumentError) -> [LayerSpec] {
        let items = try field.list("model.layers", of: "layers such as [{dense: 64}, relu, {dense: classes}]")
        guard !items.isEmpty else {
            throw .value(field.place, key: "model.layers", expected: "at least one layer", found: "an empty list")
        }
        var layers: [LayerSpec] = []
        for (index, item) in items.enumerated() { layers.append(try LayerSpec(reading: item, "model.layers.\(index)")) }
        return layers
    }

    init(reading field: Field, _ path: String) throws(DocumentError) {
        let (name, place, settings) = try field.choice(path, "a layer such as relu or {dense: 64}")
        if let activation = Activation(rawValue: name) {
            guard case .nothing = settings.content else {
                throw .value(settings.place, key: "\(path).\(name)", expected: "just '\(name)'", found: settings.found)
            }
            self = .activation(activation)
        } else if name == "dense" {
            switch settings.content {
            case .plain("classes"), .quoted("classes"): self = .dense(.classes)
            case .nothing:
                throw .missing(
                    place,
                    key: "\(path).dense",
                    expected: "a number of units, as in {dense: 64}, or 'classes'"
                )
            default: self = .dense(.count(try settings.integer("\(path).dense", in: 1...1_000_000)))
            }
        } else {
            throw .unknownName(place, kind: "layer", plural: "layers", name: name, known: Self.names)
        }
    }

    var canonical: JSON {
        switch self {
        case .dense(.count(let units)): .object(["dense": .integer(units)])
        case .dense(.classes): .object(["dense": .text("classes")])
        case .activation(let activation): .text(activation.rawValue)
        }
    }
}
