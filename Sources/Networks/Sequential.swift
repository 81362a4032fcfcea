public import Tensors

/// Layers one after another. Layer i's parameters lie below `layers.i`.
///
/// ```swift
/// let model = Sequential {
///     Dense(64)
///     ReLU()
///     Dense(10)
/// }
/// ```
public struct Sequential: Sendable {
    /// The layers, first to last.
    public let layers: [any Layer]

    /// A model of these layers.
    ///
    /// - Precondition: there is at least one.
    public init(@LayerBuilder _ layers: () -> [any Layer]) {
        self.layers = layers()
        precondition(!self.layers.isEmpty, "a model needs at least one layer")
    }

    /// A model as a job file or a saved model names it.
    ///
    /// - Throws: `LayerError` for an unknown layer, a wrong setting, or no layer at all.
    public init(_ specifications: [LayerSpecification]) throws(LayerError) {
        guard !specifications.isEmpty else { throw .empty }
        var layers: [any Layer] = []
        for specification in specifications { layers.append(try LayerTable.layer(specification)) }
        self.layers = layers
    }

    /// The layers by name.
    public var specifications: [LayerSpecification] { layers.map(\.specification) }

    /// Whether what comes out for an example depends on the other examples of its batch.
    public var usesBatchStatistics: Bool { layers.contains(where: \.usesBatchStatistics) }

    /// The shape of what comes out for one example.
    ///
    /// - Throws: `LayerError` when a layer cannot take what the one before makes.
    public func outputShape(for input: Shape) throws(LayerError) -> Shape {
        var shape = input
        for layer in layers { shape = try layer.outputShape(for: shape) }
        return shape
    }

    /// Fresh parameters for examples of a shape, in the program of the key.
    ///
    /// - Throws: `LayerError` when a layer cannot take what the one before makes.
    public func parameters(for input: Shape, key: Key) throws(LayerError) -> Parameters {
        var shape = input
        var parameters = Parameters()
        for (index, layer) in layers.enumerated() {
            let path = "layers.\(index)"
            let next = try layer.outputShape(for: shape)
            parameters.add(layer.parameters(for: shape, key: key[path]), below: path)
            shape = next
        }
        return parameters
    }

    /// Applies the layers to a batch: `[batch, …] → [batch, …]`.
    public func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor {
        var x = x
        for (index, layer) in layers.enumerated() {
            let path = "layers.\(index)"
            x = x.scoped("\(path) (\(layer.specification.name))") { layer(x, p.below(path)) }
        }
        return x
    }
}

/// Lets layers stand one to a line.
@resultBuilder
public enum LayerBuilder {
    /// The layers of a block.
    public static func buildBlock(_ layers: [any Layer]...) -> [any Layer] { layers.flatMap { $0 } }
    /// One line.
    public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
    /// An `if` without `else`.
    public static func buildOptional(_ layers: [any Layer]?) -> [any Layer] { layers ?? [] }
    /// The first branch of an `if`.
    public static func buildEither(first layers: [any Layer]) -> [any Layer] { layers }
    /// The other branch.
    public static func buildEither(second layers: [any Layer]) -> [any Layer] { layers }
    /// A loop.
    public static func buildArray(_ layers: [[any Layer]]) -> [any Layer] { layers.flatMap { $0 } }
}
