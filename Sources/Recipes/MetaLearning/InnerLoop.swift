public import Tensors

/// How parameters adapt to a task: so many steps of gradient descent on all of its support examples.
public struct InnerLoop: Hashable, Sendable {
    /// What the meta-gradient takes into account.
    public enum Order: String, Hashable, Sendable, CaseIterable {
        /// The derivative through the steps, with second derivatives of the loss. MAML, Finn et al. 2017.
        case second
        /// The adapted parameters' own gradient, as if the steps were constants. Section 5.2 of the same.
        case first
    }

    /// α in the paper.
    public var rate: Double
    /// The number of steps.
    public var steps: Int
    /// What the meta-gradient takes into account.
    public var order: Order

    /// Some steps of gradient descent.
    public init(rate: Double = 0.01, steps: Int = 1, order: Order = .second) {
        self.rate = rate
        self.steps = steps
        self.order = order
    }
}

extension InnerLoop {
    /// The steps: where they lead, and the loss before each.
    ///
    /// - Parameters:
    ///   - start: θ, of floating-point tensors.
    ///   - rate: α, a scalar of their element type, in their program: it is an input there, so that one program serves all
    ///     rates.
    ///   - loss: L, a scalar.
    /// - Returns: θ′, and the losses `[steps]`.
    /// - Precondition: there is at least one step.
    /// - Throws: what the loss throws.
    public func adapted<Point: TensorGroup>(
        from start: Point,
        rate: Tensor,
        loss: (Point) throws -> Tensor
    ) rethrows -> (point: Point, losses: Tensor) {
        precondition(steps > 0, "an inner loop has at least one step")
        // θ′ = θ − α ∇L(θ)
        func step(_ point: Point) throws -> (point: Point, loss: Tensor) {
            let (value, gradient) = try valueAndGradient(at: point, of: loss)
            let moved = zip(point.tensors, gradient.tensors).map { parameter, slope in
                parameter - (order == .first ? slope.stoppingGradient() : slope) * rate
            }
            return (point.with(moved), value)
        }
        // The first step stands alone: its parameters are the same for all tasks, which one product can serve.
        let first = try step(start)
        let firstLoss = first.loss.reshaped([1])
        guard steps > 1 else { return (first.point, firstLoss) }
        let rest = try scan(first.point, count: steps - 1) { point, _ in
            let next = try step(point)
            return (next.point, next.loss)
        }
        return (rest.carry, concatenate([firstLoss, rest.outputs], axis: 0))
    }

    /// The gradient of a task's query loss after adaptation, by the parameters before it. Finn et al. 2017, algorithm 1,
    /// line 8.
    ///
    /// For L(θ) = ½ (θ − c)ᵀ A (θ − c) on both parts and one step it is (I − αA) A (I − αA) (θ − c), and
    /// A (I − αA) (θ − c) to first order.
    ///
    /// - Parameters:
    ///   - start: θ, of floating-point tensors.
    ///   - rate: α, a scalar of their element type, in their program.
    ///   - support: The loss to adapt by, a scalar.
    ///   - query: The loss to measure by, a scalar.
    /// - Returns: the gradient, and the losses on the way.
    /// - Throws: what the losses throw.
    public func metaGradient<Point: TensorGroup>(
        at start: Point,
        rate: Tensor,
        support: (Point) throws -> Tensor,
        query: (Point) throws -> Tensor
    ) rethrows -> MetaGradient<Point> {
        let (value, losses, gradient) = try valueAndGradient(at: start) { point in
            let (end, losses) = try adapted(from: point, rate: rate, loss: support)
            return (try query(end), losses)
        }
        return MetaGradient(gradient: gradient, losses: concatenate([losses, value.reshaped([1])], axis: 0))
    }
}

/// What one task says of the parameters that all tasks start from.
public struct MetaGradient<Point: TensorGroup>: TensorGroup {
    /// ∇θ L(θ′), in the structure of the parameters.
    public var gradient: Point
    /// The loss on the support examples before each step, `[steps]`, and on the query examples after them all:
    /// `[steps + 1]`.
    public var losses: Tensor

    /// The gradient's tensors, then the losses.
    public var tensors: [Tensor] { gradient.tensors + [losses] }
    /// Other numbers.
    public func with(_ tensors: [Tensor]) -> MetaGradient {
        MetaGradient(gradient: gradient.with(Array(tensors.dropLast())), losses: tensors[tensors.count - 1])
    }
}
