import Tensors

/// An element-wise primitive of one operand, by what it makes of a number.
protocol UnaryRule: ReferenceRule {
    func real(_ x: Double) -> Double
    func integer(_ x: Int, _ element: ElementType) -> Int
}

extension UnaryRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        switch operands[0].elements {
        case .reals(let x): [ReferenceTensor(types[0], reals: x.map(real))]
        case .integers(let x): [ReferenceTensor(types[0], integers: x.map { integer($0, types[0].element) })]
        }
    }

    func real(_ x: Double) -> Double { preconditionFailure("\(name) is not defined for reals") }
    func integer(_ x: Int, _ element: ElementType) -> Int {
        preconditionFailure("\(name) is not defined for integers")
    }
}

/// An element-wise primitive of two operands, by what it makes of two numbers. Integer results wrap.
protocol BinaryRule: ReferenceRule {
    func real(_ a: Double, _ b: Double) -> Double
    func integer(_ a: Int, _ b: Int, _ element: ElementType) -> Int
}

extension BinaryRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        switch (operands[0].elements, operands[1].elements) {
        case (.reals(let a), .reals(let b)):
            [ReferenceTensor(types[0], reals: zip(a, b).map(real))]
        case (.integers(let a), .integers(let b)):
            [ReferenceTensor(types[0], integers: zip(a, b).map { integer($0, $1, types[0].element) })]
        default: preconditionFailure("the operands of \(name) have one type")
        }
    }

    func real(_ a: Double, _ b: Double) -> Double { preconditionFailure("\(name) is not defined for reals") }
    func integer(_ a: Int, _ b: Int, _ element: ElementType) -> Int {
        preconditionFailure("\(name) is not defined for integers")
    }
}
