import Execution
import Tensors
import TestSupport
import Testing

/// Runs a program of one vector in double precision.
private func run(_ x: [Double], _ body: (Tensor) -> [Tensor]) throws -> [[Double]] {
    let program = try Program.trace([Port("x", TensorType(.f64, [x.count]))]) { inputs in
        body(inputs[0]).enumerated().map { (name: "\($0)", tensor: $1) }
    }
    return try CompiledProgram(program).run([TensorValue(x)]).map { $0.elements() }
}

@Suite("Gradients")
struct GradientTests {
    private let points = [-1.5, 0.25, 2, 3]

    /// Small whole numbers and halves: every product and sum here is exact.
    @Test("gradients of gradients of x³ are 3x², 6x, 6 and 0")
    func cube() throws {
        let found = try run(points) { x in
            let first = { (x: Tensor) in gradient(at: x) { ($0 * $0 * $0).sum() } }
            let second = { (x: Tensor) in gradient(at: x) { first($0).sum() } }
            let third = { (x: Tensor) in gradient(at: x) { second($0).sum() } }
            let fourth = { (x: Tensor) in gradient(at: x) { third($0).sum() } }
            return [first(x), second(x), third(x), fourth(x)]
        }
        #expect(found[0] == points.map { 3 * $0 * $0 })
        #expect(found[1] == points.map { 6 * $0 })
        #expect(found[2] == points.map { _ in 6 })
        #expect(found[3] == points.map { _ in 0 })
    }

    @Test("the value comes with the gradient, and so does what is not differentiated")
    func value() throws {
        let found = try run(points) { x in
            let (value, extra, slope) = valueAndGradient(at: x) { x in ((x * x).sum(), x * 10) }
            return [value, extra, slope]
        }
        #expect(found == [[points.map { $0 * $0 }.reduce(0, +)], points.map { $0 * 10 }, points.map { 2 * $0 }])
    }

    @Test("a stopped gradient is a constant, whatever it is made of")
    func stopped() throws {
        let found = try run(points) { x in
            [
                gradient(at: x) { ($0 * $0.stoppingGradient()).sum() },
                gradient(at: x) { ($0 * $0).stoppingGradient().sum() },
                gradient(at: x) { x in gradient(at: x) { (x.stoppingGradient() * $0 * $0).sum() }.sum() },
            ]
        }
        #expect(found[0] == points)
        #expect(found[1] == points.map { _ in 0 })
        // ∇ₓ Σ 2 sg(x) y at y = x, with x stopped: 0 from the stop; y is another variable that x goes into: 2x.
        #expect(found[2] == points.map { 2 * $0 })
    }

    @Test("the gradient of what does not depend on the point is zeros, written as one repeated literal")
    func independent() throws {
        let ports = [
            Port("x", TensorType(.f32, [2, 3])), Port("i", TensorType(.i32, [3])), Port("y", TensorType(.f32, [])),
        ]
        let cases: [([Tensor]) -> Tensor] = [
            { i in gradient(at: i[0]) { _ in i[2] } },
            { i in gradient(at: i[0]) { $0.stoppingGradient().tanh().sum() } },
            { i in gradient(at: i[0]) { $0.floor().sum() } },
            { i in gradient(at: i[0]) { $0.argMax(axis: 0).converted(to: .f32).sum() } },
            { i in gradient(at: i[0]) { ($0 .< 1).converted(to: .f32).sum() } },
            { i in gradient(at: Pair(i[0], i[2])) { $0.second * 2 }.first },
        ]
        for (index, body) in cases.enumerated() {
            let program = try Program.trace(ports) { ["slope": body($0)] }
            let names = program.function.nodes.map(\.primitive.name)
            #expect(names == ["constant", "broadcast_in_dim"], "\(index): \(names)")
            #expect(program.outputs[0].type == TensorType(.f32, [2, 3]))
        }
        // Integers have a gradient of zero of their own type.
        let whole = try Program.trace(ports) { i in
            ["slope": gradient(at: Pair(i[0], i[1])) { ($0.first.sum() * $0.second.converted(to: .f32)).sum() }.second]
        }
        #expect(whole.outputs[0].type == TensorType(.i32, [3]))
        #expect(whole.function.nodes.map(\.primitive.name) == ["constant", "broadcast_in_dim"])
    }

    @Test("only what is given is differentiated: tensors from outside are constants")
    func constants() throws {
        let found = try run(points) { x in
            [gradient(at: x) { ($0 * x * x).sum() }, gradient(at: x) { y in gradient(at: x) { ($0 * y).sum() }.sum() }]
        }
        #expect(found[0] == points.map { $0 * $0 })
        #expect(found[1] == points.map { _ in 1 })
    }

    @Test("a sum of functions has the sum of their gradients, and a factor goes through")
    func linearity() throws {
        for seed in 0..<20 as Range<UInt64> {
            var random = Seeded(seed)
            let x = (0..<5).map { _ in Double(Int.random(in: -8..<9, using: &random)) / 4 }
            let found = try run(x) { x in
                let f = { (x: Tensor) in (x * x * x).sum() }
                let g = { (x: Tensor) in (x.cumulativeSum(axis: 0) * x).sum() }
                let both = gradient(at: x) { f($0) * 2 + g($0) }
                return [both, gradient(at: x, of: f) * 2 + gradient(at: x, of: g)]
            }
            #expect(found[0] == found[1], "seed \(seed)")
        }
    }

    @Test("a loop's gradient is that of the loop written out, forwards and backwards, to second order")
    func loops() throws {
        for reversed in [false, true] {
            let found = try run(points) { x in
                let step = { (carry: Tensor, x: Tensor) in (carry * x + 1, carry * carry) }
                let looped = { (x: Tensor) -> Tensor in
                    let loop = scan(x.filled(0.5, shape: []), over: x, reversed: reversed, body: step)
                    return loop.carry + loop.outputs.sum()
                }
                let written = { (x: Tensor) -> Tensor in
                    var carry = x.filled(0.5, shape: [])
                    var outputs: [Tensor] = []
                    let steps = reversed ? [3, 2, 1, 0] : [0, 1, 2, 3]
                    for index in steps {
                        let result = step(carry, x.sliced(axis: 0, index..<(index + 1)).reshaped([]))
                        carry = result.0
                        outputs.append(result.1)
                    }
                    return carry + outputs.dropFirst().reduce(outputs[0], +)
                }
                let second = { (f: @escaping (Tensor) -> Tensor) in
                    gradient(at: x) { x in (gradient(at: x, of: f) * x).sum() }
                }
                return [
                    looped(x), written(x), gradient(at: x, of: looped), gradient(at: x, of: written), second(looped),
                    second(written),
                ]
            }
            // Sums are taken in another order, so the last digit may differ.
            for pair in [0, 2, 4] {
                for (loop, line) in zip(found[pair], found[pair + 1]) {
                    #expect(abs(loop - line) <= 1e-13 * max(1, abs(line)), "reversed: \(reversed), \(pair)")
                }
            }
        }
    }
}
