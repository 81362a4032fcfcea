import Execution
import Tensors
import TestSupport
import Testing

/// A chain of layers tanh(h W), each with weights of its own, in groups that may be checkpoints.
private struct Chain {
    let layers = 24
    let width = 32
    let batch = 256

    var ports: [Port] {
        [Port("x", TensorType(.f32, [batch, width])), Port("w", TensorType(.f32, [layers, width, width]))]
    }

    /// Value and gradient by x and the weights.
    func program(_ group: (_ inputs: [Tensor], _ layers: ([Tensor]) -> Tensor) -> Tensor) throws -> Program {
        try Program.trace(ports) { inputs in
            let weights = (0..<layers).map { inputs[1].sliced(axis: 0, $0..<($0 + 1)).reshaped([width, width]) }
            let (value, slope) = valueAndGradient(at: [inputs[0]] + weights) { point in
                var hidden = point[0]
                for first in stride(from: 1, to: point.count, by: 4) {
                    hidden = group([hidden] + point[first..<(first + 4)]) { inputs in
                        inputs.dropFirst().reduce(inputs[0]) { matmul($0, $1).tanh() }
                    }
                }
                return hidden.sum()
            }
            return [("value", value)] + slope.enumerated().map { ("\($0)", $1) }
        }
    }

    func inputs(seed: UInt64) -> [TensorValue] {
        var random = Seeded(seed)
        return ports.map { port in
            let numbers = (0..<port.type.shape.count).map { _ in Float.random(in: -0.3..<0.3, using: &random) }
            return TensorValue(numbers, shape: port.type.shape)
        }
    }
}

@Suite("Checkpoints")
struct CheckpointTests {
    @Test("change no bit of value or gradient, and keep less")
    func memory() throws {
        let chain = Chain()
        let plain = try CompiledProgram(chain.program { $1($0) })
        let kept = try CompiledProgram(chain.program { inputs, layers in checkpoint(inputs) { layers($0) } })
        let nested = try CompiledProgram(
            chain.program { inputs, layers in checkpoint(inputs) { checkpoint($0) { layers($0) } } }
        )
        for seed in 0..<3 as Range<UInt64> {
            let inputs = chain.inputs(seed: seed)
            let expected = try plain.run(inputs)
            #expect(try kept.run(inputs) == expected, "seed \(seed)")
            #expect(try nested.run(inputs) == expected, "seed \(seed)")
        }
        // Plain, 24 results of 32 KiB are kept; in checkpoints 6, and 4 inside the one that is being gone through. Beside
        // them lie the slices of the weights, of 4 KiB each.
        #expect(
            kept.arenaByteCount < plain.arenaByteCount * 2 / 3,
            "\(kept.arenaByteCount) of \(plain.arenaByteCount) bytes"
        )
        #expect(nested.arenaByteCount < plain.arenaByteCount * 2 / 3)
    }

    @Test("compute again what is inside, out of reach of what shares equal nodes")
    func insides() throws {
        let program = try Program.trace([Port("x", TensorType(.f32, [4]))]) { inputs in
            ["y": gradient(at: inputs[0]) { x in checkpoint(x) { $0.sine().tanh() }.exponential().sum() }]
        }
        let calls = program.function.nodes.compactMap { $0.primitive as? Call }
        #expect(calls.count == 2)
        #expect(calls.map { $0.body.nodes.filter { $0.primitive is Tanh }.count } == [1, 1])
        #expect(!program.function.nodes.contains { $0.primitive is Tanh })
    }

    @Test("pull back only to what is differentiated")
    func wanted() throws {
        let types = [TensorType(.f32, [8, 4]), TensorType(.f32, [4, 3])]
        let program = try Program.trace(types.enumerated().map { Port("\($0)", $1) }) { inputs in
            ["y": gradient(at: inputs[1]) { w in checkpoint(w) { matmul(inputs[0], $0).tanh() }.sum() }]
        }
        let calls = program.function.nodes.compactMap { $0.primitive as? Call }
        // Once to compute again, once for the weights, and not for the inputs.
        #expect(calls.last?.body.nodes.filter { $0.primitive is DotGeneral }.count == 2)
        #expect(calls.last?.body.results.count == 1)
    }

    @Test("give the same in lanes, in loops, in either mode and to second order")
    func everywhere() throws {
        let program = try Program.trace([Port("x", TensorType(.f32, [3, 4])), Port("w", TensorType(.f32, [4, 4]))]) {
            inputs in
            let (x, w) = (inputs[0], inputs[1])
            func outputs(_ layer: @escaping (Tensor) -> Tensor) -> [Tensor] {
                let looped = { (x: Tensor) in
                    scan(x, count: 3) { carry, _ in (layer(carry), layer(carry * 0.5)) }.outputs.sum()
                }
                let lanes = { (x: Tensor) in vmap(x) { layer($0).sum() + looped($0) } }
                let slope = { (x: Tensor) in gradient(at: x) { lanes($0).sum() } }
                return [
                    lanes(x), slope(x), jvp(at: x, along: x, of: lanes).tangent,
                    jvp(at: x, along: x, of: slope).tangent,
                    gradient(at: x) { (slope($0) * x).sum() }, vmap(x) { x in gradient(at: x, of: looped) },
                ]
            }
            let plain = { (x: Tensor) in matmul(x.tanh(), w).sine() }
            let kept = { (x: Tensor) in checkpoint(x, plain) }
            return (outputs(plain) + outputs(kept)).enumerated().map { ("\($0)", $1) }
        }
        let compiled = try CompiledProgram(program)
        for seed in 0..<10 as Range<UInt64> {
            var random = Seeded(seed)
            let inputs = program.inputs.map { port in
                TensorValue(
                    (0..<port.type.shape.count).map { _ in Float.random(in: -1..<1, using: &random) },
                    shape: port.type.shape
                )
            }
            let found = try compiled.run(inputs)
            for index in 0..<6 {
                // Cotangents of what is used in several places are added in another order.
                let pairs = zip(found[index].elements() as [Float], found[index + 6].elements() as [Float])
                #expect(pairs.allSatisfy { abs($0 - $1) <= 1e-5 * (1 + abs($0)) }, "seed \(seed), \(index)")
            }
            #expect(found[0] == found[6])
        }
    }

    @Test("may use tensors from outside, take integers, and return their inputs")
    func shapes() throws {
        let program = try Program.trace([Port("x", TensorType(.f32, [2])), Port("i", TensorType(.i32, [2]))]) {
            inputs in
            let point = Pair(inputs[0], inputs[1])
            let (value, slope) = valueAndGradient(at: point) { point in
                let (x, i) = (point.first, point.second)
                let ends = checkpoint([x, i]) { [$0[0], $0[1] + i, $0[0], x * $0[1].converted(to: .f32) + x] }
                return (ends[0] + ends[2] * 2 + ends[3]).sum() + ends[1].converted(to: .f32).sum()
            }
            return ["value": value, "x": slope.first, "i": slope.second, "same": checkpoint(inputs[0]) { $0 }]
        }
        let found = try CompiledProgram(program).run([TensorValue([3, 5] as [Float]), TensorValue([1, 2] as [Int32])])
        // Σ x + 2x + i x + x, and 2 i.
        #expect(found[0].elements() == [3 * 5 + 5 * 6 + 6] as [Float])
        #expect(found[1].elements() == [5, 6] as [Float])
        #expect(found[2].elements() == [0, 0] as [Int32])
        #expect(found[3].elements() == [3, 5] as [Float])
    }
}

