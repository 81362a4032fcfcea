@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("Conditionals")
struct ConditionalTests {
    private static let scalar = TensorType(.f32, [])

    /// A function that is smooth where it is taken and has an infinite derivative, or none, at 0, where it is not.
    struct Edge: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var apply: @Sendable (Tensor) -> Tensor
    }

    static let edges: [Edge] = [
        Edge(testDescription: "√x") { $0.squareRoot() }, Edge(testDescription: "log x") { $0.log() },
        Edge(testDescription: "1 / x") { 1 / $0 }, Edge(testDescription: "1 / √x") { $0.reciprocalSquareRoot() },
        Edge(testDescription: "x / x") { $0 / $0 }, Edge(testDescription: "x log x") { $0 * $0.log() },
        Edge(testDescription: "a loop") { x in
            scan(x, count: 3) { carry, _ in ((carry * x).squareRoot() + carry.log(), Nothing()) }.carry
        },
    ]

    private func guarded(_ edge: Edge, _ x: Tensor, _ weight: Tensor) -> Tensor {
        conditional(x .> 0, x) {
            edge.apply($0 * weight)
        } else: {
            $0 * $0 * weight + $0
        }
    }

    /// Value, first and second derivatives in x, mixed derivative, and the tangent of the derivative.
    private func derivatives(_ function: @escaping (Tensor, Tensor) -> Tensor, _ x: Tensor, _ w: Tensor) -> [Tensor] {
        let first = gradient(at: [x, w]) { function($0[0], $0[1]).sum() }
        let second = gradient(at: [x, w]) { point in
            gradient(at: point) { function($0[0], $0[1]).sum() }.reduce(point[0].scalar(0)) { $0 + $1.sum() }
        }
        let pushed = jvp(at: [x, w], along: [x.filled(1), w.filled(1)]) { function($0[0], $0[1]) }
        let twice = jvp(at: [x, w], along: [x.filled(1), w.filled(1)]) { point in
            gradient(at: point) { function($0[0], $0[1]).sum() }
        }
        return [function(x, w)] + first + second + [pushed.tangent] + twice.tangent
    }

    @Test(
        "have in no derivative what the branch not taken would be, in lanes or not, whatever comes first",
        arguments: edges
    )
    func noLeak(_ edge: Edge) throws {
        let numbers: [Float] = [0, -0.5, 0.7, 0, 2, -1]
        let types = [TensorType(.f32, [6]), Self.scalar]
        let inputs = [TensorValue(numbers), TensorValue(scalar: Float(1.25))]
        // The derivatives of all lanes at once, lanes of the derivatives, and lanes of lanes.
        let outer = try Program.of(types) { inputs in
            derivatives({ x, w in vmap(x) { guarded(edge, $0, w) } }, inputs[0], inputs[1])
        }
        let inner = try Program.of(types) { inputs in
            vmap(inputs[0]) { x in derivatives({ guarded(edge, $0, $1) }, x, inputs[1]) }
        }
        let both = try Program.of(types) { inputs in
            let square = inputs[0].reshaped([2, 3])
            return derivatives({ x, w in vmap(x) { row in vmap(row) { guarded(edge, $0, w) } } }, square, inputs[1])
        }
        let alone = try CompiledProgram(
            Program.of([Self.scalar, Self.scalar]) { inputs in
                derivatives({ guarded(edge, $0, $1) }, inputs[0], inputs[1])
            }
        )
        let expected = try numbers.map { try alone.run([TensorValue(scalar: $0), inputs[1]]).map { $0.floats[0] } }
        #expect(expected.allSatisfy { $0.allSatisfy { $0.isFinite } })
        for run in [numbers.map { $0 > 0 }] { #expect(run.contains(true) && run.contains(false)) }
        let lanes = try CompiledProgram(inner).run(inputs)
        for (index, result) in lanes.enumerated() {
            #expect(result.floats == expected.map { $0[index] }, "result \(index) in lanes")
        }
        for (name, program) in [("one vmap", outer), ("two", both)] {
            for (index, result) in try CompiledProgram(program).run(inputs).enumerated() {
                let isShared = result.type.shape == .scalar
                let own = expected.map { $0[index] }
                #expect(result.floats.allSatisfy { $0.isFinite }, "\(name), result \(index)")
                guard isShared else {
                    // A derivative of lanes is simplified otherwise than that of one: some roundings of 6e-8 apart.
                    let apart = zip(result.floats, own).map { abs($0 - $1) / (1 + abs($1)) }
                    #expect(apart.allSatisfy { $0 < 1e-5 }, "\(name), result \(index)")
                    continue
                }
                // What lanes share has the sum of theirs; of six numbers below 100, in another order.
                #expect(abs(result.floats[0] - own.reduce(0, +)) < 1e-4, "\(name), result \(index)")
            }
            // The reference, too.
            let reference = try ReferenceInterpreter().run(program, inputs)
            #expect(reference.allSatisfy { $0.doubles.allSatisfy { $0.isFinite } }, "\(name)")
        }
    }

    @Test("run one branch only when all share the predicate, and stay conditionals then")
    func shared() throws {
        let types = [TensorType(.bool, []), TensorType(.f32, [3, 2])]
        let program = try Program.of(types) { inputs in
            [
                vmap(inputs[1]) { row in
                    conditional(inputs[0]) {
                        row.sine()
                    } else: {
                        row.sum() + row
                    }
                }
            ]
        }
        let node = try #require(program.function.nodes.first { $0.primitive is Conditional })
        #expect(program.function.nodes.count == 1)
        #expect(node.results == [TensorType(.f32, [3, 2])])
        let choice = try #require(node.primitive as? Conditional)
        #expect(choice.laned.isEmpty && choice.onTrue.nodes.map { $0.primitive.name } == ["sine"])
        let numbers = TensorValue((0..<6).map { Float($0) }, shape: [3, 2])
        for truth in [true, false] {
            let inputs = [TensorValue([truth], shape: []), numbers]
            let found = try CompiledProgram(program).run(inputs)
            let expected = try ReferenceInterpreter().run(program, inputs)
            #expect(disagreement(found[0], expected[0], .ulps(1), magnitude: expected[0]) == nil)
            #expect(found[0].floats[0] == (truth ? 0 : 1))
        }
    }

    @Test("in lanes are both branches and a choice, or, of much work, one branch for each lane: of the same bits")
    func selections() throws {
        for seed in 0..<30 as Range<UInt64> {
            var random = Seeded(seed)
            let width = random.integer(1...3)
            let types = [TensorType(.bool, []), TensorType(.f32, [width]), TensorType(.f32, [width])]
            let branches = try [0, 1].map { turn in
                try Program.of(Array(types.dropFirst())) { inputs in
                    let loop = scan(inputs[turn], over: inputs[0]) { carry, x in
                        (carry * x + inputs[1].sine(), carry.sum())
                    }
                    return [loop.carry, loop.outputs * 2, inputs[1 - turn]]
                }.function
            }
            let lanes = Shape((0..<random.integer(1...2)).map { _ in random.integer(1...3) })
            let conditional = Conditional(
                onTrue: branches[0],
                onFalse: branches[1],
                laned: random.oneIn(2) ? [0, 1] : [1]
            )
            #expect(conditional.selection(of: lanes, nodeLimit: 10) == nil, "ten nodes are too few")
            let selection = try #require(conditional.selection(of: lanes, nodeLimit: 1000))
            let inputs = selection.parameters.map { random.value($0) }
            let program = try Program(inputs: ["p", "x", "y"], outputs: ["a", "b", "c"], function: selection)
            let selected = try CompiledProgram(program).run(inputs)
            // Each lane by itself.
            let alone = try CompiledProgram(
                Program.of(types) { Trace.apply(Conditional(onTrue: branches[0], onFalse: branches[1]), $0) }
            )
            for lane in 0..<lanes.count {
                let own = try alone.run(
                    inputs.enumerated().map { index, input in
                        guard index == 0 || conditional.laned.contains(index - 1) else { return input }
                        return part(input, lane, of: lanes)
                    }
                )
                for (s, o) in zip(selected, own) {
                    #expect(part(s, lane, of: lanes) == o, "seed \(seed), lane \(lane)")
                }
            }
        }
    }

    private func part(_ value: TensorValue, _ lane: Int, of lanes: Shape) -> TensorValue {
        var (value, rest) = (value, lane)
        for size in lanes.strides { (value, rest) = (value[rest / size], rest % size) }
        return value
    }

    @Test("keep inside what they do with tensors from outside alone, and so do loops that end")
    func nothingOutside() throws {
        // √0 and log 0 in branches that are given nothing, in a loop in one of them, and in a loop that ends at once.
        let program = try Program.of([Self.scalar, Self.scalar]) { inputs in
            let (x, one) = (inputs[0], inputs[1])
            let value = { (x: Tensor) -> Tensor in
                let chosen = conditional(x .> 0) {
                    let loop = scan(one, count: 2) { carry, _ in (carry * x.log() + x.squareRoot(), Nothing()) }
                    return loop.carry + gradient(at: x) { $0.squareRoot() }
                } else: {
                    vmap(x.broadcast(to: [3])) { $0 * x }.sum()
                }
                let ended = scan(x, count: 4, until: { _ in x .<= 0 }) { carry, _ in
                    (carry + x.log(), x.reciprocalSquareRoot())
                }
                return chosen + ended.carry + ended.outputs.sum()
            }
            let slope = { (x: Tensor) in gradient(at: x, of: value) }
            return [value(x), slope(x), gradient(at: x, of: slope), jvp(at: x, along: one, of: slope).tangent]
        }
        #expect(!program.function.nodes.contains { $0.primitive is SquareRoot || $0.primitive is Log })
        let found = try CompiledProgram(program).run([TensorValue(scalar: Float(0)), TensorValue(scalar: Float(1))])
        // 3 x² + x
        #expect(found.map { $0.floats[0] } == [0, 1, 6, 6])
    }

    @Test("capture what they use from outside, in loops and in each other")
    func captures() throws {
        // Collatz: halved when even, tripled and one more when odd.
        let program = try Program.of([TensorType(.i32, []), TensorType(.i32, [])]) { inputs in
            let (start, three) = (inputs[0], inputs[1])
            let steps = scan(start, count: 10) { number, step in
                let next = conditional(remainder(number, by: 2) .== 0) {
                    number / 2
                } else: {
                    conditional(step .> 100, [number]) {
                        $0[0]
                    } else: {
                        $0[0] * three + 1
                    }
                }
                return (next, number)
            }
            return [steps.carry, steps.outputs]
        }
        let inputs = [TensorValue(scalar: Int32(7)), TensorValue(scalar: Int32(3))]
        let found = try CompiledProgram(program).run(inputs)
        #expect(found[1].elements(as: Int32.self) == [7, 22, 11, 34, 17, 52, 26, 13, 40, 20])
        #expect(found == (try ReferenceInterpreter().run(program, inputs).map(\.value)))
        // Branches of constants only, which need nothing from outside.
        let constants = try Program.of([TensorType(.bool, [2])]) { inputs in
            [
                vmap(inputs[0]) { truth in
                    conditional(truth) {
                        inputs[0].scalar(3, of: .f32)
                    } else: {
                        inputs[0].scalar(4, of: .f32)
                    }
                }
            ]
        }
        #expect(try CompiledProgram(constants).run([TensorValue([true, false], shape: [2])])[0].floats == [3, 4])
    }

    @Test("of branches that hand back what they get, or the same twice, or constants, put each where it belongs")
    func places() throws {
        let types = [TensorType(.bool, []), TensorType(.f32, [2]), TensorType(.f32, [2])]
        let program = try Program.of(types) { inputs in
            let results = conditional(inputs[0], Array(inputs[1...])) { own in
                let sum = own[0] + own[1]
                return [own[1], own[0], sum, sum, own[0].filled(7)]
            } else: { own in
                [own[0], own[0], own[0].filled(1), own[1], own[1] * own[1]]
            }
            return results + [results[0] + results[4]]
        }
        for (truth, expected) in [
            (true, [[3, 4], [1, 2], [4, 6], [4, 6], [7, 7], [10, 11]] as [[Float]]),
            (false, [[1, 2], [1, 2], [1, 1], [3, 4], [9, 16], [10, 18]]),
        ] {
            let inputs = [TensorValue([truth], shape: [])] + [[1, 2], [3, 4]].map { TensorValue($0 as [Float]) }
            #expect(try CompiledProgram(program).run(inputs).map(\.floats) == expected)
        }
    }

    @Test("that do not fit throw where they are traced, with the line")
    func mistakes() throws {
        func message(_ body: @escaping ([Tensor]) -> [Tensor]) -> String {
            do {
                _ = try Program.of([TensorType(.f32, [2]), TensorType(.bool, [])], body)
                return ""
            } catch {
                return "\(error)"
            }
        }
        let unequal = message { inputs in
            [
                conditional(inputs[1]) {
                    inputs[0]
                } else: {
                    inputs[0].sum()
                }
            ]
        }
        #expect(
            unequal.contains(
                "conditional(bool[], f32[2]): the branches differ: (f32[2]) → (f32[2]) and (f32[2]) → (f32[])"
            )
        )
        #expect(unequal.hasPrefix("ExecutionTests/ConditionalTests.swift:"))
        let vector = message { inputs in
            [
                conditional(inputs[0] .> 0) {
                    inputs[0]
                } else: {
                    inputs[0]
                }
            ]
        }
        #expect(vector.contains("conditional(bool[2]): takes a truth value, bool[]"))
        let wrong = message { inputs in
            [
                conditional(inputs[1]) {
                    inputs[0]
                } else: {
                    inputs[0] + inputs[0].filled(0, shape: [3])
                }
            ]
        }
        #expect(wrong.contains("add(f32[2], f32[3])"))
    }

    @Test("with a loop inside let it be cancelled and tell how far it is")
    func control() throws {
        let program = try Program.of([TensorType(.bool, [])]) { inputs in
            [
                conditional(inputs[0]) {
                    scan(inputs[0].scalar(0, of: .f32), count: 5) { carry, _ in (carry + 1, Nothing()) }.carry
                } else: {
                    inputs[0].scalar(9, of: .f32)
                }
            ]
        }
        let compiled = try CompiledProgram(program)
        let control = RunControl()
        #expect(try compiled.run([TensorValue([true], shape: [])], control: control)[0].floats == [5])
        #expect(control.progress.step == 5 && control.progress.of == 5)
        let cancelled = RunControl()
        cancelled.cancel()
        #expect(throws: ExecutionError.cancelled) {
            try compiled.run([TensorValue([true], shape: [])], control: cancelled)
        }
        #expect(try compiled.run([TensorValue([false], shape: [])], control: cancelled)[0].floats == [9])
    }
}
