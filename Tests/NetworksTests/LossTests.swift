import Execution
import Networks
import Tensors
import Testing

@Suite("Losses")
struct LossTests {
    private let rows = 4

    private func numbers(_ seed: UInt64, _ count: Int) -> [Float] {
        RandomKey(seed: seed).bits(count).map { Float($0 >> 20) / 1000 - 2 }
    }

    /// The rows of `values`, each as often as its count says.
    private func repeated(_ values: [Float], _ counts: [Int]) -> [Float] {
        let width = values.count / counts.count
        return counts.enumerated().flatMap { row, count in
            (0..<count).flatMap { _ in values[(row * width)..<((row + 1) * width)] }
        }
    }

    private func lossAndGradient(_ x: [Float], rows: Int, _ loss: (Tensor) -> Tensor) throws -> [[Float]] {
        let program = try Program.trace([Port("x", TensorType(.f32, [rows, x.count / rows]))]) { inputs in
            let (value, gradient) = valueAndGradient(at: inputs[0], of: loss)
            return ["loss": value, "gradient": gradient]
        }
        let outputs = try CompiledProgram(program).run([TensorValue(x, shape: [rows, x.count / rows])])
        return outputs.map(\.floats)
    }

    /// The gradient of each row is the sum of those of its copies.
    private func expectSame(_ weighted: [[Float]], _ copies: [[Float]], _ counts: [Int], _ seed: UInt64) {
        #expect(abs(weighted[0][0] - copies[0][0]) < 1e-6 * (1 + abs(copies[0][0])), "seed \(seed)")
        let width = weighted[1].count / counts.count
        var next = 0
        for (row, count) in counts.enumerated() {
            for column in 0..<width {
                let sum = (0..<count).reduce(Float(0)) { $0 + copies[1][(next + $1) * width + column] }
                #expect(abs(weighted[1][row * width + column] - sum) < 1e-6, "seed \(seed), row \(row)")
            }
            next += count
        }
    }

    @Test("with whole weights are those of as many copies, and so are their gradients")
    func copies() throws {
        for seed in 0..<20 as Range<UInt64> {
            let counts = RandomKey(seed: seed ^ 77).bits(rows - 1).map { Int($0 % 4) } + [1]
            let total = counts.reduce(0, +)
            let (x, y) = (numbers(seed, 3 * rows), numbers(seed ^ 99, 3 * rows))
            let labels = RandomKey(seed: seed ^ 55).bits(rows).map { Int32($0 % 3) }
            let allLabels = zip(labels, counts).flatMap { [Int32](repeating: $0, count: $1) }
            let weights = counts.map(Float.init)
            expectSame(
                try lossAndGradient(x, rows: rows) { x in
                    softmaxCrossEntropy(
                        x,
                        labels: x.constant(labels, shape: [rows]),
                        weights: x.constant(weights, shape: [rows])
                    )
                },
                try lossAndGradient(repeated(x, counts), rows: total) { x in
                    softmaxCrossEntropy(x, labels: x.constant(allLabels, shape: [total]))
                },
                counts,
                seed
            )
            expectSame(
                try lossAndGradient(x, rows: rows) { x in
                    meanSquaredError(
                        x,
                        targets: x.constant(y, shape: x.shape),
                        weights: x.constant(weights, shape: [rows])
                    )
                },
                try lossAndGradient(repeated(x, counts), rows: total) { x in
                    meanSquaredError(x, targets: x.constant(repeated(y, counts), shape: x.shape))
                },
                counts,
                seed
            )
        }
    }

    @Test("the squared error is the mean of squared distances, and its gradient twice the distance over the count")
    func squaredError() throws {
        // (1² + 0² + 2² + 3²) / 4 = 3.5, all exact.
        let found = try lossAndGradient([1, 2, 3, 4], rows: 2) { x in
            meanSquaredError(x, targets: x.constant([0, 2, 5, 1] as [Float], shape: [2, 2]))
        }
        #expect(found == [[3.5], [0.5, 0, -1, 1.5]])
    }

    @Test("refuse what does not fit in words")
    func mistakes() {
        let error = #expect(throws: TraceError.self) {
            try Program.trace([Port("x", TensorType(.f32, [2, 3])), Port("y", TensorType(.f32, [2]))]) { inputs in
                ["loss": meanSquaredError(inputs[0], targets: inputs[1])]
            }
        }
        let text =
            "mean_squared_error(f32[2, 3], f32[2]): takes predictions and targets of one floating-point type and shape"
        #expect(error?.description.hasSuffix(text) == true)
        let weights = #expect(throws: TraceError.self) {
            try Program.trace([Port("x", TensorType(.f32, [2, 3])), Port("y", TensorType(.i32, [2]))]) { inputs in
                ["loss": softmaxCrossEntropy(inputs[0], labels: inputs[1], weights: inputs[1])]
            }
        }
        #expect(weights?.shape.reason == "takes logits [batch, classes], labels [batch] and weights [batch]")
    }
}
