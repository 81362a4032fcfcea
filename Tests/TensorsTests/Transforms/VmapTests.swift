import Execution
import Tensors
import TestSupport
import Testing

private let lanesPort = Port("lanes", TensorType(.f32, [5, 3]))
private let sharedPort = Port("shared", TensorType(.f32, [3, 4]))

/// The type of each node's first result, by the primitive's name.
private func types(_ program: Program) -> [(String, TensorType)] {
    program.function.nodes.map { ($0.primitive.name, $0.results[0]) }
}

@Suite("Lanes")
struct VmapTests {
    @Test("what no lane changes stays shared, and is computed once")
    func shared() throws {
        let program = try Program.trace([lanesPort, sharedPort]) { inputs in
            [
                "y": vmap(inputs[0]) { lane in
                    matmul(lane, inputs[1].exponential().tanh()) + inputs[1].sum(over: [0])
                }
            ]
        }
        #expect(
            types(program).map { "\($0.0) \($0.1)" } == [
                "exponential f32[3, 4]", "tanh f32[3, 4]", "reduce_sum f32[4]", "dot_general f32[5, 4]",
                "broadcast_in_dim f32[5, 4]", "add f32[5, 4]",
            ]
        )
    }

    @Test("a result that no lane changes is repeated for each")
    func sharedResult() throws {
        let program = try Program.trace([lanesPort, sharedPort]) { inputs in
            ["y": vmap(inputs[0]) { _ in inputs[1] * 2 }]
        }
        #expect(program.outputs[0].type == TensorType(.f32, [5, 3, 4]))
        #expect(types(program).last?.0 == "broadcast_in_dim")
        #expect(types(program).filter { $0.0 == "multiply" }.map(\.1) == [TensorType(.f32, [3, 4])])
    }

    @Test("rows taken from a shared table stay one gather, and constants of a loop stay shared")
    func gatherAndLoops() throws {
        let program = try Program.trace([Port("i", TensorType(.i32, [5, 2])), sharedPort]) { inputs in
            [
                "rows": vmap(inputs[0]) { inputs[1].rows(at: $0) },
                "loop": vmap(inputs[0]) { lane in
                    scan(lane.converted(to: .f32).sum(), count: 3) { carry, _ in
                        (carry + inputs[1].sum(), Nothing())
                    }.carry
                },
            ]
        }
        let gather = types(program).filter { $0.0 == "gather" }
        #expect(gather.map(\.1) == [TensorType(.f32, [5, 2, 4])])
        let loop = try #require(program.function.nodes.first { $0.primitive is Scan }?.primitive as? Scan)
        #expect(loop.body.parameters == [TensorType(.f32, []), TensorType(.f32, [5]), TensorType(.i32, [])])
    }

    @Test("lanes inside lanes equal lanes written out")
    func nested() throws {
        let program = try Program.trace([Port("x", TensorType(.f32, [2, 3, 4])), Port("w", TensorType(.f32, [2, 4]))]) {
            inputs in
            let nested = vmap(Pair(inputs[0], inputs[1])) { lane in
                vmap(lane.first) { inner in (inner * lane.second).sum() }
            }
            let flat = (inputs[0] * inputs[1].reshaped([2, 1, 4])).sum(over: [2])
            return ["nested": nested, "flat": flat]
        }
        let x = TensorValue((0..<24).map { Float($0) / 8 - 1 }, shape: [2, 3, 4])
        let w = TensorValue((0..<8).map { 1 - Float($0) / 4 }, shape: [2, 4])
        let found = try CompiledProgram(program).run([x, w])
        #expect(found[0] == found[1])
    }

    @Test("a function in lanes equals the loop over it, bit for bit, and so do its gradients")
    func loops() throws {
        let body = { (lane: Tensor, shared: Tensor) -> Tensor in
            let hidden = matmul(lane, shared).tanh()
            let loop = scan(hidden, count: 3) { carry, step in
                (carry * 0.5 + step.converted(to: .f32), carry.maximum())
            }
            return (loop.carry * hidden).sum() + loop.outputs.sum()
        }
        let program = try Program.trace([lanesPort, sharedPort]) { inputs in
            let row = { (index: Int) in inputs[0].sliced(axis: 0, index..<(index + 1)).reshaped([3]) }
            let one = { (lane: Tensor) in valueAndGradient(at: lane) { body($0, inputs[1]) } }
            let lanes = vmap(inputs[0]) { lane in Pair(one(lane).value, one(lane).gradient) }
            let loop = (0..<5).map { one(row($0)) }
            return [
                "value": lanes.first, "slope": lanes.second,
                "values": concatenate(loop.map { $0.value.reshaped([1]) }, axis: 0),
                "slopes": concatenate(loop.map { $0.gradient.reshaped([1, 3]) }, axis: 0),
            ]
        }
        let compiled = try CompiledProgram(program)
        for seed in 0..<10 as Range<UInt64> {
            var random = Seeded(seed)
            let lanes = TensorValue((0..<15).map { _ in Float.random(in: -2..<2, using: &random) }, shape: [5, 3])
            let shared = TensorValue((0..<12).map { _ in Float.random(in: -2..<2, using: &random) }, shape: [3, 4])
            let found = try compiled.run([lanes, shared])
            #expect(found[0] == found[2] && found[1] == found[3], "seed \(seed)")
        }
    }

    @Test("lanes lie on any axis of inputs and results, and what has none is shared")
    func axes() throws {
        let ports = [Port("x", TensorType(.f32, [2, 5, 3])), Port("w", TensorType(.f32, [3, 5])), sharedPort]
        let program = try Program.trace(ports) { inputs in
            let body = { (given: [Tensor]) in [matmul(given[0] * given[1], given[2]), given[1].sum()] }
            let lanes = vmap(inputs, axes: [1, -1, nil], resultAxis: -1, body)
            let moved = vmap([inputs[0].transposed([1, 0, 2]), inputs[1].transposed()]) { body($0 + [inputs[2]]) }
            return [
                "y": lanes[0], "expected y": moved[0].transposed([1, 2, 0]), "sum": lanes[1], "expected sum": moved[1],
                "second": vmap(inputs[0], axes: [2], resultAxis: 1) { $0.sine() },
                "expected second": inputs[0].transposed([0, 2, 1]).sine(),
            ]
        }
        #expect(program.outputs[0].type == TensorType(.f32, [2, 4, 5]))
        var random = Seeded(1)
        let inputs = ports.map { port in
            TensorValue(
                (0..<port.type.shape.count).map { _ in Float.random(in: -2..<2, using: &random) },
                shape: port.type.shape
            )
        }
        let found = try CompiledProgram(program).run(inputs)
        for pair in [0, 2, 4] { #expect(found[pair] == found[pair + 1], "\(pair)") }
    }

    @Test("lanes inside lanes may lie on any axes")
    func nestedAxes() throws {
        let program = try Program.trace([Port("x", TensorType(.f32, [2, 3, 4]))]) { inputs in
            // Over the last axis, and inside over the first: rows of 3 are summed.
            let nested = vmap(inputs[0], axes: [2]) { plane in
                vmap(plane, axes: [0], resultAxis: -1) { $0.cumulativeSum(axis: 0) }
            }
            return ["nested": nested, "flat": inputs[0].cumulativeSum(axis: 1).transposed([2, 1, 0])]
        }
        let x = TensorValue((0..<24).map { Float($0 * $0 % 17) / 8 - 1 }, shape: [2, 3, 4])
        let found = try CompiledProgram(program).run([x])
        #expect(found[0] == found[1])
    }

    @Test("axes that inputs or results do not have are a mistake that names them")
    func wrongAxes() {
        let cases: [(([Tensor]) -> Tensor, String)] = [
            ({ vmap($0[0], axes: [2]) { $0 } }, "the inputs must have as many lanes on their axes [2]"),
            ({ vmap($0[0], axes: [-3]) { $0 } }, "the inputs must have as many lanes on their axes [-3]"),
            ({ vmap($0[0], axes: [nil]) { $0 } }, "the inputs must have as many lanes on their axes [nil]"),
            ({ vmap($0[0], axes: [1, 1]) { $0 } }, "the inputs must have as many lanes on their axes [1, 1]"),
            ({ vmap($0, axes: [0, 1]) { $0[0] } }, "the inputs must have as many lanes on their axes [0, 1]"),
            ({ vmap($0, axes: [0]) { $0[0] } }, "the inputs must have as many lanes on their axes [0]"),
            ({ vmap($0[0], axes: [1], resultAxis: 2) { $0 } }, "a result of 1 axes cannot have lanes on axis 2"),
            ({ vmap($0[0], axes: [1], resultAxis: -3) { $0 } }, "a result of 1 axes cannot have lanes on axis -3"),
        ]
        for (body, reason) in cases {
            let error = #expect(throws: TraceError.self, "\(reason)") {
                try Program.trace([lanesPort, sharedPort]) { ["y": body($0)] }
            }
            #expect(error?.shape.reason == reason)
        }
    }

    @Test("inputs without lanes, or with unlike numbers of them, are a mistake")
    func mistakes() {
        let cases: [([Tensor]) -> Tensor] = [
            { i in vmap(i[0].sum()) { $0 } }, { i in vmap(Pair(i[0], i[1])) { $0.first } },
            { i in vmap(Pair(i[0], i[0].sum())) { $0.first } },
        ]
        for (index, body) in cases.enumerated() {
            let error = #expect(throws: TraceError.self, "\(index)") {
                try Program.trace([lanesPort, sharedPort]) { ["y": body($0)] }
            }
            #expect(error?.shape.reason == "the inputs must have as many lanes on their first axis")
        }
    }
}
