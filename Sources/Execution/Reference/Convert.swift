import Tensors

extension Convert: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let numbers = operands[0].doubles
        switch element {
        // Between floating-point types nothing is rounded here.
        case .f32, .f64: return [ReferenceTensor(types[0], reals: numbers)]
        case .bool: return [ReferenceTensor(types[0], integers: numbers.map { $0 != 0 ? 1 : 0 })]
        case .i32, .u32, .u8: return [ReferenceTensor(types[0], integers: numbers.map(saturated))]
        }
    }

    /// Towards zero, then to the nearest that the type holds; NaN to 0.
    private func saturated(_ number: Double) -> Int {
        if number.isNaN { return 0 }
        let range = element.integers
        if number <= Double(range.lowerBound) { return range.lowerBound }
        if number >= Double(range.upperBound) { return range.upperBound }
        return Int(number)
    }
}
