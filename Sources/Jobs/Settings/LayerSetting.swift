public import Networks

/// A layer as a job names it: `relu`, `{dense: 64}`, `{dense: classes}`.
public enum LayerSetting: Sendable, Hashable {
    /// A layer that is known in full.
    case fixed(LayerSpecification)
    /// A layer of which one setting is the number of classes in the data.
    case perClass(name: String, setting: String)

    /// One hidden layer of 64, for a job that names none.
    public static let standard: [LayerSetting] = [
        .fixed(LayerSpecification("dense", ["units": 64])), .fixed(LayerSpecification("relu")),
        .perClass(name: "dense", setting: "units"),
    ]

    /// The layer for data of so many classes.
    public func resolved(classes: Int) -> LayerSpecification {
        switch self {
        case .fixed(let specification): specification
        case .perClass(let name, let setting): LayerSpecification(name, [setting: .init(classes)])
        }
    }

    /// Reads a list of layers.
    ///
    /// - Throws: `DocumentError` when the list is empty, a layer has no such name, or settings that it does not take.
    static func list(reading field: Field, _ path: String) throws(DocumentError) -> [LayerSetting] {
        let items = try field.list(path, of: "layers such as [{dense: 64}, relu, {dense: classes}]")
        guard !items.isEmpty else {
            throw .value(field.place, key: path, expected: "at least one layer", found: "an empty list")
        }
        var layers: [LayerSetting] = []
        for (index, item) in items.enumerated() {
            layers.append(try LayerSetting(reading: item, "\(path).\(index)"))
        }
        return layers
    }

    private init(reading field: Field, _ path: String) throws(DocumentError) {
        let (name, place, settings) = try field.choice(path, "a layer such as relu or {dense: 64}")
        guard let row = LayerTable.rows.first(where: { $0.name == name }) else {
            throw .unknownName(place, kind: "layer", plural: "layers", name: name, known: LayerTable.rows.map(\.name))
        }
        let inside = "\(path).\(name)"
        var specification = LayerSpecification(name)
        switch (settings.content, row.principalSetting) {
        case (.nothing, _) where row.standsAlone: break
        case (.nothing, let setting?):
            let kind = row.takesCount ? "a number of \(setting)" : "the \(setting)"
            let others = row.takesCount ? ", or 'classes'" : ""
            throw .missing(place, key: inside, expected: "\(kind), as in {\(name): \(row.example)}\(others)")
        case (.plain("classes"), let setting?) where row.takesCount,
            (.quoted("classes"), let setting?) where row.takesCount:
            self = .perClass(name: name, setting: setting)
            return
        case (.mapping(let entries), _):
            for entry in entries {
                specification.settings[entry.key] = try entry.value.layerValue("\(inside).\(entry.key)")
            }
        case (_, nil):
            throw .value(settings.place, key: inside, expected: "just '\(name)'", found: settings.found)
        case (_, let setting?) where row.takesCount:
            specification.settings[setting] = .init(try settings.integer(inside, in: 1...1_000_000))
        case (_, let setting?):
            specification.settings[setting] = try settings.layerValue(inside)
        }
        do {
            // As the layer itself would write it, so that what is left out and what is the default are the same.
            self = .fixed(try LayerTable.layer(specification).specification)
        } catch {
            throw .refused(place, "\(error).")
        }
    }

    var canonical: JSON {
        switch self {
        case .perClass(let name, _): .object([name: .text("classes")])
        case .fixed(let specification): specification.canonical
        }
    }
}

extension Field {
    /// A number, a list of numbers or a word.
    fileprivate func layerValue(_ path: String) throws(DocumentError) -> LayerSpecification.Value {
        switch content {
        case .list(let items):
            var numbers: [Double] = []
            for (index, item) in items.enumerated() { numbers.append(try item.number("\(path).\(index)", .finite)) }
            return .numbers(numbers)
        case .plain(let word) where word.first?.isLetter == true, .quoted(let word): return .word(word)
        default: return .number(try number(path, .finite))
        }
    }
}

extension LayerSpecification {
    /// As a job file writes it, as short as may be.
    var canonical: JSON {
        if settings.isEmpty { return .text(name) }
        let row = LayerTable.rows.first { $0.name == name }
        if settings.count == 1, let (setting, value) = settings.first, setting == row?.principalSetting {
            return .object([name: value.canonical])
        }
        return .object([name: .object(settings.mapValues(\.canonical))])
    }
}

extension LayerSpecification.Value {
    fileprivate var canonical: JSON {
        switch self {
        case .number(let number): .wholeOrNumber(number)
        case .numbers(let numbers): .list(numbers.map(JSON.wholeOrNumber))
        case .word(let word): .text(word)
        }
    }
}
