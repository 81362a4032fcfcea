/// The element type and the shape of a tensor: all that is known of it before a program runs.
public struct TensorType: Hashable, Sendable, CustomStringConvertible {
    /// What the tensor is made of.
    public var element: ElementType
    /// The sizes of its axes.
    public var shape: Shape

    /// A tensor of `element`s.
    public init(_ element: ElementType, _ shape: Shape) {
        self.element = element
        self.shape = shape
    }

    /// Bytes of all elements; `Int.max` when there are more.
    public var byteCount: Int { shape.count.multipliedClamped(by: element.byteCount) }

    /// As `f32[32, 64]`.
    public var description: String { "\(element)\(shape)" }
}
