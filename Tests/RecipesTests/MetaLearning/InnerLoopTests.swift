import Datasets
import Execution
import Networks
import Recipes
import Tensors
import Testing

@Suite("Inner loops")
struct InnerLoopTests {
    /// ½ (θ − c)ᵀ A (θ − c) for A = diag(1, 2, 5) and c = (1, −1, 2).
    private func bowl(_ point: Tensor) -> Tensor {
        let distance = point - point.constant([1, -1, 2] as [Double], shape: [3])
        return (distance * distance * point.constant([1, 2, 5] as [Double], shape: [3])).sum() * 0.5
    }

    private func metaGradient(_ order: InnerLoop.Order, steps: Int) throws -> (gradient: [Double], losses: [Double]) {
        let program = try Program.trace([Port("θ", TensorType(.f64, [3])), Port("rate", TensorType(.f64, []))]) {
            let inner = InnerLoop(steps: steps, order: order)
            let meta = inner.metaGradient(at: $0[0], rate: $0[1], support: bowl, query: bowl)
            return ["gradient": meta.gradient, "losses": meta.losses]
        }
        let outputs = try CompiledProgram(program).run([TensorValue([0, 0, 0] as [Double]), TensorValue(scalar: 0.1)])
        return (outputs[0].elements(), outputs[1].elements())
    }

    @Test("on a quadratic the meta-gradient is (I − αA)ˢ A (I − αA)ˢ (θ − c), and A (I − αA)ˢ (θ − c) to first order")
    func quadratic() throws {
        let cases: [(InnerLoop.Order, Int, [Double])] = [
            (.second, 1, [-0.81, 1.28, -2.5]), (.first, 1, [-0.9, 1.6, -5]),
            (.second, 3, [-0.531441, 2 * 0.262144, -10 * 0.015625]), (.first, 3, [-0.729, 2 * 0.512, -10 * 0.125]),
        ]
        for (order, steps, expected) in cases {
            let found = try metaGradient(order, steps: steps)
            for (number, golden) in zip(found.gradient, expected) {
                #expect(abs(number - golden) < 1e-14, "\(order), \(steps) steps")  // a few roundings of 1e-16
            }
        }
        // Before: ½ (1 + 2 + 20); after one step of 0.1 the distances are (0.9, −0.8, 1).
        let losses = try metaGradient(.second, steps: 1).losses
        #expect(zip(losses, [11.5, 0.5 * (0.81 + 1.28 + 20 * 0.25)]).allSatisfy { abs($0 - $1) < 1e-14 })
    }

    /// A network 1-5-5-1 with tanh on a sine wave, as one vector of 46 numbers, in double precision throughout.
    private func network(
        _ output: ([Tensor], @escaping (Tensor) -> Parameters, EpisodeParts) -> Tensor
    ) throws -> Program {
        let model = Sequential {
            Dense(5)
            HyperbolicTangent()
            Dense(5)
            HyperbolicTangent()
            Dense(1)
        }
        let sizes: [(String, Shape)] = [
            ("layers.0.weight", [1, 5]), ("layers.0.bias", [5]), ("layers.2.weight", [5, 5]), ("layers.2.bias", [5]),
            ("layers.4.weight", [5, 1]), ("layers.4.bias", [1]),
        ]
        return try Program.trace([Port("θ", TensorType(.f32, [46])), Port("rate", TensorType(.f32, []))]) { inputs in
            let unpack = { (vector: Tensor) in
                var start = 0
                return Parameters(
                    names: sizes.map(\.0),
                    tensors: sizes.map { _, shape in
                        defer { start += shape.count }
                        return vector.sliced(axis: 0, start..<(start + shape.count)).reshaped(shape)
                    }
                )
            }
            let x = inputs[0].constant([-2, -0.7, 0.4, 1.1, 1.9, 2.6] as [Float], shape: [6, 1])
            let y = (x - 0.3).sine() * 2
            let parts = EpisodeParts { rows in
                { meanSquaredError(model(x.sliced(axis: 0, rows), $0), targets: y.sliced(axis: 0, rows)) }
            }
            return ["out": output(inputs, unpack, parts)]
        }
    }

    private struct EpisodeParts {
        let support: (Parameters) -> Tensor
        let query: (Parameters) -> Tensor

