/// a b + c with one rounding in place of two: done last, since a factor that has gone into it moves no further.
enum Contraction {
    static let rules: Rewriter.Rules = {
        var rules = Rewriter.Rules()
        rules.on(Add.self) { rewriter, _, operands in
            // a b + c = fma(a, b, c)
            guard rewriter.isFloat(operands[0]) else { return nil }
            for (x, other) in [(operands[0], operands[1]), (operands[1], operands[0])] where rewriter.isReadOnce(x) {
                guard let product = rewriter.node(x, as: Multiply.self) else { continue }
                return rewriter.make(FusedMultiplyAdd(), product.operands[0], product.operands[1], other)
            }
            return nil
        }
        rules.on(Subtract.self) { rewriter, _, operands in
            // c − a s = fma(a, −s, c)
            guard rewriter.isFloat(operands[0]), rewriter.isReadOnce(operands[1]),
                rewriter.shape(operands[0]) != .scalar,
                let product = rewriter.node(operands[1], as: Multiply.self),
                let (x, s) = rewriter.factored(product.operands)
            else { return nil }
            let negated = rewriter.spread(rewriter.make(Negate(), s), like: x)
            return rewriter.make(FusedMultiplyAdd(), x, negated, operands[0])
        }
        return rules
    }()
}
