/// A value inside a program that is being traced.
public struct Tensor {
    /// The program being traced.
    let trace: Trace
    /// The value's number in it.
    let id: Int
    /// The value's element type and shape.
    public let type: TensorType

    /// The sizes of the axes.
    public var shape: Shape { type.shape }
    /// What the tensor is made of.
    public var element: ElementType { type.element }
}
