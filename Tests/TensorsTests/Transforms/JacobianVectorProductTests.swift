import Execution
@testable import Tensors
import TestSupport
import Testing

/// Runs a program of one vector in double precision.
private func run(_ x: [Double], _ body: (Tensor) -> [Tensor]) throws -> [[Double]] {
    let program = try Program.trace([Port("x", TensorType(.f64, [x.count]))]) { inputs in
        body(inputs[0]).enumerated().map { (name: "\($0)", tensor: $1) }
    }
    return try CompiledProgram(program).run([TensorValue(x)]).map { $0.elements() }
}

@Suite("Jacobian-vector products")
struct JacobianVectorProductTests {
    private let points = [-1.5, 0.25, 2, 3]

    /// Small whole numbers and halves: every product and sum here is exact.
    @Test("x³ moves by 3x² v, that by 6x v w, and that by 6 u v w")
    func cube() throws {
        let found = try run(points) { x in
            let v = x.filled(2)
            let cube = { (x: Tensor) in x * x * x }
            let first = { (x: Tensor) in jvp(at: x, along: v, of: cube).tangent }
            let second = { (x: Tensor) in jvp(at: x, along: v, of: first).tangent }
            let third = { (x: Tensor) in jvp(at: x, along: v, of: second).tangent }
            return [
                jvp(at: x, along: v, of: cube).value, first(x), second(x), third(x),
                jvp(at: x, along: v, of: third).tangent,
            ]
        }
        #expect(found[0] == points.map { $0 * $0 * $0 })
        #expect(found[1] == points.map { 6 * $0 * $0 })
        #expect(found[2] == points.map { 24 * $0 })
        #expect(found[3] == points.map { _ in 48 })
        #expect(found[4] == points.map { _ in 0 })
    }

    @Test("only what is given moves: tensors from outside do not, nor do integers")
    func constants() throws {
        let types = [TensorType(.f32, [3]), TensorType(.i32, [3])]
        let program = try Program.trace([Port("x", types[0]), Port("i", types[1])]) { inputs in
            let (x, i) = (inputs[0], inputs[1])
            let pushed = jvp(at: Pair(x, i), along: Pair(x, i)) { at in
                [at.first * x, at.second + i, at.first.stoppingGradient(), at.second.converted(to: .f32)]
            }
            return pushed.tangent.enumerated().map { (name: "\($0)", tensor: $1) }
        }
        let found = try CompiledProgram(program).run([
            TensorValue([1, 2, 4] as [Float]), TensorValue([5, 6, 7] as [Int32]),
        ])
        #expect(found[0].elements() == [1, 4, 16] as [Float])
        #expect(found[1].elements() == [0, 0, 0] as [Int32])
        #expect(found[2].elements() == [0, 0, 0] as [Float] && found[3] == found[2])
    }

    @Test("the Hessian times a vector is the explicit Hessian times it, and comes with the gradient")
    func hessian() throws {
        for seed in 0..<20 as Range<UInt64> {
            var random = Seeded(seed)
            let x = (0..<5).map { _ in Double.random(in: -2..<2, using: &random) }
            let v = (0..<5).map { _ in Double.random(in: -2..<2, using: &random) }
            let found = try run(x) { x in
                let f = { (x: Tensor) in (x.cumulativeSum(axis: 0).sine() * x * x).sum() + x.product() }
                let v = x.constant(v, shape: [5])
                let unit = (x.iota(.i32, [5, 5], axis: 0) .== x.iota(.i32, [5, 5], axis: 1)).converted(to: .f64)
                // Row i is the gradient of the gradient's i-th element.
                let rows = vmap(unit) { unit in gradient(at: x) { (gradient(at: $0, of: f) * unit).sum() } }
                let columns = vmap(unit, resultAxis: 1) { hessianVectorProduct(at: x, along: $0, of: f).product }
                let (slope, product) = hessianVectorProduct(at: x, along: v, of: f)
                return [
                    slope, gradient(at: x, of: f), product, matmul(rows, v), columns.reshaped([25]),
                    rows.reshaped([25]),
                ]
            }
            for pair in [0, 2, 4] {
                for (a, b) in zip(found[pair], found[pair + 1]) {
                    // A few dozen roundings of 1e-16 of numbers up to a hundred.
                    let distance: Double = abs(a - b)
                    #expect(distance <= 1e-12, "seed \(seed), \(pair)")
                }
            }
        }
    }

