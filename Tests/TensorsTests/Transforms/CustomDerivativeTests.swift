import Execution
import Tensors
import TestSupport
import Testing

private let points = [-1.5, 0.25, 2, 3]

/// Runs a program of one vector in double precision.
private func run(_ x: [Double] = points, _ body: (Tensor) -> [Tensor]) throws -> [[Double]] {
    let program = try Program.trace([Port("x", TensorType(.f64, [x.count]))]) { inputs in
        body(inputs[0]).enumerated().map { (name: "\($0)", tensor: $1) }
    }
    return try CompiledProgram(program).run([TensorValue(x)]).map { $0.elements() }
}

/// x², with a gradient of 5x in place of 2x, so that one sees whose derivative was taken.
private func odd(_ x: Tensor) -> Tensor {
    customDerivative("odd", at: x, of: { $0 * $0 }, pullback: { dy, x, _ in dy * x * 5 })
}

@Suite("Derivatives that users give")
struct CustomDerivativeTests {
    @Test("are followed, to every order")
    func orders() throws {
        let found = try run { x in
            let slope = { (x: Tensor) in gradient(at: x) { odd($0).sum() } }
            return [odd(x), slope(x), gradient(at: x) { slope($0).sum() }, gradient(at: x) { (slope($0) * $0).sum() }]
        }
        #expect(found[0] == points.map { $0 * $0 })
        #expect(found[1] == points.map { 5 * $0 })
        #expect(found[2] == points.map { _ in 5 })
        #expect(found[3] == points.map { 10 * $0 })
    }

    @Test("hold for the value inside a pullback, too")
    func valueInPullback() throws {
        // y = x + 1 with dx = y dy: the pullback moves by its y, whose derivative is y again.
        let found = try run { x in
            let f = { (x: Tensor) in customDerivative("f", at: x, of: { $0 + 1 }, pullback: { dy, _, y in dy * y }) }
            let slope = { (x: Tensor) in gradient(at: x) { f($0).sum() } }
            return [slope(x), gradient(at: x) { slope($0).sum() }]
        }
        #expect(found[0] == points.map { $0 + 1 })
        #expect(found[1] == points.map { $0 + 1 })
    }

