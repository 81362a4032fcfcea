import Execution
import Networks
import Tensors
import Testing

/// Gradients through the steps of an inner learner, as meta-learning takes them.
@Suite("Gradients through learning")
struct MetaGradientTests {
    /// (f(x + h) − f(x − h)) / 2h for each element of one input, in Double.
    private func differences(_ program: Program, at inputs: [ReferenceTensor], by index: Int) throws -> [Double] {
        let step = 1e-5
        func value(_ element: Int, _ distance: Double) throws -> Double {
            var moved = inputs
            var numbers = inputs[index].doubles
            numbers[element] += distance
            moved[index] = ReferenceTensor(inputs[index].type, reals: numbers)
            return try ReferenceInterpreter().run(program, on: moved)[0].doubles[0]
        }
        return try inputs[index].doubles.indices.map { (try value($0, step) - value($0, -step)) / (2 * step) }
    }

    private func program(_ types: [TensorType], _ body: ([Tensor]) throws -> [Tensor]) throws -> Program {
        try Program.trace(types.enumerated().map { Port("\($0.offset)", $0.element) }) { inputs in
            try body(inputs).enumerated().map { (name: "\($0.offset)", tensor: $0.element) }
        }
    }

    private func values(_ types: [TensorType], seed: UInt64) -> [TensorValue] {
        types.enumerated().map { index, type in
            let words = RandomKey(seed: seed &* 31 &+ UInt64(index)).bits(type.shape.count)
            return type.element == .i32
                ? TensorValue(words.map { Int32($0 % 2) }, shape: type.shape)
                : TensorValue(words.map { Float($0 >> 8) * 0x1p-23 - 1 }, shape: type.shape)
        }
    }

    /// Expects the gradient of a scalar by the first inputs to be what differences show, and natively the reference's.
    private func expectGradient(
        _ types: [TensorType],
        by count: Int,
        seed: UInt64,
        _ scalar: @escaping ([Tensor]) throws -> Tensor
    ) throws {
        let inputs = values(types, seed: seed)
        let value = try program(types) { [try scalar($0)] }
        let gradients = try program(types) { inputs in
            try gradient(at: Array(inputs[..<count])) { try scalar($0 + inputs[count...]) }
        }
        let expected = try ReferenceInterpreter().run(gradients, inputs)
        let found = try CompiledProgram(gradients).run(inputs)
        let scale = 1 + (expected.flatMap(\.doubles).map(\.magnitude).max() ?? 0)
        for index in 0..<count {
            let slopes = try differences(value, at: inputs.map { ReferenceTensor($0) }, by: index)
            for (element, (d, g)) in zip(slopes, expected[index].doubles).enumerated() {
                // Double and a step of 1e-5: the third derivatives cost about 1e-10 of their size.
                #expect(abs(d - g) < 2e-6 * scale, "seed \(seed), input \(index), element \(element): \(d), \(g)")
            }
            for (f, g) in zip(found[index].floats, expected[index].doubles) {
                #expect(abs(Double(f) - g) < 2e-4 * scale, "seed \(seed), input \(index): \(f), \(g)")
            }
        }
    }

    /// Some steps of gradient descent on a loss, as a loop.
    private func descended(
        _ parameters: Parameters,
        steps: Int,
        rate: Double,
        _ loss: @escaping (Parameters) throws -> Tensor
    ) throws -> Parameters {
        try scan(parameters, count: steps) { parameters, _ in
            let slope = try gradient(at: parameters, of: loss)
            return (parameters.zipped(with: slope) { $0 - $1 * rate }, Nothing())
        }.carry
    }

