public import Tensors

/// A function from tensor to tensor with named parameters. It is a value: parameters and keys come in.
public protocol Layer: Sendable {
    /// The layer as a job file and a saved model name it.
    var specification: LayerSpecification { get }

    /// The shape of one example after the layer.
    ///
    /// - Parameter input: The shape of one example before it, without the batch axis.
    /// - Returns: The shape of what comes out for it.
    /// - Throws: `LayerError` when the layer cannot take such examples.
    func outputShape(for input: Shape) throws(LayerError) -> Shape

    /// Fresh parameters, in the program of the key.
    ///
    /// - Parameters:
    ///   - input: The shape of one example, without the batch axis.
    ///   - key: The source of all randomness; a parameter draws from the key of its name.
    /// - Returns: the parameters by name; none when the layer has nothing to learn.
    func parameters(for input: Shape, key: Key) -> Parameters

    /// Whether what comes out for an example depends on the other examples of its batch, so that rows cannot be predicted
    /// one by one.
    var usesBatchStatistics: Bool { get }

    /// Applies the layer to a batch: `[batch, …] → [batch, …]`.
    func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor
}

extension Layer {
    /// Each example is treated alone.
    public var usesBatchStatistics: Bool { false }
    /// The shape that came in.
    public func outputShape(for input: Shape) throws(LayerError) -> Shape { input }
    /// Nothing to learn.
    public func parameters(for input: Shape, key: Key) -> Parameters { Parameters() }
}
