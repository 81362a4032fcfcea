import Networks
import Tensors

/// The layers of a network as a job or a saved model names them, and where.
public struct NetworkSetting: Sendable, Hashable {
    /// The layers, first to last.
    public var layers: [LayerSetting]
    /// Where they were written.
    public var place: Place

    /// Reads `layers` of a section.
    ///
    /// - Parameters:
    ///   - section: What they stand in.
    ///   - standard: The layers of a section that names none; nil when it must.
    /// - Throws: `DocumentError`.
    init(reading section: Section, default standard: [LayerSetting]? = nil) throws(DocumentError) {
        place = section.place(of: "layers")
        if section["layers"] == nil, let standard {
            layers = standard
        } else {
            let field = try section.required("layers", "a list of layers")
            layers = try LayerSetting.list(reading: field, section.path(of: "layers"))
        }
    }

    /// The network that tells so many classes apart, or answers with so many numbers.
    ///
    /// - Throws: `DocumentError.refused` when there can be no such layers.
    func model(outputs: Int) throws -> Sequential {
        try blamed { try Sequential(layers.map { $0.resolved(classes: outputs) }) }
    }

    /// The network, and the shape of what it gives for an example.
    ///
    /// - Throws: `DocumentError.refused` when the layers do not fit each other or the example, or have more weights than a
    ///   model may have.
    func model(outputs: Int, for example: Shape) throws -> (model: Sequential, output: Shape) {
        let model = try model(outputs: outputs)
        let output = try blamed { try model.outputShape(for: example) }
        try size(of: model, for: example).checkFits()
        return (model, output)
    }

    /// How large its network is.
    ///
    /// - Throws: `DocumentError.refused` when the layers do not fit each other or the example.
    func size(of model: Sequential, for example: Shape) throws -> NetworkSize {
        try blamed { try NetworkSize(of: model, for: example, at: place) }
    }

    /// Does something with the network.
    ///
    /// - Throws: `DocumentError.refused` with the place of the layers instead of `LayerError`, and whatever else `body` throws.
    func blamed<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as LayerError {
            throw DocumentError.refused(place, "\(error).")
        }
    }

    var canonical: JSON { .object(["layers": .list(layers.map(\.canonical))]) }
}

extension Sequential {
    /// The layers as a job names them.
    var canonical: JSON { .list(specifications.map(\.canonical)) }
}