    @Test("through several steps in a loop, in lanes of tasks, are those that differences show: regression")
    func regression() throws {
        let model = Sequential {
            Dense(4)
            HyperbolicTangent()
            Dense(1)
        }
        let names = ["layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias"]
        let types = [[1, 4], [4], [4, 1], [1], [3, 5, 1], [3, 5, 1], [3, 2, 1], [3, 2, 1]].map {
            TensorType(.f32, Shape($0))
        }
        for seed in 0..<3 as Range<UInt64> {
            try expectGradient(types, by: 4, seed: seed) { inputs in
                let start = Parameters(names: names, tensors: Array(inputs[..<4]))
                return try vmap(Array(inputs[4...])) { task in
                    let adapted = try descended(start, steps: 3, rate: 0.3) { parameters in
                        meanSquaredError(model(task[0], parameters), targets: task[1])
                    }
                    return meanSquaredError(model(task[2], adapted), targets: task[3])
                }.mean()
            }
        }
    }

    /// Two tasks of two classes: 4 images to learn from and 2 to be judged by, of 6 by 6.
    private static let images = [
        TensorType(.f32, [2, 4, 6, 6, 1]), TensorType(.i32, [2, 4]), TensorType(.f32, [2, 2, 6, 6, 1]),
        TensorType(.i32, [2, 2]),
    ]

    /// Bends smoothly: differences cannot tell the slope of a kink.
    private let network = Sequential {
        Convolution2D(2)
        BatchNorm()
        HyperbolicTangent()
        MaxPool()
        Flatten()
        Dense(2)
    }
    private static let names = [
        "layers.0.weight", "layers.0.bias", "layers.1.gamma", "layers.1.beta", "layers.5.weight", "layers.5.bias",
    ]
    private static let parameters = [[3, 3, 1, 2], [2], [2], [2], [18, 2], [2]].map { TensorType(.f32, Shape($0)) }

    @Test("through a convolution, batch norm and pooling, in lanes and in a loop, are those that differences show")
    func convolutional() throws {
        for seed in 0..<2 as Range<UInt64> {
            try expectGradient(Self.parameters + Self.images, by: 6, seed: seed) { inputs in
                let start = Parameters(names: Self.names, tensors: Array(inputs[..<6]))
                return try vmap(Array(inputs[6...])) { task in
                    let adapted = try descended(start, steps: 2, rate: 0.1) { parameters in
                        softmaxCrossEntropy(network(task[0], parameters), labels: task[1])
                    }
                    return softmaxCrossEntropy(network(task[2], adapted), labels: task[3])
                }.mean()
            }
        }
    }

    @Test("taken task by task are, bit for bit, those of lanes")
    func lanes() throws {
        let body = { (parameters: [Tensor], task: [Tensor]) -> [Tensor] in
            try gradient(at: Parameters(names: Self.names, tensors: parameters)) { start in
                let adapted = try descended(start, steps: 2, rate: 0.1) { parameters in
                    softmaxCrossEntropy(network(task[0], parameters), labels: task[1])
                }
                return softmaxCrossEntropy(network(task[2], adapted), labels: task[3])
            }.tensors
        }
        let inputs = values(Self.parameters + Self.images, seed: 5)
        let together = try program(inputs.map(\.type)) { inputs in
            try vmap(Array(inputs[6...])) { try body(Array(inputs[..<6]), $0) }
        }
        let one = Self.images.map { TensorType($0.element, Shape(Array($0.shape.sizes.dropFirst()))) }
        let alone = try program(Self.parameters + one) { try body(Array($0[..<6]), Array($0[6...])) }
        let all = try CompiledProgram(together).run(inputs)
        for lane in 0..<2 {
            let task = try inputs[6...].map { try #require($0.lane(lane)) }
            let found = try CompiledProgram(alone).run(Array(inputs[..<6]) + task)
            for (a, b) in zip(found, all) { #expect(try a == #require(b.lane(lane)), "lane \(lane)") }
        }
    }
}

extension TensorValue {
    /// One slice of the first axis.
    fileprivate func lane(_ index: Int) -> TensorValue? {
        let type = TensorType(type.element, Shape(Array(shape.sizes.dropFirst())))
        let width = type.byteCount
        return TensorValue(type: type, bytes: Array(bytes[(index * width)..<((index + 1) * width)]))
    }
}