    @Test("hold in lanes and loops, and in their gradients")
    func insides() throws {
        let found = try run { x in
            let lanes = { (x: Tensor) in vmap(x) { odd($0) } }
            let looped = { (x: Tensor) in
                scan(x.filled(0, shape: []), over: x) { carry, x in (carry + odd(x), odd(x)) }.carry
            }
            let kept = { (x: Tensor) in checkpoint(x) { odd($0) }.sum() }
            return [
                lanes(x), gradient(at: x) { lanes($0).sum() }, vmap(x) { x in gradient(at: x, of: odd) },
                gradient(at: x, of: looped), gradient(at: x, of: kept),
                vmap(x) { x in gradient(at: x) { x in gradient(at: x, of: odd) } },
            ]
        }
        #expect(found[0] == points.map { $0 * $0 })
        for index in 1...4 { #expect(found[index] == points.map { 5 * $0 }, "\(index)") }
        #expect(found[5] == points.map { _ in 5 })
    }

    @Test("of what lanes share is the sum of the lanes'")
    func shared() throws {
        let found = try run { x in
            let scaled = { (factor: Tensor, x: Tensor) in
                customDerivative(
                    "scaled",
                    at: [factor, x],
                    of: { $0[0] * $0[1] },
                    pullback: { dy, given, _ in [dy * given[1] * 10, dy] }
                )
            }
            let factor = x.filled(3, shape: [])
            // The second does not depend on a lane, but each lane pulls it back.
            let constant = { (factor: Tensor, x: Tensor) in
                customDerivative(
                    "one",
                    at: [factor, x],
                    of: { $0[1] },
                    pullback: { _, given, _ in [given[0].filled(1), given[1]] }
                )
            }
            return [
                gradient(at: factor) { factor in vmap(x) { scaled(factor, $0) }.sum() }.reshaped([1]),
                gradient(at: x) { x in vmap(x) { scaled(factor, $0) }.sum() },
                gradient(at: factor) { factor in vmap(x) { constant(factor, $0) }.sum() }.reshaped([1]),
            ]
        }
        #expect(found[0] == [points.map { 10 * $0 }.reduce(0, +)])
        #expect(found[1] == points.map { _ in 1 })
        #expect(found[2] == [4])
    }

    @Test("take tensors from outside as constants, each function its own")
    func captures() throws {
        let found = try run { x in
            let (a, b, c) = (x.sine(), x + 2, x * 4)
            let f = { (y: Tensor, outside: [Tensor]) in
                customDerivative(
                    "f",
                    at: y,
                    of: { $0 + outside[0] - outside[0] },
                    pullback: { dy, _, _ in dy * outside[1] },
                    tangents: { dy, _, _ in dy * outside[2] * outside[1] }
                )
            }
            return [
                gradient(at: x) { f($0, [a, b, c]).sum() }, gradient(at: x) { f(x, [$0, b, c]).sum() },
                jvp(at: x, along: x) { f($0, [a, b, c]) }.tangent, jvp(at: a, along: x) { f(x, [$0, b, c]) }.tangent,
                vmap([a, b, c]) { outside in gradient(at: x) { f($0, [outside[0], outside[1], outside[2]]).sum() } }
                    .sum(over: [1]),
            ]
        }
        #expect(found[0] == points.map { $0 + 2 })
        #expect(found[1] == points.map { _ in 0 } && found[3] == found[1])
        #expect(found[2] == points.map { $0 * $0 * 4 * ($0 + 2) })
        #expect(found[4] == points.map { 4 * ($0 + 2) })
    }

    @Test("cover several inputs and outputs, integers among them")
    func structures() throws {
        let program = try Program.trace([Port("x", TensorType(.f32, [2])), Port("i", TensorType(.i32, []))]) { inputs in
            let point = Pair(inputs[0], inputs[1])
            let f = { (at: Pair<Tensor, Tensor>) in
                customDerivative(
                    "f",
                    at: at,
                    of: { at in [at.second * 2, at.first * 3, at.first.sum()] },
                    pullback: { d, at, _ in
                        let (whole, rows, sum) = (d[0].converted(to: .f32), d[1] * 30, d[2] * 100)
                        return Pair(rows + sum + whole, at.second)
                    },
                    tangents: { d, _, _ in
                        let whole = d.second.converted(to: .f32)
                        return [d.second, d.first * 30, d.first.sum() + whole]
                    }
                )
            }
            let slope = gradient(at: point) { at in
                let found = f(at)
                return found[1].sum() + found[2] * 2 + found[0].converted(to: .f32)
            }
            let alone = gradient(at: point) { f($0)[2] }
            let pushed = jvp(at: point, along: point) { f($0) }
            let values = [slope.first, slope.second, alone.first] + pushed.value + pushed.tangent
            return values.enumerated().map { ("\($0)", $1) }
        }
        let found = try CompiledProgram(program).run([TensorValue([3, 5] as [Float]), TensorValue(scalar: Int32(7))])
        let floats = { (index: Int) in found[index].elements() as [Float] }
        #expect(floats(0) == [230, 230] && floats(2) == [100, 100])
        #expect(found[1].elements() == [0] as [Int32])
        #expect(found[3].elements() == [14] as [Int32] && floats(4) == [9, 15] && floats(5) == [8])
        #expect(found[6].elements() == [0] as [Int32] && floats(7) == [90, 150] && floats(8) == [8])
    }

    @Test("leave nothing behind in a program that is done, not even inside loops")
    func gone() throws {
        let port = Port("x", TensorType(.f32, [4]))
        func program(_ square: @escaping (Tensor) -> Tensor) throws -> Program {
            try Program.trace([port]) { inputs in
                let loop = scan(inputs[0], count: 2) { carry, _ in (square(carry), square(carry.sine())) }
                return [
                    "a": square(inputs[0]), "b": loop.carry, "c": loop.outputs,
                    "d": checkpoint(inputs[0]) { square($0) + 1 },
                ]
            }
        }
        #expect(try program(odd) == program { $0 * $0 })
        let turned = try Program.trace([port]) { ["y": $0[0].reversingGradient(scale: 3).sine()] }
        #expect(turned.function.nodes.map(\.primitive.name) == ["sine"])
    }

    @Test("have no tangents unless there is a rule for them: forward mode names the function")
    func forward() throws {
        let ports = [Port("x", TensorType(.f32, [2]))]
        let reason = "'odd' has no tangent rule, which forward-mode differentiation needs"
        let cases: [(Tensor) -> Tensor] = [
            { jvp(at: $0, along: $0, of: odd).tangent },
            { hessianVectorProduct(at: $0, along: $0) { odd($0).sine().sum() }.product },
            { x in jvp(at: x, along: x) { x in vmap(x) { odd($0) } }.tangent },
            { x in jvp(at: x, along: x) { x in scan(x, count: 2) { c, _ in (odd(c), c) }.carry }.value },
            { x in jvp(at: x, along: x) { x in checkpoint(x) { odd($0) } }.value },
        ]
        for (index, body) in cases.enumerated() {
            let error = #expect(throws: TraceError.self, "\(index)") { try Program.trace(ports) { ["y": body($0[0])] } }
            #expect(error?.shape.reason == reason, "\(index)")
            #expect(error?.shape.primitive == "customDerivative")
        }
        // What does not move needs no rule, nor does a pullback that is differentiated without the value.
        let still = try Program.trace(ports) { inputs in
            let x = inputs[0]
            return [
                "still": jvp(at: x, along: x) { $0 * odd(x) }.tangent,
                "curved": hessianVectorProduct(at: x, along: x) { odd($0).sum() }.product,
            ]
        }
        let found = try CompiledProgram(still).run([TensorValue([2, 3] as [Float])])
        #expect(found[0].elements() == [8, 27] as [Float])
        #expect(found[1].elements() == [10, 15] as [Float])
    }

    @Test("that do not fit are a mistake that names the function and what it returned")
    func mistakes() {
        let ports = [Port("x", TensorType(.f32, [2])), Port("y", TensorType(.f32, [3]))]
        let cases: [(([Tensor]) -> Tensor, String)] = [
            (
                { i in customDerivative("f", at: i[0], of: { $0 }, pullback: { dy, _, _ in dy.sum() }) },
                "the pullback of 'f' returns [f32[]] and not [f32[2]]"
            ),
            (
                { i in customDerivative("f", at: i, of: { $0[0] }, pullback: { dy, _, _ in [dy] }) },
                "the pullback of 'f' returns [f32[2]] and not [f32[2], f32[3]]"
            ),
            (
                { i in
                    customDerivative(
                        "f",
                        at: i[0],
                        of: { $0.sum() },
                        pullback: { _, x, _ in x },
                        tangents: { dx, _, _ in dx }
                    )
                },
                "the tangent rule of 'f' returns [f32[2]] and not [f32[]]"
            ),
            (
                { i in i[0].reversingGradient(scale: i[0].broadcast(to: [2, 2])) },
                "the pullback of 'reversingGradient' returns [f32[2, 2]] and not [f32[2]]"
            ),
        ]
        for (body, reason) in cases {
            let error = #expect(throws: TraceError.self, "\(reason)") { try Program.trace(ports) { ["y": body($0)] } }
            #expect(error?.shape.reason == reason)
        }
        let error = #expect(throws: TraceError.self) {
            try Program.trace(ports) { i in
                ["y": customDerivative("f", at: i[0], of: { $0 }, pullback: { dy, _, _ in dy + i[1] })]
            }
        }
        #expect(error?.shape.reason == "the operands' types differ")
    }
}