@Suite("Loops that store few carries")
struct CheckpointedScanTests {
    /// Values and gradients of a loop of `length` steps, by its start, its inputs and a constant.
    private func program(length: Int, every interval: Int?, reversed: Bool, width: Int = 3) throws -> Program {
        let ports = [
            Port("start", TensorType(.f32, [width])), Port("xs", TensorType(.f32, [length, width])),
            Port("w", TensorType(.f32, [width])),
        ]
        return try Program.trace(ports) { inputs in
            let body = { (point: [Tensor]) in
                { (carry: Tensor, x: Tensor) in
                    let next = (carry * point[2] + x).tanh()
                    return (next, [next * carry, x])
                }
            }
            let loop = { (point: [Tensor]) in
                interval.map { scan(point[0], over: point[1], storingEvery: $0, reversed: reversed, body: body(point)) }
                    ?? scan(point[0], over: point[1], reversed: reversed, body: body(point))
            }
            let slope = gradient(at: inputs) { (loop($0).carry.sum() + loop($0).outputs[0].sum()) }
            let found = loop(inputs)
            return ([found.carry] + found.outputs + slope).enumerated().map { ("\($0)", $1) }
        }
    }

    @Test("equal plain ones, whatever is left over, forwards and backwards")
    func same() throws {
        var random = Seeded(7)
        for (length, reversed) in [(6, false), (6, true), (1, true), (0, false), (0, true)] {
            let sizes: [Shape] = [[3], [length, 3], [3]]
            let inputs = sizes.map { shape in
                TensorValue((0..<shape.count).map { _ in Float.random(in: -1..<1, using: &random) }, shape: shape)
            }
            let plain = try CompiledProgram(program(length: length, every: nil, reversed: reversed)).run(inputs)
            for interval in 1...8 {
                let found = try CompiledProgram(program(length: length, every: interval, reversed: reversed)).run(
                    inputs
                )
                // All but the gradient of the constant, whose sum is taken segment by segment.
                #expect(
                    found.dropLast() == plain.dropLast(),
                    "length \(length), every \(interval), reversed \(reversed)"
                )
                for (a, b) in zip(found[5].elements() as [Float], plain[5].elements() as [Float]) {
                    #expect(abs(a - b) <= 1e-5, "length \(length), every \(interval), reversed \(reversed)")
                }
            }
        }
    }

    @Test("keep about √n carries in place of n")
    func memory() throws {
        let plain = try CompiledProgram(program(length: 256, every: nil, reversed: false, width: 64))
        let few = try CompiledProgram(program(length: 256, every: 16, reversed: false, width: 64))
        // Both hold the outputs' cotangents, of 64 KiB; plain ones 256 carries of 256 bytes, these 32, and what is in a step.
        let carries = 256 * 256
        #expect(
            few.arenaByteCount < plain.arenaByteCount - carries * 3 / 4,
            "\(few.arenaByteCount) of \(plain.arenaByteCount) bytes"
        )
    }

    @Test("refuse an interval below 1")
    func mistakes() {
        let error = #expect(throws: TraceError.self) { try program(length: 4, every: 0, reversed: false) }
        #expect(error?.shape.description == "scan(f32[4, 3]): cannot keep the carry of every 0 steps")
    }
}
