public import Tensors

/// What a recipe needs to go on from a step, when it is run again after a crash.
///
/// A recipe of thousands of short tasks does not want each of them recorded; it runs them `.untilSnapshot`, and now and
/// then says where it is:
///
///     var state = try await cluster.snapshot("meta-training").map(State.init) ?? State.start
///     while state.step < iterations {
///         …
///         if state.step % 500 == 0 { try await cluster.save(state.snapshot, as: "meta-training") }
///     }
public struct Snapshot: Hashable, Sendable {
    /// How many steps are done.
    public var step: Int
    /// The state after them, by name.
    public var tensors: [String: TensorValue]

    /// A state after some steps.
    public init(step: Int, tensors: [String: TensorValue]) {
        self.step = step
        self.tensors = tensors
    }
}
