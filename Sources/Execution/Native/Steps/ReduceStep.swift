import CKernels
import Tensors

/// What is made of the elements along an axis.
enum ReductionKind: Sendable {
    case sum
    case product
    case maximum
    case minimum
    case argMax
    case cumulativeSum

    /// What `troupe_reduce` calls it; nil for what is more than one number from each group.
    var kernel: troupe_reduction? {
        switch self {
        case .sum: TROUPE_REDUCE_SUM
        case .product: TROUPE_REDUCE_PRODUCT
        case .maximum: TROUPE_REDUCE_MAXIMUM
        case .minimum: TROUPE_REDUCE_MINIMUM
        case .argMax, .cumulativeSum: nil
        }
    }
}

/// Combines `[outer, reduced, inner]` along its middle.
struct ReduceStep: Step {
    let kind: ReductionKind
    let element: ElementType
    let source: Location
    let target: Location
    let outer: Int
    let reduced: Int
    let inner: Int

    func run(_ context: RunContext) {
        let type = Int32(element.rawValue)
        let (s, d) = (context.address(source), context.address(target))
        if let kernel = kind.kernel {
            let status = troupe_reduce(Int32(kernel.rawValue), type, d, s, outer, reduced, inner)
            precondition(status == 0, "the shape rule admits numbers only")
        } else if kind == .argMax {
            troupe_argmax(type, d.assumingMemoryBound(to: Int32.self), s, outer, reduced, inner)
        } else {
            troupe_cumulative_sum(type, d, s, outer, reduced, inner)
        }
    }
}
