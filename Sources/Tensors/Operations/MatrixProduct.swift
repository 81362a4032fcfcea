/// Products of two tensors summed over common axes.
///
/// - Parameters:
///   - left: The left operand.
///   - right: The right operand, of the same element type.
///   - batch: Axes of the left and of the right that go together and stay.
///   - contracting: Axes of the left and of the right that are summed over.
/// - Returns: `[batch…, left's other axes…, right's other axes…]`.
public func dotGeneral(
    _ left: Tensor,
    _ right: Tensor,
    batch: ([Int], [Int]) = ([], []),
    contracting: ([Int], [Int])
) -> Tensor {
    let primitive = DotGeneral(
        leftBatch: batch.0,
        rightBatch: batch.1,
        leftContracting: contracting.0,
        rightContracting: contracting.1
    )
    return Trace.apply(primitive, [left, right])[0]
}

/// The matrix product of the left's last axis with the right's first: `[…, m] × [m, n…] → […, n…]`.
public func matmul(_ left: Tensor, _ right: Tensor) -> Tensor {
    guard left.rank >= 1, right.rank >= 1 else {
        return left.invalid("dot_general", with: [right], because: "a scalar has no axis to sum over")
    }
    return dotGeneral(left, right, contracting: ([left.rank - 1], [0]))
}
