import Tensors

/// A reduction, by its value of no elements and what it makes of two.
protocol ReductionRule: Reduction, ReferenceRule {
    func real(_ a: Double, _ b: Double) -> Double
    func integer(_ a: Int, _ b: Int) -> Int
    var realOfNone: Double { get }
    func integerOfNone(_ element: ElementType) -> Int
}

extension ReductionRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let shape = operands[0].shape
        let kept = shape.offsets(along: (0..<shape.rank).filter { !dimensions.contains($0) })
        let reduced = shape.offsets(along: dimensions)
        let element = types[0].element
        switch operands[0].elements {
        case .reals(let x):
            let results = kept.map { start in reduced.reduce(realOfNone) { real($0, x[start + $1]) } }
            return [ReferenceTensor(types[0], reals: results)]
        case .integers(let x):
            let results = kept.map { start in
                reduced.reduce(integerOfNone(element)) { element.wrapped(integer($0, x[start + $1])) }
            }
            return [ReferenceTensor(types[0], integers: results)]
        }
    }
}

extension ReduceSum: ReductionRule {
    var realOfNone: Double { 0 }
    func integerOfNone(_ element: ElementType) -> Int { 0 }
    func real(_ a: Double, _ b: Double) -> Double { a + b }
    func integer(_ a: Int, _ b: Int) -> Int { a + b }
}

extension ReduceProduct: ReductionRule {
    var realOfNone: Double { 1 }
    func integerOfNone(_ element: ElementType) -> Int { 1 }
    func real(_ a: Double, _ b: Double) -> Double { a * b }
    func integer(_ a: Int, _ b: Int) -> Int { a &* b }
}

extension ReduceMaximum: ReductionRule {
    var realOfNone: Double { -.infinity }
    func integerOfNone(_ element: ElementType) -> Int { element.integers.lowerBound }
    func real(_ a: Double, _ b: Double) -> Double { larger(a, b) }
    func integer(_ a: Int, _ b: Int) -> Int { max(a, b) }
}

extension ReduceMinimum: ReductionRule {
    var realOfNone: Double { .infinity }
    func integerOfNone(_ element: ElementType) -> Int { element.integers.upperBound }
    func real(_ a: Double, _ b: Double) -> Double { -larger(-a, -b) }
    func integer(_ a: Int, _ b: Int) -> Int { min(a, b) }
}