@Suite("Reversed gradients")
struct ReverseGradientTests {
    @Test("are −λ dy behind the same value, in both modes and to second order")
    func laws() throws {
        let found = try run { x in
            let turned = { (x: Tensor) in x.reversingGradient(scale: 0.5) }
            let scaled = { (x: Tensor, scale: Tensor) in
                (x.reversingGradient(scale: scale) * x.stoppingGradient()).sum()
            }
            let scale = x.filled(4, shape: [])
            return [
                turned(x), gradient(at: x) { turned($0 * $0).sum() }, gradient(at: x) { $0.reversingGradient().sum() },
                jvp(at: x, along: x, of: turned).tangent, gradient(at: x) { scaled($0, scale) },
                vmap(Pair(x, x)) { lane in gradient(at: lane.first) { $0.reversingGradient(scale: lane.second) } },
                gradient(at: scale) { scaled(x, $0) }.reshaped([1]),
                // Of Σ r(x)²: −λ 2 r(x), and its gradient 2 λ².
                gradient(at: x) { x in
                    gradient(at: x) { (turned($0) * turned($0)).sum() }.sum()
                },
            ]
        }
        #expect(found[0] == points)
        #expect(found[1] == points.map { -$0 })
        #expect(found[2] == points.map { _ in -1 })
        #expect(found[3] == points.map { -$0 / 2 })
        #expect(found[4] == points.map { -4 * $0 })
        #expect(found[5] == points.map { -$0 })
        #expect(found[6] == [0])
        #expect(found[7] == points.map { _ in 0.5 })
    }
}
