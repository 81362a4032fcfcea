/// The first mistake that was made while a program was traced.
public struct TraceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The layers and loops around the mistake, outermost first.
    public var path: [String]
    /// The primitive, its operands, and what does not fit.
    public var shape: ShapeError

    /// As `layers.1 (dense): dot_general(f32[32, 64], f32[32, 10]): …`.
    public var description: String {
        (path.isEmpty ? "" : path.joined(separator: " / ") + ": ") + shape.description
    }
}
