/// An operation that programs are made of.
///
/// Names and semantics follow StableHLO. A primitive answers for itself: its shape rule, its derivatives in reverse and
/// forward mode and its batching rule stand in one file, all but the first written in primitives, so that the set is closed
/// under these transforms.
public protocol Primitive: Sendable {
    /// The name in programs, fixed for ever by canonical bytes.
    static var name: String { get }

    /// Static parameters, in a fixed order.
    var attributes: [Attribute] { get }

    /// Reads the static parameters of a node that came from outside.
    ///
    /// - Throws: `ProgramError.attribute` for anything that `attributes` would not have written.
    init(attributes: [Attribute]) throws(ProgramError)

    /// The types of the results.
    ///
    /// - Throws: `ShapeError` when the operands do not fit.
    func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType]

    /// The vector-Jacobian product, as nodes in the trace of the operands.
    ///
    /// - Parameters:
    ///   - cotangents: One for each result; nil where nothing depends on it.
    ///   - operands: The operands of the node.
    ///   - results: The results of the node.
    /// - Returns: One cotangent for each operand, of the operand's shape; nil where it is zero.
    func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?]

    /// The Jacobian-vector product, as nodes in the trace of the operands.
    ///
    /// - Parameters:
    ///   - tangents: One for each operand, of its type; nil where the operand does not move. At least one is given.
    ///   - operands: The operands of the node.
    ///   - results: The results of the node.
    /// - Returns: One tangent for each result, of the result's type; nil where it is zero. Those of integers are ignored.
    func tangents(_ tangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?]

    /// The same operation for every lane at once, as nodes in the trace of the operands.
    ///
    /// - Parameters:
    ///   - operands: At least one carries lanes on its first axis.
    ///   - lanes: The number of lanes.
    /// - Returns: One for each result.
    func batched(_ operands: [Batched], lanes: Int) -> [Batched]
}

extension Primitive {
    /// The name in programs.
    public var name: String { Self.name }

    /// The types of the results, none of them beyond what programs can have.
    func checkedResultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        let results = try resultTypes(of: operands)
        for type in results {
            if let excess = type.excess { throw ShapeError(name, operands, "the result \(type) \(excess)") }
        }
        return results
    }
}

/// A tensor under `vmap`: one for each lane, stacked on the first axis, or one that all lanes share.
public struct Batched {
    /// The tensor.
    public var tensor: Tensor
    /// Whether the first axis counts lanes.
    public var hasLanes: Bool

    /// A tensor with or without lanes.
    public init(_ tensor: Tensor, hasLanes: Bool) {
        self.tensor = tensor
        self.hasLanes = hasLanes
    }
}
