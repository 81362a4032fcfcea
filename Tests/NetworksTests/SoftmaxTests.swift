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

    @Test("at extreme logits the cross-entropy has the gradient p − y and the Hessian diag(p) − p pᵀ, all finite")
    func extremeDerivatives() throws {
        let infinity = Float.infinity
        let rows: [(logits: [Float], p: [Float])] = [
            ([1e4, -1e4, 0], [1, 0, 0]), ([-1e4, -1e4, -1e4], [1.0 / 3, 1.0 / 3, 1.0 / 3]),
            ([3e38, -3e38, 3e38], [0.5, 0, 0.5]), ([0, -infinity, 0], [0.5, 0, 0.5]),
            ([-0.0, .leastNonzeroMagnitude, -104], [0.5, 0.5, 0]), ([88, 88, -infinity], [0.5, 0.5, 0]),
        ]
        let program = try Program.trace([Port("x", TensorType(.f32, [1, 3]))]) { inputs in
            let loss = { (x: Tensor) in softmaxCrossEntropy(x, labels: x.constant([0] as [Int32], shape: [1])) }
            let slope = { (x: Tensor) in gradient(at: x, of: loss) }
            let identity = inputs[0].constant([1, 0, 0, 0, 1, 0, 0, 0, 1] as [Float], shape: [3, 1, 3])
            let x = inputs[0]
            let reverse = vmap(identity) { unit in gradient(at: x) { (slope($0) * unit).sum() } }
            let forward = vmap(identity) { unit in jvp(at: x, along: unit, of: slope).tangent }
            return ["softmax": softmax(x), "gradient": slope(x), "reverse": reverse, "forward": forward]
        }
        let compiled = try CompiledProgram(program)
        for (logits, p) in rows {
            let found = try compiled.run([TensorValue(logits, shape: [1, 3])]).map(\.floats)
            let hessian = (0..<9).map { place -> Float in
                let (row, column) = (place / 3, place % 3)
                let unit: Float = row == column ? 1 : 0
                return p[row] * (unit - p[column])
            }
            let expected: [[Float]] = [p, [p[0] - 1, p[1], p[2]], hessian, hessian]
            for (f, e) in zip(found, expected) {
                for (a, b) in zip(f, e) { #expect(abs(a - b) < 1e-6, "\(logits): \(f) instead of \(e)") }
            }
        }
    }
}
