extension Tensor {
    private func reduced(_ make: ([Int]) -> any Primitive, over axes: [Int]?) -> Tensor {
        let axes = (axes ?? Array(0..<rank)).map(axis).sorted()
        return axes.isEmpty ? self : Trace.apply(make(axes), [self])[0]
    }

    /// The sum over axes, or over all.
    public func sum(over axes: [Int]? = nil) -> Tensor { reduced(ReduceSum.init, over: axes) }
    /// The product over axes, or over all.
    public func product(over axes: [Int]? = nil) -> Tensor { reduced(ReduceProduct.init, over: axes) }
    /// The largest element over axes, or over all.
    public func maximum(over axes: [Int]? = nil) -> Tensor { reduced(ReduceMaximum.init, over: axes) }
    /// The smallest element over axes, or over all.
    public func minimum(over axes: [Int]? = nil) -> Tensor { reduced(ReduceMinimum.init, over: axes) }

    /// The sum over axes, or over all, divided by how many there are.
    public func mean(over axes: [Int]? = nil) -> Tensor {
        let sum = sum(over: axes)
        return sum / (Double(shape.count) / Double(max(1, sum.shape.count)))
    }

    /// The position of the largest element along an axis, `i32`; the first of equals.
    public func argMax(axis: Int) -> Tensor { Trace.apply(ArgMax(dimension: self.axis(axis)), [self])[0] }

    /// The sum of the elements so far along an axis.
    public func cumulativeSum(axis: Int) -> Tensor { Trace.apply(CumulativeSum(dimension: self.axis(axis)), [self])[0] }
}