        init(_ loss: (Range<Int>) -> (Parameters) -> Tensor) {
            support = loss(0..<3)
            query = loss(3..<6)
        }
    }

    private let start = RandomKey(seed: 5).bits(46).map { Double($0) / 4_294_967_296 - 0.5 }

    private func reference(_ program: Program, at point: [Double]) throws -> [Double] {
        try ReferenceInterpreter().run(
            program,
            on: [
                ReferenceTensor(TensorType(.f32, [46]), reals: point),
                ReferenceTensor(TensorType(.f32, []), reals: [0.1]),
            ]
        )[0].doubles
    }

    @Test("the meta-gradient of a network equals central differences in Double, through one step and through three")
    func differences() throws {
        for steps in [1, 3] {
            let inner = InnerLoop(steps: steps)
            let loss = try network { inputs, unpack, parts in
                let end = inner.adapted(from: inputs[0], rate: inputs[1]) { parts.support(unpack($0)) }
                return parts.query(unpack(end.point))
            }
            let slope = try network { inputs, unpack, parts in
                inner.metaGradient(
                    at: inputs[0],
                    rate: inputs[1],
                    support: { parts.support(unpack($0)) },
                    query: { parts.query(unpack($0)) }
                ).gradient
            }
            let gradient = try reference(slope, at: start)
            let native = try CompiledProgram(slope).run(
                [TensorValue(start.map { Float($0) }), TensorValue(scalar: Float(0.1))]
            )[0].floats
            for index in start.indices {
                func value(_ offset: Double) throws -> Double {
                    var point = start
                    point[index] += offset
                    return try reference(loss, at: point)[0]
                }
                let width = 1e-5
                let difference = try (value(width) - value(-width)) / (2 * width)
                // Third derivatives here are of the order of 10, so the difference errs by about 1e-9.
                #expect(abs(gradient[index] - difference) < 1e-7, "\(steps) steps, element \(index)")
                #expect(abs(Double(native[index]) - difference) < 1e-5, "\(steps) steps, element \(index)")
            }
        }
    }

    @Test("to first order the gradient is that of the query loss at the adapted parameters: no product with a Hessian")
    func firstOrder() throws {
        for steps in [1, 3] {
            let inner = InnerLoop(steps: steps, order: .first)
            let slope = try network { inputs, unpack, parts in
                inner.metaGradient(
                    at: inputs[0],
                    rate: inputs[1],
                    support: { parts.support(unpack($0)) },
                    query: { parts.query(unpack($0)) }
                ).gradient
            }
            let plain = try network { inputs, unpack, parts in
                let end = inner.adapted(from: inputs[0], rate: inputs[1]) { parts.support(unpack($0)) }
                return gradient(at: end.point) { parts.query(unpack($0)) }
            }
            let values = [TensorValue(start.map { Float($0) }), TensorValue(scalar: Float(0.1))]
            #expect(try CompiledProgram(slope).run(values) == CompiledProgram(plain).run(values), "\(steps) steps")
        }
    }

    @Test("the second-order gradient is the first-order one less α times the Hessian times it")
    func hessianTerm() throws {
        let inner = InnerLoop(steps: 1)
        let losses = { (unpack: @escaping (Tensor) -> Parameters, parts: EpisodeParts) in
            (support: { parts.support(unpack($0)) }, query: { parts.query(unpack($0)) })
                as (support: (Tensor) -> Tensor, query: (Tensor) -> Tensor)
        }
        let whole = try network { inputs, unpack, parts in
            let (support, query) = losses(unpack, parts)
            return inner.metaGradient(at: inputs[0], rate: inputs[1], support: support, query: query).gradient
        }
        let composed = try network { inputs, unpack, parts in
            let (support, query) = losses(unpack, parts)
            let first = InnerLoop(steps: 1, order: .first)
                .metaGradient(at: inputs[0], rate: inputs[1], support: support, query: query).gradient
            // H v = ∇ (∇L · v) for a constant v
            let product = gradient(at: inputs[0]) { point in
                (gradient(at: point) { support($0) } * first).sum()
            }
            return first - product * inputs[1]
        }
        let found = try reference(whole, at: start)
        let expected = try reference(composed, at: start)
        // Both in Double, summed in other orders.
        for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-12) }
    }
}