    @Test("a loop moves as the loop written out, forwards and backwards, and so does its gradient")
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
                    var sum = carry * 0
                    for index in reversed ? [3, 2, 1, 0] : [0, 1, 2, 3] {
                        let result = step(carry, x.sliced(axis: 0, index..<(index + 1)).reshaped([]))
                        carry = result.0
                        sum = sum + result.1
                    }
                    return carry + sum
                }
                let v = x * 0.5 + 1
                return [looped, written].flatMap { f in
                    let pushed = jvp(at: x, along: v, of: f)
                    return [
                        pushed.value, pushed.tangent, hessianVectorProduct(at: x, along: v, of: f).product,
                        gradient(at: x) { jvp(at: $0, along: v, of: f).tangent },
                    ]
                }
            }
            for index in 0..<4 {
                for (loop, line) in zip(found[index], found[index + 4]) {
                    // Sums are taken in another order, so the last digits may differ.
                    let (distance, size): (Double, Double) = (abs(loop - line), max(1, abs(line)))
                    #expect(distance <= 1e-13 * size, "reversed: \(reversed), \(index)")
                }
            }
        }
    }

    @Test("a loop carries the tangents of what moves, and no others")
    func activity() throws {
        let program = try Program.trace([Port("x", TensorType(.f32, [4])), Port("xs", TensorType(.f32, [3, 4]))]) {
            inputs in
            let (x, steps) = (inputs[0], inputs[1])
            let pushed = jvp(at: x, along: x) { x in
                // The first carry moves from the start, the second from the second step on, the third never.
                let start = [x, x.filled(0), x.filled(1)]
                let loop = scan(start, over: steps) { (carry: [Tensor], row: Tensor) -> ([Tensor], [Tensor]) in
                    let (first, second, third) = (carry[0], carry[1], carry[2])
                    return ([first * row, first + second, third + row], [second, row * third])
                }
                return loop.carry + loop.outputs
            }
            return pushed.tangent.enumerated().map { (name: "\($0)", tensor: $1) }
        }
        let loop = try #require(program.function.nodes.first { $0.primitive is Scan }?.primitive as? Scan)
        #expect(loop.carryCount == 5)
        #expect(loop.body.parameters.count == 6 && loop.body.results.count == 5 + 3)
    }

    @Test("a jvp stands inside a loop, and inside lanes")
    func inside() throws {
        let found = try run(points) { x in
            let slope = { (x: Tensor) in jvp(at: x, along: x.filled(1)) { $0 * $0 * $0 }.tangent }
            let looped = scan(x.filled(0, shape: []), over: x) { carry, x in (carry + slope(x), slope(x)) }
            return [looped.carry.reshaped([1]), looped.outputs, vmap(x) { slope($0) }]
        }
        #expect(found[0] == [points.map { 3 * $0 * $0 }.reduce(0, +)])
        #expect(found[1] == points.map { 3 * $0 * $0 } && found[2] == found[1])
    }

    @Test("tangents of other types than the point's are a mistake that names them")
    func mistakes() {
        let ports = [Port("x", TensorType(.f32, [2])), Port("y", TensorType(.f32, [3]))]
        func expect(_ reason: String, _ body: ([Tensor]) -> Tensor) {
            let error = #expect(throws: TraceError.self, "\(reason)") { try Program.trace(ports) { ["y": body($0)] } }
            #expect(error?.shape.reason == reason)
        }
        expect("the tangents [f32[3]] are not of the point's types") { i in
            jvp(at: i[0], along: i[1]) { $0 }.tangent
        }
        expect("the tangents [f32[2]] are not of the point's types") { i in
            jvp(at: i, along: [i[0]]) { $0[0] }.value
        }
        expect("the tangents [f32[3], f32[2]] are not of the point's types") { i in
            hessianVectorProduct(at: i, along: [i[1], i[0]]) { $0[0].sum() }.product[0]
        }
        expect("is taken of a floating-point scalar") { i in
            hessianVectorProduct(at: i[0], along: i[0]) { $0 }.product
        }
    }
}
