/// A program made ready to run: its steps in order, and what they need.
struct Plan: Sendable {
    var steps: [any Step]
    /// Where each result of the program lies when the steps are done.
    var results: [Location]
    /// Bytes of constants, laid out at compile time.
    var constants: [UInt8]
    var arenaByteCount: Int
    var registerByteCount: Int
    var slotCount: Int
    var baseCount: Int
}

/// One action of a run. A step holds where its operands lie, and never allocates.
protocol Step: Sendable {
    func run(_ context: RunContext) throws(ExecutionError)
}
