/// A value inside a program that is being traced: not numbers yet, but the promise of them.
///
/// Operations on tensors add nodes to the program. A mistake in shapes does not throw where it is made: tracing throws
/// the first one when it ends.
public struct Tensor {
    /// The program being traced.
    let trace: Trace
    /// The value's number in it; -1 stands for the result of a mistake.
    let id: Int
    /// The value's element type and shape.
    public let type: TensorType

    /// The sizes of the axes.
    public var shape: Shape { type.shape }
    /// What the tensor is made of.
    public var element: ElementType { type.element }
    /// The number of axes.
    public var rank: Int { type.shape.rank }
    /// Whether the tensor came about without a mistake.
    var exists: Bool { id >= 0 }

    /// Runs `body` with one more part in the path that errors name, such as a layer's name.
    public func scoped<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        try trace.scoped(name, body)
    }

    /// Marks a mistake that no primitive would notice.
    ///
    /// - Returns: a stand-in; tracing throws before anybody can use it.
    public func invalid(_ what: String, with others: [Tensor] = [], because reason: String) -> Tensor {
        if exists { trace.fail(ShapeError(what, [type] + others.map(\.type), reason)) }
        return Tensor(trace: trace, id: -1, type: type)
    }
}
