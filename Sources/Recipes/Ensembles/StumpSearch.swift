import Tensors

/// The search for the stump of least weighted error among some features, as programs.
///
/// A threshold lies in the middle between neighbouring different values of a feature. Of two classes each side has its own;
/// of more, a side has the class that weighs most in it, the first of equals. Of the stumps of least error the first is
/// taken: by feature, then by threshold, then by the class below it. Sums of weights are rounded to multiples of 2⁻⁴⁰ before
/// they are compared, so that what the order of their terms does to them does not decide among equals.
struct StumpSearch {
    /// Puts each feature's values in order, once for all rounds.
    ///
    /// Inputs: `columns f32[features, rows]`, `labels i32[rows]`. Outputs, each `[features, …]`: the rows in the `order` of
    /// the feature, their `labels` in that order, the `thresholds` after each row but the last, and whether values differ
    /// there.
    let order: Program
    /// Finds the best stump for some weights.
    ///
    /// Inputs: what `order` left, and `weights f64[rows]`, which add up to 1. Outputs: `feature`, counted from the first of
    /// these, `threshold`, the classes `below` and `above`, and the stump's `error`, which is 2 when no feature has two
    /// different values.
    let search: Program

    /// The programs for some features of rows that belong to two classes or more.
    ///
    /// - Throws: what tracing throws.
    init(features: Int, rows: Int, classes: Int) throws {
        order = try Self.order(features: features, rows: rows)
        search = try Self.search(features: features, rows: rows, classes: classes)
    }

    private static func order(features: Int, rows: Int) throws -> Program {
        try Program.trace([
            Port("columns", TensorType(.f32, [features, rows])), Port("labels", TensorType(.i32, [rows])),
        ]) { inputs in
            let (columns, labels) = (inputs[0], inputs[1])
            let ordered = sorted([columns, columns.iota(.i32, columns.shape, axis: 1)], axis: 1)
            let (values, order) = (ordered[0], ordered[1])
            let low = values.sliced(axis: 1, 0..<(rows - 1))
            let high = values.sliced(axis: 1, 1..<rows)
            let middle = low * 0.5 + high * 0.5
            return [
                "order": order,
                "labels": labels.rows(at: order),
                "thresholds": select(middle .< high, middle, low),  // between neighbouring numbers there is no other
                "differ": low .< high,
            ]
        }
    }

    private static func search(features: Int, rows: Int, classes: Int) throws -> Program {
        let cuts = rows - 1
        return try Program.trace([
            Port("order", TensorType(.i32, [features, rows])), Port("labels", TensorType(.i32, [features, rows])),
            Port("thresholds", TensorType(.f32, [features, cuts])),
            Port("differ", TensorType(.bool, [features, cuts])),
            Port("weights", TensorType(.f64, [rows])),
        ]) { inputs in
            let weights = inputs[4]
            let zero = weights.scalar(0, of: .i32)
            let none = Best(
                feature: zero,
                threshold: weights.scalar(0, of: .f32),
                below: zero,
                above: zero,
                error: weights.scalar(2)
            )
            let numbers = weights.iota(.i32, [features], axis: 0)
            let best = scan(none, over: Array(inputs[..<4]) + [numbers]) { best, feature in
                let candidates = candidates(
                    labels: feature[1],
                    weights: weights.rows(at: feature[0]),
                    classes: classes
                )
                let differ = feature[3].broadcast(to: candidates.error.shape, axes: [0])
                let errors = select(differ, candidates.error, candidates.error.filled(2))  // [cuts, choices]
                let thresholds = feature[2].broadcast(to: errors.shape, axes: [0])
                let first = (-errors).reshaped([errors.shape.count]).argMax(axis: 0)
                func chosen(_ choices: Tensor) -> Tensor { choices.reshaped([errors.shape.count]).rows(at: first) }
                let found = Best(
                    feature: feature[4],
                    threshold: chosen(thresholds),
                    below: chosen(candidates.below),
                    above: chosen(candidates.above),
                    error: chosen(errors)
                )
                let isBetter = found.error .< best.error
                let next = zip(found.tensors, best.tensors).map { select(isBetter, $0, $1) }
                return (best.with(next), Nothing())
            }.carry
            return [
                "feature": best.feature, "threshold": best.threshold, "below": best.below, "above": best.above,
                "error": best.error,
            ]
        }
    }

    /// For each cut of a feature's order and each choice of classes: these classes and the weight of the rows they miss.
    private static func candidates(
        labels: Tensor,
        weights: Tensor,
        classes: Int
    ) -> (below: Tensor, above: Tensor, error: Tensor) {
        let rows = labels.shape[0]
        let spread: Shape = [rows, classes]
        let isClass = labels.broadcast(to: spread, axes: [0]) .== labels.iota(.i32, spread, axis: 1)
        let each = weights.broadcast(to: spread, axes: [0])
        let sums = select(isClass, each, each.filled(0)).cumulativeSum(axis: 0)
        let below = sums.sliced(axis: 0, 0..<(rows - 1))  // [cuts, classes]
        let all = sums.sliced(axis: 0, (rows - 1)..<rows).reshaped([classes])
        let above = all.broadcast(to: below.shape) - below
        if classes == 2 {
            let first = labels.iota(.i32, below.shape, axis: 1)  // the choice is the class below
            return (first, 1 - first, rounded(below.reversed(axis: 1) + above))
        }
        let missed = { (sums: Tensor) in sums.sum(over: [1]) - sums.maximum(over: [1]) }
        let choices: Shape = [rows - 1, 1]
        return (
            rounded(below).argMax(axis: 1).reshaped(choices), rounded(above).argMax(axis: 1).reshaped(choices),
            rounded(missed(below) + missed(above)).reshaped(choices)
        )
    }

    /// The nearest multiples of 2⁻⁴⁰.
    private static func rounded(_ sums: Tensor) -> Tensor { (sums * 0x1p40 + 0.5).floor() * 0x1p-40 }
}

/// The best stump so far.
private struct Best: TensorGroup {
    var feature: Tensor
    var threshold: Tensor
    var below: Tensor
    var above: Tensor
    var error: Tensor

    var tensors: [Tensor] { [feature, threshold, below, above, error] }

    func with(_ tensors: [Tensor]) -> Best {
        Best(feature: tensors[0], threshold: tensors[1], below: tensors[2], above: tensors[3], error: tensors[4])
    }
}
