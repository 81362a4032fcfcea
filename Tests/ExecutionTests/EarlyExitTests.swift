@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("Loops that end early")
struct EarlyExitTests {
    private static let length = 7

    /// Adds what comes, each with a weight, until there is enough. Beyond, √(limit − sum) and log would be NaN.
    private func ended(_ x: Tensor, _ limit: Tensor, _ weight: Tensor, isReverse: Bool = false) -> [Tensor] {
        let start = weight.filled(0)
        let loop = scan(start, over: x, reversed: isReverse, until: { $0 .>= limit }) { sum, number in
            let left = (limit - sum).squareRoot() + (limit - sum).log()
            return (sum + number * weight, left * number)
        }
        return [loop.carry, loop.outputs]
    }

    /// The same by hand: as many steps as it takes, written out.
    private func unrolled(_ x: Tensor, _ limit: Tensor, _ weight: Tensor, steps: Int, isReverse: Bool) -> [Tensor] {
        var sum = weight.filled(0)
        var outputs = [Tensor](repeating: weight.filled(0, shape: [1]), count: Self.length)
        let order = isReverse ? Array((0..<Self.length).reversed()) : Array(0..<Self.length)
        for step in order.prefix(steps) {
            let number = x.sliced(axis: 0, step..<(step + 1)).reshaped([])
            let left = (limit - sum).squareRoot() + (limit - sum).log()
            outputs[step] = (left * number).reshaped([1])
            sum = sum + number * weight
        }
        return [sum, concatenate(outputs, axis: 0)]
    }

    /// How many steps are run.
    private func steps(_ x: [Float], _ limit: Float, _ weight: Float, isReverse: Bool) -> Int {
        var sum: Float = 0
        for (step, number) in (isReverse ? x.reversed() : x).enumerated() {
            if sum >= limit { return step }
            sum += number * weight
        }
        return Self.length
    }

    private let types = [TensorType(.f32, [length]), TensorType(.f32, []), TensorType(.f32, [])]

    private func example(_ seed: UInt64) -> (x: [Float], limit: Float, weight: Float) {
        var random = Seeded(seed)
        let x = (0..<Self.length).map { _ in Float.random(in: 0.1...1, using: &random) }
        // Ends before it begins, at once, in between or never.
        return (x, random.pick([0, 0.05, 0.9, 1.7, 2.4, 100]), Float.random(in: 0.5...1.5, using: &random))
    }

    /// Values, gradients, second derivatives, tangents and tangents of gradients.
    private func derivatives(_ function: @escaping ([Tensor]) -> [Tensor], _ point: [Tensor]) -> [Tensor] {
        let scalar = { (point: [Tensor]) in
            let results = function(point)
            return (results[0] * results[0]).sum() + results[1].sine().sum()
        }
        let second = gradient(at: point) { point in
            gradient(at: point, of: scalar).reduce(point[1].sum() * 0) { $0 + ($1 * $1).sum() }
        }
        let along = point.map { $0.filled(0.5) }
        let pushed = jvp(at: point, along: along, of: function)
        let twice = jvp(at: point, along: along) { gradient(at: $0, of: scalar) }
        return function(point) + gradient(at: point, of: scalar) + second + pushed.tangent + twice.tangent
    }

