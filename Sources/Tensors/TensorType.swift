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

    /// The most axes that a tensor has in any program.
    public static let rankLimit = 16

    /// The most bytes that a tensor has in any program, an axis of size 0 counted as one of size 1: far beyond every
    /// machine, and so far below an overflow that strides and sums of a few sizes need no check.
    public static let byteLimit = 1 << 50

    /// Why there is no tensor of this type in any program; nil when there may be one.
    package var excess: String? {
        guard shape.rank <= Self.rankLimit else { return "has more than \(Self.rankLimit) axes" }
        let extent = shape.sizes.reduce(element.byteCount) { $0.multipliedClamped(by: max(1, $1)) }
        return extent > Self.byteLimit ? "is too large for any machine" : nil
    }

    /// As `f32[32, 64]`.
    public var description: String { "\(element)\(shape)" }
}
