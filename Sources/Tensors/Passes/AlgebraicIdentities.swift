/// Identities of arithmetic that hold for real numbers and may change the last bits of floating-point ones, or the sign of a
/// zero: done once, before a program gets its hash.
///
/// A factor is a scalar, repeated or not. It moves outwards, through products and sums, where it meets others and has fewer
/// elements to multiply. What is NaN or infinite in a program's inputs never becomes finite by an identity; where a factor
/// moves, a number that overflowed on the way may no longer do so, or the other way round.
enum AlgebraicIdentities {
    static let rules: Rewriter.Rules = {
        var rules = Rewriter.Rules()
        rules.on(Add.self) { rewriter, _, operands in
            // x + 0 = x
            for (x, other) in [(operands[0], operands[1]), (operands[1], operands[0])]
            where rewriter.holdsZero(other, sign: .plus) { return x }
            guard rewriter.isFloat(operands[0]) else { return nil }
            // x + x = 2 x; a s + b s = (a + b) s
            if operands[0] == operands[1] {
                return rewriter.make(Multiply(), operands[0], rewriter.number(2, like: operands[0]))
            }
            return rewriter.commonFactor(Add(), operands)
        }
        rules.on(Subtract.self) { rewriter, _, operands in
            guard rewriter.isFloat(operands[0]) else { return nil }
            // 0 − x = −x; a s − b s = (a − b) s
            if rewriter.holdsZero(operands[0], sign: .plus) { return rewriter.make(Negate(), operands[1]) }
            return rewriter.commonFactor(Subtract(), operands)
        }
        rules.on(Multiply.self) { rewriter, _, operands in
            guard rewriter.isFloat(operands[0]) else { return nil }
            for (x, other) in [(operands[0], operands[1]), (operands[1], operands[0])] {
                let t = rewriter.repeatedScalar(other)
                // (−x) s = x (−s)
                if let t, rewriter.repeatedScalar(x) == nil, rewriter.isReadOnce(x),
                    let negated = rewriter.node(x, as: Negate.self)
                {
                    let scalar = rewriter.make(Negate(), t)
                    return rewriter.make(Multiply(), negated.operands[0], rewriter.spread(scalar, like: x))
                }
                // (x s) t = x (s t)
                guard let (inner, s) = rewriter.factored(x) else { continue }
                let isKnown = t.map { rewriter.number($0) != nil && rewriter.number(s) != nil } ?? false
                guard rewriter.isReadOnce(x) || isKnown else { continue }
                if let t {
                    guard let both = rewriter.product(s, t) else { continue }
                    return rewriter.make(Multiply(), inner, rewriter.spread(both, like: x))
                }
                // (x s) y = (x y) s
                let product = rewriter.make(Multiply(), inner, other)
                return rewriter.make(Multiply(), product, rewriter.spread(s, like: x))
            }
            return nil
        }
        rules.on(Negate.self) { rewriter, _, operands in
            // −(x s) = x (−s)
            guard rewriter.isFloat(operands[0]), rewriter.isReadOnce(operands[0]),
                let product = rewriter.node(operands[0], as: Multiply.self), rewriter.shape(operands[0]) != .scalar,
                let (x, s) = rewriter.factored(product.operands)
            else { return nil }
            let negated = rewriter.make(Negate(), s)
            return rewriter.make(Multiply(), x, rewriter.spread(negated, like: operands[0]))
        }
        rules.on(Divide.self) { rewriter, _, operands in
            guard rewriter.isFloat(operands[0]) else { return nil }
            let (x, divisor) = (operands[0], operands[1])
            // x / c = x (1 / c), where both can be written well
            if let inverse = rewriter.inverse(divisor), rewriter.number(x) == nil {
                return rewriter.make(Multiply(), x, inverse)
            }
            // (x s) / y = (x / y) s
            guard rewriter.isReadOnce(x), let (inner, s) = rewriter.factored(x) else { return nil }
            let quotient = rewriter.make(Divide(), inner, divisor)
            return rewriter.make(Multiply(), quotient, rewriter.spread(s, like: x))
        }
        rules.on(ReduceSum.self) { rewriter, sum, operands in
            let x = operands[0]
            guard rewriter.isFloat(x) else { return nil }
            let shape = rewriter.shape(x)
            let kept = Shape((0..<shape.rank).filter { !sum.dimensions.contains($0) }.map { shape[$0] })
            // A sum of one is that one.
            if sum.dimensions.allSatisfy({ shape[$0] == 1 }) { return rewriter.make(Reshape(to: kept), x) }
            guard rewriter.isReadOnce(x) else { return nil }
            // Σ s x = s Σ x
            if let (inner, s) = rewriter.factored(x) {
                return rewriter.make(Multiply(), rewriter.make(sum, inner), rewriter.spread(s, over: kept))
            }
            // Σ over lanes of A B is one product of all lanes' rows with all lanes' rows.
            guard let product = rewriter.node(x, as: DotGeneral.self),
                sum.dimensions.allSatisfy({ $0 < product.primitive.leftBatch.count })
            else { return nil }
            return rewriter.add(product.primitive.summing(batch: sum.dimensions), product.operands)[0]
        }
        rules.on(DotGeneral.self) { rewriter, product, operands in
            // (s A) B = s (A B), where that is not more to multiply
            for side in 0..<2 where rewriter.isReadOnce(operands[side]) {
                guard let (inner, s) = rewriter.factored(operands[side]),
                    let result = try? product.resultTypes(of: operands.map(rewriter.type))[0],
                    result.shape.count <= rewriter.shape(inner).count
                else { continue }
                var new = operands
                new[side] = inner
                let plain = rewriter.add(product, new)[0]
                return rewriter.make(Multiply(), plain, rewriter.spread(s, like: plain))
            }
            return nil
        }
        return rules
    }()
}

