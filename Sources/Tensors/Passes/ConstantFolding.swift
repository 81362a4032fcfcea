/// Values that depend on constants only, as constants: what fills a whole tensor with one number, and small literals that
/// are cut or reshaped.
///
/// Floating-point operations are those that IEEE 754 rounds correctly, so that every machine gives these bits; what would
/// be NaN is left to be computed.
enum ConstantFolding {
    static let rules: Rewriter.Rules = {
        var rules = Rewriter.Rules()
        // A sum, product, quotient or root of f32 rounded to Double and then to Float is rounded correctly: 53 ≥ 2 · 24 + 2.
        binary(Add.self, &rules, { $0 + $1 }, { $0 &+ $1 })
        binary(Subtract.self, &rules, { $0 - $1 }, { $0 &- $1 })
        binary(Multiply.self, &rules, { $0 * $1 }, { $0 &* $1 })
        binary(Divide.self, &rules, { $0 / $1 }, { $1 == 0 || $1 == -1 ? nil : $0 / $1 })
        binary(Remainder.self, &rules, { _, _ in nil }, { $1 == 0 || $1 == -1 ? nil : $0 % $1 })
        binary(Maximum.self, &rules, { $0 == $1 ? nil : max($0, $1) }, { max($0, $1) })
        binary(Minimum.self, &rules, { $0 == $1 ? nil : min($0, $1) }, { min($0, $1) })
        binary(And.self, &rules, { _, _ in nil }, { $0 & $1 })
        binary(Or.self, &rules, { _, _ in nil }, { $0 | $1 })
        binary(Xor.self, &rules, { _, _ in nil }, { $0 ^ $1 })
        unary(Negate.self, &rules, { -$0 }, { 0 &- $0 })
        unary(Absolute.self, &rules, { $0.magnitude }, { $0 < 0 ? 0 &- $0 : $0 })
        unary(SquareRoot.self, &rules, { $0.squareRoot() }, { _ in nil })
        unary(Floor.self, &rules, { $0.rounded(.down) }, { _ in nil })
        rules.on(Not.self) { rewriter, _, operands in
            guard let x = rewriter.filling(operands[0]), let integer = x.integer else { return nil }
            let turned = x.type.element == .bool ? 1 - integer : ~integer
            return rewriter.constant(Constant(integer: turned, x.type.element), filling: rewriter.shape(operands[0]))
        }
        rules.on(Compare.self) { rewriter, compare, operands in
            guard let a = rewriter.filling(operands[0]), let b = rewriter.filling(operands[1]) else { return nil }
            let truth: Bool
            if let x = a.number, let y = b.number {
                truth = compare.direction.holds(x, y)
            } else if let x = a.integer, let y = b.integer {
                truth = compare.direction.holds(x, y)
            } else {
                return nil
            }
            return rewriter.constant(Constant(integer: truth ? 1 : 0, .bool), filling: rewriter.shape(operands[0]))
        }
        rules.on(Convert.self) { rewriter, convert, operands in
            guard let x = rewriter.filling(operands[0])?.converted(to: convert.element) else { return nil }
            return rewriter.constant(x, filling: rewriter.shape(operands[0]))
        }
        rules.on(Reshape.self) { rewriter, reshape, operands in
            guard let x = rewriter.node(operands[0], as: Constant.self)?.primitive else { return nil }
            return rewriter.make(Constant(TensorType(x.type.element, reshape.shape), x.bytes))
        }
        rules.on(Slice.self) { rewriter, slice, operands in
            guard let x = rewriter.node(operands[0], as: Constant.self)?.primitive,
                let part = x.sliced(slice)
            else { return nil }
            return rewriter.make(part)
        }
        return rules
    }()

    private static func binary<P: Primitive>(
        _: P.Type,
        _ rules: inout Rewriter.Rules,
        _ real: @escaping @Sendable (Double, Double) -> Double?,
        _ whole: @escaping @Sendable (Int, Int) -> Int?
    ) {
        rules.on(P.self) { rewriter, _, operands in
            guard let a = rewriter.filling(operands[0]), let b = rewriter.filling(operands[1]) else { return nil }
            let element = a.type.element
            let result: Constant?
            if let x = a.number, let y = b.number {
                result = real(x, y).flatMap { Constant(number: $0, element) }
            } else if let x = a.integer, let y = b.integer {
                result = whole(x, y).map { Constant(integer: $0, element) }
            } else {
                result = nil
            }
            return result.map { rewriter.constant($0, filling: rewriter.shape(operands[0])) }
        }
    }

