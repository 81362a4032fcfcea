import Tensors
import Testing

private let x = Port("x", TensorType(.f32, [2, 3]))
private let y = Port("y", TensorType(.f32, [4]))

/// The mistake that tracing throws. (Inside a macro, `#line` would be that of the macro.)
private func mistake(_ trace: () throws -> Program) -> TraceError? {
    do {
        _ = try trace()
        return nil
    } catch {
        return error as? TraceError
    }
}

@Suite("Mistakes in shapes")
struct TraceErrorTests {
    @Test("the first mistake is thrown, with operator, shapes, layer path and source line")
    func firstMistake() {
        let line = #line + 2
        let error = mistake {
            try Program.trace([x, y]) { inputs in
                let sum = inputs[0].scoped("layers.1 (dense)") {
                    inputs[0].scoped("bias") { inputs[0] + inputs[1] }
                }
                return ["z": matmul(sum, inputs[1]).tanh()]
            }
        }
        #expect(error?.line == SourceLine(#fileID, line))
        #expect(error?.path == ["layers.1 (dense)", "bias"])
        #expect(error?.shape == ShapeError("add", [x.type, y.type], "the operands' types differ"))
        #expect(
            error?.description == "TensorsTests/TraceErrorTests.swift:\(line): layers.1 (dense) / bias: "
                + "add(f32[2, 3], f32[4]): the operands' types differ"
        )
    }

    @Test("the line is that of the innermost loop or transform around the mistake")
    func lines() {
        let cases: [(line: Int, body: ([Tensor]) -> Tensor)] = [
            (#line, { i in scan(i[0], count: 2) { carry, _ in (carry, carry + i[1]) }.outputs }),
            (#line, { i in scan(i[0], over: i[1]) { carry, step in (carry + i[1], step) }.carry }),
            (#line, { i in scan(i[0], count: 2) { carry, _ in (i[1], carry) }.carry }),
            (#line, { i in vmap(i[0]) { $0 + i[1] } }),
            (#line, { i in vmap(Pair(i[0], i[1])) { $0.first } }),
            (#line, { i in gradient(at: i[0]) { ($0 + i[1]).sum() } }),
            (#line, { i in gradient(at: i[0]) { $0 * 2 } }),
            (#line, { i in valueAndGradient(at: i[0]) { ($0 + i[1]).sum() }.value }),
            (#line, { i in valueAndGradient(at: i[0]) { (matmul($0, i[1]).sum(), $0) }.extra }),
            (#line, { i in jvp(at: i[0], along: i[0]) { $0 + i[1] }.value }),
            (#line, { i in jvp(at: i[0], along: i[1]) { $0 }.tangent }),
            (#line, { i in hessianVectorProduct(at: i[0], along: i[0]) { $0 }.product }),
            (#line, { i in checkpoint(i[0]) { $0 + i[1] } }),
            (#line, { i in scan(i[1], over: i[1], storingEvery: 0) { carry, _ in (carry, carry) }.carry }),
            (#line, { i in scan(i[1], over: i[1], storingEvery: 2) { carry, _ in (carry + i[0], carry) }.carry }),
            (#line, { i in customDerivative("f", at: i[0], of: { $0 }, pullback: { _, _, _ in i[1] }) }),
            (#line, { i in customDerivative("f", at: i[0], of: { $0 + i[1] }, pullback: { dy, _, _ in dy }) }),
            (#line, { i in i[0].reversingGradient(scale: i[1]) }),
        ]
        for (line, body) in cases {
            let error = #expect(throws: TraceError.self, "line \(line)") {
                try Program.trace([x, y]) { ["z": body($0)] }
            }
            #expect(error?.line.line == line)
        }
        // After the loop, the line is that of the trace again.
        let line = #line + 2
        let error = mistake {
            try Program.trace([x, y]) { i in ["z": vmap(i[0]) { $0 + 1 } + i[1]] }
        }
        #expect(error?.line.line == line)
    }

    @Test("what a mistake left behind can be used anywhere without a trap")
    func afterMistakes() {
        // Each body makes a mistake inside a loop or transform; its results then go through everything else.
        let bodies: [([Tensor]) -> Tensor] = [
            { i in i[0] + i[1] },
            { i in scan(i[0], count: 2) { carry, _ in (carry, carry + i[1]) }.outputs },
            { i in scan(i[0], count: 2) { carry, _ in (carry + i[1], carry) }.carry },
            { i in scan(i[0], count: 2) { carry, _ in (i[1], carry) }.outputs },
            { i in vmap(i[0]) { $0 + i[1] } },
            { i in vmap(Pair(i[0], i[1])) { $0.first } },
            { i in gradient(at: i[0]) { ($0 + i[1]).sum() } },
            { i in gradient(at: i[0]) { $0 * 2 } },
            { i in valueAndGradient(at: i[0]) { ($0.sum(), $0 + i[1]) }.extra },
            { i in jvp(at: i[0], along: i[0]) { $0 + i[1] }.tangent },
            { i in jvp(at: i[0], along: i[1]) { $0 }.value },
            { i in checkpoint(i[0]) { $0 + i[1] } },
            { i in scan(i[1], over: i[1], storingEvery: 2) { carry, _ in (carry + i[0], carry) }.outputs },
            { i in customDerivative("f", at: i[0], of: { $0 + i[1] }, pullback: { dy, _, _ in dy }) },
            { i in customDerivative("f", at: i[0], of: { $0 }, pullback: { dy, _, _ in dy + i[1] }) },
            { i in vmap(i[0], axes: [4]) { $0 } },
            { i in vmap(i[0], axes: [1], resultAxis: 4) { $0 } },
        ]
        for (index, body) in bodies.enumerated() {
            let error = #expect(throws: TraceError.self, "\(index)") {
                try Program.trace([x, y]) { i in
                    let wrong = body(i)
                    let loop = scan(i[0].sum(), count: 3) { carry, _ in (carry + wrong.sum(), wrong) }
                    let lanes = vmap(Pair(i[0], wrong)) { $0.first.sum() + $0.second.sum() + wrong.sum() }
                    let slope = gradient(at: wrong) { ($0 * wrong).sum() }
                    let moved = jvp(at: wrong, along: wrong) { checkpoint($0) { $0 * wrong } }.tangent
                    let more = [
                        matmul(wrong, wrong), wrong.transposed(), wrong.mean(), wrong.argMax(axis: -1),
                        wrong.sliced(axis: 1, 0..<2), concatenate([wrong, wrong], axis: 1), wrong.broadcast(to: [7]),
                        sorted([wrong, wrong], axis: 0)[1], wrong.rows(at: wrong), wrong.adding(wrong, at: wrong),
                        wrong.padded(low: [1], high: [0], interior: [0]), select(wrong, wrong, wrong),
                        moved, wrong.reversingGradient(scale: wrong), vmap(wrong, axes: [1]) { $0 + wrong },
                        scan(wrong, over: wrong, storingEvery: 3) { ($0 + $1, $0) }.outputs,
                        wrong.reshaped([9]), Key(wrong).child(1).uniform([2]), Key(wrong)["a"].permutation(3),
                    ]
                    return [("a", loop.carry), ("b", lanes), ("c", slope)] + more.enumerated().map { ("\($0)", $1) }
                }
            }
            #expect(error?.shape.reason.isEmpty == false)
        }
    }

    @Test("a repetition that does not fit is a mistake, also when it repeats a repetition")
    func repetitions() {
        for wrong in [Shape([3]), [2, 3], [3, 3]] {
            let error = #expect(throws: TraceError.self, "\(wrong)") {
                try Program.trace([y]) { ["z": $0[0].filled(0, shape: [2]).broadcast(to: wrong)] }
            }
            #expect(error?.shape.operands == [TensorType(.f32, [2])])
        }
    }

    @Test("tensors that no machine can hold are a mistake, not a trap")
    func huge() {
        let bodies: [(Tensor) -> Tensor] = [
            { $0.broadcast(to: [1 << 40, 1 << 40, 4]) },
            { $0.broadcast(to: [0, 1 << 40, 1 << 40, 4]) },
            { $0.iota(.u8, [1 << 51], axis: 0) },
            { $0.broadcast(to: Shape([Int](repeating: 1, count: 16) + [4])) },
            { x in scan(x, count: 1 << 47) { carry, _ in (carry, carry) }.outputs },
            { x in vmap(x.broadcast(to: [1 << 30, 4])) { $0.broadcast(to: [1 << 30, 4]) } },
            { x in
                let wide = x.broadcast(to: [1 << 24, 4]).product(over: [0])
                return gradient(at: x) { ($0.broadcast(to: [1 << 26, 4]).product(over: [0]) + wide).sum() }
            },
        ]
        for (index, body) in bodies.enumerated() {
            #expect(throws: TraceError.self, "\(index)") { try Program.trace([y]) { ["z": body($0[0])] } }
        }
        let error = #expect(throws: TraceError.self) {
            try Program.trace([Port("x", TensorType(.f32, [1 << 30, 1 << 30]))]) { ["z": $0[0].mean()] }
        }
        #expect(error?.shape.description == "parameter(f32[1073741824, 1073741824]): is too large for any machine")
    }

    @Test("names of inputs and outputs must differ")
    func names() {
        #expect(throws: ProgramError.ports("the names [x, x] are not distinct")) {
            try Program.trace([x, x]) { ["z": $0[0]] }
        }
        #expect(throws: ProgramError.ports("the names [z, z] are not distinct")) {
            try Program.trace([x]) { ["z": $0[0], "z": $0[0]] }
        }
    }

    @Test("what the body throws comes through, before any mistake in shapes")
    func thrown() {
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try Program.trace([x, y]) { inputs -> KeyValuePairs<String, Tensor> in
                _ = inputs[0] + inputs[1]
                throw Stop()
            }
        }
        #expect(throws: Stop.self) {
            try Program.trace([x]) { inputs in
                ["z": try scan(inputs[0], count: 2) { carry, _ -> (Tensor, Nothing) in throw Stop() }.carry]
            }
        }
    }
}
