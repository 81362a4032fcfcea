import Tensors

extension Iota {
    /// The numbers, little-endian.
    var elements: [UInt8] {
        guard type.shape.count > 0 else { return [] }
        let inner = type.shape.strides[dimension]
        let size = type.shape[dimension]
        let outer = type.shape.count / max(1, inner * size)
        func numbers<Number: TensorElement>(_ make: (Int) -> Number) -> [UInt8] {
            var row: [Number] = []
            for step in 0..<size { row += [Number](repeating: make(step), count: inner) }
            let bytes = row.withUnsafeBytes(Array.init)
            return (0..<outer).flatMap { _ in bytes }
        }
        return switch type.element {
        case .f32: numbers { Float($0) }
        case .f64: numbers { Double($0) }
        case .i32: numbers { Int32(truncatingIfNeeded: $0) }
        case .u32: numbers { UInt32(truncatingIfNeeded: $0) }
        case .u8, .bool: numbers { UInt8(truncatingIfNeeded: $0) }
        }
    }
}