    private static func unary<P: Primitive>(
        _: P.Type,
        _ rules: inout Rewriter.Rules,
        _ real: @escaping @Sendable (Double) -> Double?,
        _ whole: @escaping @Sendable (Int) -> Int?
    ) {
        rules.on(P.self) { rewriter, _, operands in
            guard let a = rewriter.filling(operands[0]) else { return nil }
            let element = a.type.element
            let result =
                a.number.flatMap(real).flatMap { Constant(number: $0, element) }
                ?? a.integer.flatMap(whole).map { Constant(integer: $0, element) }
            return result.map { rewriter.constant($0, filling: rewriter.shape(operands[0])) }
        }
    }
}

extension Compare.Direction {
    fileprivate func holds<Number: Comparable>(_ a: Number, _ b: Number) -> Bool {
        switch self {
        case .equal: a == b
        case .notEqual: a != b
        case .less: a < b
        case .lessOrEqual: a <= b
        case .greater: a > b
        case .greaterOrEqual: a >= b
        }
    }
}

extension Constant {
    init(_ type: TensorType, _ bytes: [UInt8]) {
        self.type = type
        self.bytes = bytes
    }

    /// A scalar, rounded to its element type; nil for NaN.
    init?(number: Double, _ element: ElementType) {
        switch element {
        case .f32: self.init(TensorValue(scalar: Float(number)))
        case .f64: self.init(TensorValue(scalar: number))
        default: return nil
        }
        if number.isNaN { return nil }
    }

    /// A scalar, of which the element type keeps the low bits.
    init(integer: Int, _ element: ElementType) {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: Int64(integer))
        self.init(TensorType(element, .scalar), Array(bytes.prefix(element.byteCount)))
    }

    /// One element, if all are the same.
    var filling: Constant? {
        let width = type.element.byteCount
        guard bytes.count >= width else { return nil }
        for place in bytes.indices.dropFirst(width) where bytes[place] != bytes[place - width] { return nil }
        return Constant(TensorType(type.element, .scalar), Array(bytes.prefix(width)))
    }

    private var word: UInt64 { bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) } }

    /// The number of a floating-point scalar, NaN excepted.
    var number: Double? {
        let number: Double
        switch type.element {
        case .f32: number = Double(Float(bitPattern: UInt32(truncatingIfNeeded: word)))
        case .f64: number = Double(bitPattern: word)
        default: return nil
        }
        return number.isNaN ? nil : number
    }

    /// The number of an integer or a truth value.
    var integer: Int? {
        switch type.element {
        case .i32: Int(Int32(truncatingIfNeeded: word))
        case .u32, .u8, .bool: Int(word)
        case .f32, .f64: nil
        }
    }

    /// A scalar in another type, where no number is out of range.
    fileprivate func converted(to element: ElementType) -> Constant? {
        if let integer {
            if element == .bool { return Constant(integer: integer == 0 ? 0 : 1, .bool) }
            if element.isFloat { return Constant(number: Double(integer), element) }
            let range =
                switch element {
                case .i32: Int(Int32.min)...Int(Int32.max)
                case .u32: 0...Int(UInt32.max)
                default: 0...255
                }
            return range.contains(integer) ? Constant(integer: integer, element) : nil
        }
        guard let number, element.isFloat else { return nil }
        return Constant(number: number, element)
    }

    fileprivate func sliced(_ slice: Slice) -> Constant? {
        guard let result = try? slice.resultTypes(of: [type])[0], bytes.count <= Self.byteLimit else { return nil }
        let width = type.element.byteCount
        let strides = type.shape.strides
        var offsets = [zip(slice.starts, strides).map(*).reduce(0, +)]
        for (axis, size) in result.shape.sizes.enumerated() {
            let step = size > 1 ? strides[axis] * slice.strides[axis] : 0
            offsets = offsets.flatMap { offset in (0..<size).map { offset + $0 * step } }
        }
        return Constant(result, offsets.flatMap { bytes[($0 * width)..<(($0 + 1) * width)] })
    }
}
