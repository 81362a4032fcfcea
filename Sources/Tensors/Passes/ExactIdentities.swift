/// Identities of arithmetic that hold for every bit: also for infinities and the signs of zeros, and NaN stays NaN.
enum ExactIdentities {
    static let rules: Rewriter.Rules = {
        var rules = Rewriter.Rules()
        rules.on(Multiply.self) { rewriter, _, operands in
            for (x, factor) in [(operands[0], operands[1]), (operands[1], operands[0])] {
                // x · 1 = x, x · −1 = −x, (−x) · c = x · (−c)
                if rewriter.holds(1, factor) { return x }
                if rewriter.number(factor) == -1 { return rewriter.make(Negate(), x) }
                if let negated = rewriter.node(x, as: Negate.self), let number = rewriter.number(factor) {
                    let constant = rewriter.number(-number, like: factor)
                    return rewriter.make(Multiply(), negated.operands[0], constant)
                }
            }
            // (−x)(−y) = x y
            guard let a = rewriter.node(operands[0], as: Negate.self)?.operands[0],
                let b = rewriter.node(operands[1], as: Negate.self)?.operands[0]
            else { return nil }
            return rewriter.make(Multiply(), a, b)
        }
        rules.on(Divide.self) { rewriter, _, operands in
            // x / 1 = x; x / 2ᵏ = x · 2⁻ᵏ, where both can be written
            if rewriter.holds(1, operands[1]) { return operands[0] }
            guard let divisor = rewriter.number(operands[1]), divisor.isNormal, divisor.significand == 1,
                Constant(number: 1 / divisor, rewriter.type(operands[1]).element)?.number == 1 / divisor,
                abs(1 / divisor) >= 0x1p-126
            else { return nil }
            return rewriter.make(Multiply(), operands[0], rewriter.number(1 / divisor, like: operands[1]))
        }
        rules.on(Add.self) { rewriter, _, operands in
            for (x, other) in [(operands[0], operands[1]), (operands[1], operands[0])] {
                // x + −0 = x; x + (−y) = x − y
                if rewriter.holdsZero(other, sign: .minus) { return x }
                guard let negated = rewriter.node(other, as: Negate.self) else { continue }
                return rewriter.make(Subtract(), x, negated.operands[0])
            }
            return nil
        }
        rules.on(Subtract.self) { rewriter, _, operands in
            // x − 0 = x; x − (−y) = x + y
            if rewriter.holdsZero(operands[1], sign: .plus) { return operands[0] }
            guard let negated = rewriter.node(operands[1], as: Negate.self) else { return nil }
            return rewriter.make(Add(), operands[0], negated.operands[0])
        }
        rules.on(Negate.self) { rewriter, _, operands in
            // −(−x) = x; −(x · c) = x · (−c)
            if let inner = rewriter.node(operands[0], as: Negate.self) { return inner.operands[0] }
            guard rewriter.isReadOnce(operands[0]), let product = rewriter.node(operands[0], as: Multiply.self) else {
                return nil
            }
            for (x, factor) in [(0, 1), (1, 0)].map({ (product.operands[$0], product.operands[$1]) }) {
                guard let number = rewriter.number(factor) else { continue }
                return rewriter.make(Multiply(), x, rewriter.number(-number, like: factor))
            }
            return nil
        }
        rules.on(Absolute.self) { rewriter, _, operands in
            // ||x|| = |x|; |−x| = |x|
            if rewriter.node(operands[0], as: Absolute.self) != nil { return operands[0] }
            return rewriter.node(operands[0], as: Negate.self).map { rewriter.make(Absolute(), $0.operands[0]) }
        }
        rules.on(Select.self) { rewriter, _, operands in
            if operands[1] == operands[2] { return operands[1] }
            if let truth = rewriter.filling(operands[0])?.integer { return operands[truth == 0 ? 2 : 1] }
            guard let not = rewriter.node(operands[0], as: Not.self) else { return nil }
            return rewriter.make(Select(), not.operands[0], operands[2], operands[1])
        }
        rules.on(Not.self) { rewriter, _, operands in rewriter.node(operands[0], as: Not.self)?.operands[0] }
        rules.on(Convert.self) { rewriter, convert, operands in
            rewriter.type(operands[0]).element == convert.element ? operands[0] : nil
        }
        for rule in [same(Maximum.self), same(Minimum.self), same(And.self), same(Or.self)] { rule(&rules) }
        return rules
    }()

    /// x with itself is x.
    private static func same<P: Primitive>(_: P.Type) -> (inout Rewriter.Rules) -> Void {
        { $0.on(P.self) { _, _, operands in operands[0] == operands[1] ? operands[0] : nil } }
    }
}

extension Rewriter {
    /// Whether a whole number, of any type, fills a value. Zeros of both signs count as 0.
    func holds(_ number: Int, _ value: Int) -> Bool {
        guard let constant = filling(value) else { return false }
        return constant.number == Double(number) || constant.integer == number
    }

    /// Whether a zero of this sign fills a value; an integer's zero has both.
    func holdsZero(_ value: Int, sign: FloatingPointSign) -> Bool {
        guard let constant = filling(value) else { return false }
        if let number = constant.number { return number == 0 && number.sign == sign }
        return constant.integer == 0 && constant.type.element.isInteger
    }

    /// A value of another's type that a number fills.
    mutating func number(_ number: Double, like other: Int) -> Int {
        guard let constant = Constant(number: number, type(other).element) else {
            preconditionFailure("a number of a floating-point type")
        }
        return self.constant(constant, filling: shape(other))
    }
}
