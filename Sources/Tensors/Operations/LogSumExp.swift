extension Tensor {
    /// log Σ exp(x) over axes, or over all: m + log Σ exp(x − m) for the largest element m, which no input overflows.
    ///
    /// −∞ where all elements are −∞ or there are none, ∞ where one is ∞, NaN where one is. Its derivative is the softmax.
    ///
    /// - Parameter axes: The axes that go, of this tensor's floating-point elements.
    /// - Returns: The tensor without the axes.
    public func logSumExp(over axes: [Int]? = nil) -> Tensor {
        let gone = (axes ?? Array(0..<rank)).map(axis)
        let top = stoppingGradient().maximum(over: gone)
        guard exists, top.exists, element.isFloat else {
            return invalid("log_sum_exp", because: "takes floating-point numbers and axes of theirs")
        }
        // ∞ − ∞ would be NaN: an infinite m is not taken away.
        let shift = select((top - top) .== 0, top, top.filled(0))
        let kept = (0..<rank).filter { !gone.contains($0) }
        return (self - shift.broadcast(to: shape, axes: kept)).exponential().sum(over: gone).log() + shift
    }
}
