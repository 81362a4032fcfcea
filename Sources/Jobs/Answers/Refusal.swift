/// What a user asked for cannot be done.
public struct Refusal: Error, CustomStringConvertible {
    /// Why, and what to do.
    public let description: String

    /// A reason.
    public init(_ description: String) { self.description = description }
}
