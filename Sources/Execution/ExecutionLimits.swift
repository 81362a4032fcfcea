/// What a program that came from outside may ask for.
public struct ExecutionLimits: Sendable, Hashable {
    /// Nodes of all functions together.
    public var nodes: Int
    /// Bytes of inputs, outputs and buffers while it runs.
    public var memory: Int
    /// The product of nested trip counts, for any node.
    public var trips: Int

    /// Limits for one program.
    public init(nodes: Int = 1_000_000, memory: Int = 8 << 30, trips: Int = 1 << 40) {
        self.nodes = nodes
        self.memory = memory
        self.trips = trips
    }
}