    @Test("are the steps that are run, written out, in values and derivatives", arguments: [false, true])
    func unrolling(isReverse: Bool) throws {
        var counts: Set<Int> = []
        for seed in 0..<40 as Range<UInt64> {
            let (x, limit, weight) = example(seed)
            let count = steps(x, limit, weight, isReverse: isReverse)
            counts.insert(count)
            let inputs = [TensorValue(x), TensorValue(scalar: limit), TensorValue(scalar: weight)]
            let loop = try Program.of(types) { inputs in
                derivatives({ ended($0[0], $0[1], $0[2], isReverse: isReverse) }, inputs)
            }
            let written = try Program.of(types) { inputs in
                derivatives(
                    { unrolled($0[0], $0[1], $0[2], steps: count, isReverse: isReverse) },
                    inputs
                )
            }
            let reference = ReferenceInterpreter()
            let (ran, expected) = (try reference.run(loop, inputs), try reference.run(written, inputs))
            for (index, (r, e)) in zip(ran, expected).enumerated() {
                // Both in Double: only the order of sums differs.
                for (a, b) in zip(r.doubles, e.doubles) {
                    #expect(abs(a - b) < 1e-10 * (1 + abs(b)), "seed \(seed), result \(index): \(a), \(b)")
                }
            }
            let found = try CompiledProgram(loop).run(inputs)
            #expect(found.prefix(2) == (try CompiledProgram(written).run(inputs).prefix(2)), "seed \(seed)")
            for (index, (f, e)) in zip(found, expected).enumerated() {
                let scale = 1 + (e.doubles.map(\.magnitude).max() ?? 0)
                // Near its limit, √ has derivatives that no f32 can follow.
                guard scale < 1000 else { continue }
                #expect(f.floats.allSatisfy { $0.isFinite }, "seed \(seed), result \(index)")
                #expect(
                    disagreement(f, e, .absolute(1e-4 * scale), magnitude: e) == nil,
                    "seed \(seed), result \(index)"
                )
            }
        }
        #expect(counts.isSuperset(of: [0, 1, 2, Self.length]), "\(counts)")
    }

    @Test("end each lane by itself, and no lane sees another's", arguments: [false, true])
    func lanes(isReverse: Bool) throws {
        let lanes = 5
        let alone = try CompiledProgram(
            Program.of(types) { inputs in derivatives({ ended($0[0], $0[1], $0[2], isReverse: isReverse) }, inputs) }
        )
        // Weights of their own, or one for all.
        for isShared in [false, true] {
            let batched =
                [TensorType(.f32, [lanes, Self.length]), TensorType(.f32, [lanes])]
                + [TensorType(.f32, isShared ? [] : [lanes])]
            let inner = try Program.of(batched) { inputs in
                isShared
                    ? vmap(Array(inputs.prefix(2))) { own in
                        derivatives({ ended($0[0], $0[1], $0[2], isReverse: isReverse) }, own + [inputs[2]])
                    }
                    : vmap(inputs) { own in derivatives({ ended($0[0], $0[1], $0[2], isReverse: isReverse) }, own) }
            }
            let outer = try Program.of(batched) { inputs in
                derivatives(
                    { inputs in
                        isShared
                            ? vmap(Array(inputs.prefix(2))) { ended($0[0], $0[1], inputs[2], isReverse: isReverse) }
                            : vmap(inputs) { ended($0[0], $0[1], $0[2], isReverse: isReverse) }
                    },
                    inputs
                )
            }
            for seed in 0..<12 as Range<UInt64> {
                let examples = (0..<lanes).map { example(seed * 10 + UInt64($0)) }
                let weights = examples.map { isShared ? examples[0].weight : $0.weight }
                let inputs = [
                    TensorValue(examples.flatMap(\.x), shape: [lanes, Self.length]), TensorValue(examples.map(\.limit)),
                    isShared ? TensorValue(scalar: weights[0]) : TensorValue(weights),
                ]
                let expected = try (0..<lanes).map { lane in
                    let (x, limit, _) = examples[lane]
                    return try alone.run([
                        TensorValue(x), TensorValue(scalar: limit), TensorValue(scalar: weights[lane]),
                    ])
                }
                let found = try CompiledProgram(inner).run(inputs)
                for (index, result) in found.enumerated() {
                    for lane in 0..<lanes {
                        #expect(result[lane] == expected[lane][index], "seed \(seed), lane \(lane), result \(index)")
                    }
                }
                for (index, result) in try CompiledProgram(outer).run(inputs).enumerated() {
                    #expect(result.floats.allSatisfy { $0.isFinite }, "seed \(seed), result \(index)")
                    // Values and gradients of lanes; what is shared has the sum, and mixes lanes to second order.
                    guard index < 5 || !isShared, result.shape.rank > 0 else { continue }
                    for lane in 0..<lanes {
                        let scale = 1 + (expected[lane][index].floats.map(\.magnitude).max() ?? 0)
                        for (a, b) in zip(result[lane].floats, expected[lane][index].floats) {
                            #expect(
                                abs(a - b) <= 1e-4 * scale,
                                "seed \(seed), lane \(lane), result \(index): \(a), \(b)"
                            )
                        }
                    }
                }
            }
        }
    }

    @Test("end in lanes of lanes")
    func nestedLanes() throws {
        let types = [TensorType(.f32, [2, 3, Self.length]), TensorType(.f32, [2, 3]), TensorType(.f32, [3])]
        let program = try Program.of(types) { inputs in
            vmap(Array(inputs.prefix(2))) { rows in
                vmap(rows + [inputs[2]]) { ended($0[0], $0[1], $0[2]) }
            }
        }
        let alone = try CompiledProgram(Program.of(self.types) { ended($0[0], $0[1], $0[2]) })
        for seed in 0..<10 as Range<UInt64> {
            let examples = (0..<6).map { example(seed * 10 + UInt64($0)) }
            let inputs = [
                TensorValue(examples.flatMap(\.x), shape: [2, 3, Self.length]),
                TensorValue(examples.map(\.limit), shape: [2, 3]), TensorValue(examples.prefix(3).map(\.weight)),
            ]
            let found = try CompiledProgram(program).run(inputs)
            for place in 0..<6 {
                let (x, limit, _) = examples[place]
                let own = try alone.run([
                    TensorValue(x), TensorValue(scalar: limit), TensorValue(scalar: examples[place % 3].weight),
                ])
                for (f, o) in zip(found, own) { #expect(f[place / 3][place % 3] == o, "seed \(seed), lane \(place)") }
            }
        }
    }

    @Test("stop running once all lanes have ended, which is seen in the progress and in no bit")
    func stopping() throws {
        // A loop that takes a second if it is run to its end, and no time if it is not.
        let length = 1 << 24
        let program = try Program.of([TensorType(.i32, [3])]) { inputs in
            vmap([inputs[0]]) { own in
                let loop = scan(own[0], count: length, until: { $0 .> 9 }) { carry, _ in (carry + 1, Nothing()) }
                return [loop.carry]
            }
        }
        let loop = try #require(program.function.nodes.compactMap { $0.primitive as? Scan }.first)
        #expect(loop.until == 1 && loop.body.parameters[1] == TensorType(.bool, [3]))
        let control = RunControl()
        let found = try CompiledProgram(program).run([TensorValue([3, 9, 70] as [Int32])], control: control)
        #expect(found == [TensorValue([10, 10, 70] as [Int32])])
        #expect(control.progress == (length, length))
    }

    @Test("whose lanes share the flag stay loops that end")
    func sharedFlag() throws {
        let program = try Program.of([TensorType(.f32, [4])]) { inputs in
            let limit = inputs[0].sum()
            return [
                vmap(inputs[0]) { own in
                    let start = Pair(own, limit * 0)
                    let loop = scan(start, count: 6, until: { $0.second .>= limit }) { carry, _ in
                        (Pair(carry.first * 2, carry.second + 1), Nothing())
                    }
                    return loop.carry.first
                }
            ]
        }
        let loop = try #require(program.function.nodes.compactMap { $0.primitive as? Scan }.first)
        #expect(loop.until == 2 && loop.body.resultTypes[2] == TensorType(.bool, []))
        #expect(!loop.body.nodes.contains { $0.primitive is Conditional })
        #expect(
            try CompiledProgram(program).run([TensorValue([1, 0.5, 0.25, 0.25] as [Float])])[0].floats == [4, 2, 1, 1]
        )
    }

    @Test("are told apart from those that do not only by an attribute of their own")
    func attributes() throws {
        let body = try Function(parameters: [TensorType(.bool, [])], steps: [], results: [0])
        let plain = Scan(body: body, length: 2, constantCount: 0, carryCount: 1, isReverse: false)
        let ending = Scan(body: body, length: 2, constantCount: 0, carryCount: 1, isReverse: false, until: 0)
        #expect(plain.attributes.map(\.name) == ["length", "constants", "carries", "reverse", "body"])
        #expect(ending.attributes.map(\.name) == ["length", "constants", "carries", "reverse", "until", "body"])
        #expect(try Scan(attributes: ending.attributes).until == 0)
        #expect(throws: ProgramError.self) {
            try Scan(attributes: ending.attributes.map { $0.name == "until" ? Attribute("until", -1) : $0 })
        }
        #expect(throws: TraceError.self) {
            try Program.of([TensorType(.f32, [2])]) { inputs in
                [scan(inputs[0], count: 3, until: { $0 .> 0 }) { carry, _ in (carry, Nothing()) }.carry]
            }
        }
    }
}
