import Execution
import Networks
import Tensors
import Testing

@Suite("Softmax")
struct SoftmaxTests {
    private func run(_ logits: [Float], _ body: (Tensor) -> Tensor) throws -> [Float] {
        let program = try Program.trace([Port("x", TensorType(.f32, [1, logits.count]))]) { ["y": body($0[0])] }
        return try CompiledProgram(program).run([TensorValue(logits, shape: [1, logits.count])])[0].floats
    }

    @Test("log softmax is right where a plain one overflows")
    func extremes() throws {
        let found = try run([3e4, -3e4, 2.9999e4], logSoftmax)
        let golden = [-0.31326168751822286, -60000.313261687515, -1.3132616875182228]
        for (f, g) in zip(found, golden) { #expect(abs(Double(f) - g) <= 2e-7 * max(1, abs(g))) }
    }

    @Test("softmax adds up to 1 and does not see a shift, over many seeds")
    func laws() throws {
        for seed in 0..<50 as Range<UInt64> {
            let logits = RandomKey(seed: seed).bits(7).map { Float($0 >> 20) / 200 - 10 }
            let plain = try run(logits, softmax)
            #expect(abs(plain.reduce(0, +) - 1) < 1e-6, "seed \(seed)")
            let shifted = try run(logits.map { $0 + 64 }, softmax)
            for (a, b) in zip(plain, shifted) { #expect(abs(a - b) < 2e-6, "seed \(seed)") }
        }
    }

    @Test("the gradient of the cross-entropy is softmax minus one-hot, divided by the batch")
    func crossEntropyGradient() throws {
        for seed in 0..<20 as Range<UInt64> {
            let logits = RandomKey(seed: seed).bits(12).map { Float($0 >> 20) / 500 - 4 }
            let labels: [Int32] = [2, 0, 1]
            let program = try Program.trace([Port("x", TensorType(.f32, [3, 4]))]) { inputs in
                let gradient = gradient(at: inputs[0]) { x in
                    softmaxCrossEntropy(x, labels: x.constant(labels, shape: [3]))
                }
                return ["gradient": gradient, "softmax": softmax(inputs[0])]
            }
            let outputs = try CompiledProgram(program).run([TensorValue(logits, shape: [3, 4])]).map(\.floats)
            for row in 0..<3 {
                for column in 0..<4 {
                    let target: Float = Int(labels[row]) == column ? 1 : 0
                    let expected = (outputs[1][4 * row + column] - target) / 3
                    #expect(abs(outputs[0][4 * row + column] - expected) < 1e-6, "seed \(seed)")
                }
            }
        }
    }
}
