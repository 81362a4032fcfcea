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
        switch kind {
        case .sum: reduce(TROUPE_REDUCE_SUM, type, d, s)
        case .product: reduce(TROUPE_REDUCE_PRODUCT, type, d, s)
        case .maximum: reduce(TROUPE_REDUCE_MAXIMUM, type, d, s)
        case .minimum: reduce(TROUPE_REDUCE_MINIMUM, type, d, s)
        case .argMax: troupe_argmax(type, d.assumingMemoryBound(to: Int32.self), s, outer, reduced, inner)
        case .cumulativeSum: troupe_cumulative_sum(type, d, s, outer, reduced, inner)
        }
    }

    private func reduce(
        _ reduction: troupe_reduction,
        _ type: Int32,
        _ d: UnsafeMutableRawPointer,
        _ s: UnsafeMutableRawPointer
    ) {
        let status = troupe_reduce(Int32(reduction.rawValue), type, d, s, outer, reduced, inner)
        precondition(status == 0, "the shape rule admits numbers only")
    }
}
