public import Tensors

extension Program {
    /// Inputs to try the program with: floating-point numbers in [0, 1), integers that are 0 or 1, any random words.
    public func sampleInputs(seed: UInt64 = 0) -> [TensorValue] {
        inputs.map { input in
            let words = RandomKey(seed: seed).child(input.name).bits(input.type.shape.count)
            let shape = input.type.shape
            return switch input.type.element {
            case .f32: TensorValue(words.map { Float($0 >> 8) * 0x1p-24 }, shape: shape)
            case .f64: TensorValue(words.map { Double($0) * 0x1p-32 }, shape: shape)
            case .i32: TensorValue(words.map { Int32($0 >> 31) }, shape: shape)
            case .u32: TensorValue(words, shape: shape)
            case .u8: TensorValue(words.map { UInt8($0 >> 31) }, shape: shape)
            case .bool: TensorValue(words.map { $0 >> 31 == 1 }, shape: shape)
            }
        }
    }
}
