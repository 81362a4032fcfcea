public import Tensors

/// Two transforms, one after the other. Their states lie below `0` and `1`.
public struct Chain: GradientTransform {
    private let first: any GradientTransform
    private let second: any GradientTransform

    /// Joins two transforms.
    public init(_ first: any GradientTransform, _ second: any GradientTransform) {
        self.first = first
        self.second = second
    }

    /// Both states.
    public func start(for parameters: Parameters) -> Parameters {
        var state = Parameters()
        state.add(first.start(for: parameters), below: "0")
        state.add(second.start(for: parameters), below: "1")
        return state
    }

    /// The second's update of the first's.
    public func update(_ gradient: Parameters, state: inout Parameters, at parameters: Parameters) -> Parameters {
        var states = (state.below("0"), state.below("1"))
        let between = first.update(gradient, state: &states.0, at: parameters)
        let update = second.update(between, state: &states.1, at: parameters)
        state = Parameters()
        state.add(states.0, below: "0")
        state.add(states.1, below: "1")
        return update
    }
}
