import Tensors

extension Add: BinaryRule {
    func real(_ a: Double, _ b: Double) -> Double { a + b }
    func integer(_ a: Int, _ b: Int, _ element: ElementType) -> Int { a &+ b }
}

extension Subtract: BinaryRule {
    func real(_ a: Double, _ b: Double) -> Double { a - b }
    func integer(_ a: Int, _ b: Int, _ element: ElementType) -> Int { a &- b }
}

extension Multiply: BinaryRule {
    func real(_ a: Double, _ b: Double) -> Double { a * b }
    func integer(_ a: Int, _ b: Int, _ element: ElementType) -> Int { a &* b }
}

extension Divide: BinaryRule {
    func real(_ a: Double, _ b: Double) -> Double { a / b }
    /// A zero divisor gives all bits set.
    func integer(_ a: Int, _ b: Int, _ element: ElementType) -> Int { b == 0 ? -1 : a / b }
}

extension Remainder: BinaryRule {
    /// A zero divisor gives a.
    func integer(_ a: Int, _ b: Int, _ element: ElementType) -> Int { b == 0 ? a : a % b }
}

extension Maximum: BinaryRule {
    func real(_ a: Double, _ b: Double) -> Double { larger(a, b) }
    func integer(_ a: Int, _ b: Int, _ element: ElementType) -> Int { max(a, b) }
}

extension Minimum: BinaryRule {
    func real(_ a: Double, _ b: Double) -> Double { -larger(-a, -b) }
    func integer(_ a: Int, _ b: Int, _ element: ElementType) -> Int { min(a, b) }
}

/// NaN if either is; −0 is below +0.
func larger(_ a: Double, _ b: Double) -> Double {
    if a.isNaN || b.isNaN { return .nan }
    if a == b { return a.sign == .plus ? a : b }
    return a > b ? a : b
}

extension Negate: UnaryRule {
    func real(_ x: Double) -> Double { -x }
    func integer(_ x: Int, _ element: ElementType) -> Int { -x }
}

extension Absolute: UnaryRule {
    func real(_ x: Double) -> Double { x.magnitude }
    func integer(_ x: Int, _ element: ElementType) -> Int { abs(x) }
}

extension Sign: UnaryRule {
    /// ±0 and NaN stay as they are.
    func real(_ x: Double) -> Double { x > 0 ? 1 : x < 0 ? -1 : x }
    func integer(_ x: Int, _ element: ElementType) -> Int { x.signum() }
}

extension FusedMultiplyAdd: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let (a, b, c) = (operands[0].reals, operands[1].reals, operands[2].reals)
        return [ReferenceTensor(types[0], reals: a.indices.map { c[$0].addingProduct(a[$0], b[$0]) })]
    }
}
