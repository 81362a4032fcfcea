extension Tensor {
    /// log(1 + eˣ) of each element, whose derivative is the logistic function: max(x, 0) + log(1 + e^−|x|), which no input
    /// overflows, and of which nothing is lost where it is small.
    public func softplus() -> Tensor {
        // The absolute value and the maximum, but with the derivatives of one side at 0, where theirs would be halves.
        let isBelow = self .< 0
        let top = select(isBelow, filled(0), self)
        return top + select(isBelow, self, -self).exponential().logPlusOne()
    }

    /// log(1 / (1 + e⁻ˣ)) of each element, the logarithm of the logistic function: −softplus(−x).
    public func logLogistic() -> Tensor { -(-self).softplus() }
}