extension Rewriter {
    func isFloat(_ value: Int) -> Bool { type(value).element.isFloat }

    /// What is multiplied by a scalar, and the scalar; a negation is by −1.
    func factored(_ value: Int) -> (x: Int, factor: Int)? {
        guard let product = node(value, as: Multiply.self) else { return nil }
        return factored(product.operands)
    }

    func factored(_ factors: [Int]) -> (x: Int, factor: Int)? {
        for (x, other) in [(factors[0], factors[1]), (factors[1], factors[0])] {
            if let scalar = repeatedScalar(other), repeatedScalar(x) == nil { return (x, scalar) }
        }
        return nil
    }

    /// Two scalars' product; nil where it is known and beyond what the type holds well.
    fileprivate mutating func product(_ s: Int, _ t: Int) -> Int? {
        if let a = number(s), let b = number(t) {
            guard isPlain(a * b, like: s) else { return nil }
        }
        return make(Multiply(), s, t)
    }

    /// The inverse of a known number that fills a value; nil where the type does not hold one of them well.
    fileprivate mutating func inverse(_ value: Int) -> Int? {
        guard let number = number(value), isPlain(number, like: value), isPlain(1 / number, like: value) else {
            return nil
        }
        return self.number(1 / number, like: value)
    }

    private func isPlain(_ number: Double, like other: Int) -> Bool {
        type(other).element == .f32 ? Float(number).isNormal : number.isNormal
    }

    /// a s + b s = (a + b) s
    fileprivate mutating func commonFactor(_ primitive: any Primitive, _ operands: [Int]) -> Int? {
        guard isReadOnce(operands[0]), isReadOnce(operands[1]), let (a, s) = factored(operands[0]),
            let (b, t) = factored(operands[1]), s == t
        else { return nil }
        return make(Multiply(), add(primitive, [a, b])[0], spread(s, like: a))
    }
}

extension DotGeneral {
    /// The sum of the products over some of the batch axes, which are then contracted, before the others.
    fileprivate func summing(batch dimensions: [Int]) -> DotGeneral {
        let kept = leftBatch.indices.filter { !dimensions.contains($0) }
        return DotGeneral(
            leftBatch: kept.map { leftBatch[$0] },
            rightBatch: kept.map { rightBatch[$0] },
            leftContracting: dimensions.map { leftBatch[$0] } + leftContracting,
            rightContracting: dimensions.map { rightBatch[$0] } + rightContracting
        )
    }
}
