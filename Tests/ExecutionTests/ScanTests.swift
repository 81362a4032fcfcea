@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("Loops")
struct ScanTests {
    /// One step of a small recurrent network, with the weights from outside.
    private func cell(_ carry: Tensor, _ input: Tensor, _ weights: Tensor) -> Tensor {
        (matmul(carry, weights) + input).tanh()
    }

    private func looped(_ inputs: [Tensor], isReverse: Bool) -> [Tensor] {
        let loop = scan(inputs[0], over: inputs[1], reversed: isReverse) { carry, input in
            let next = cell(carry, input, inputs[2])
            return (next, next * input)
        }
        return [loop.carry, loop.outputs]
    }

    private func unrolled(_ inputs: [Tensor], isReverse: Bool) -> [Tensor] {
        let length = inputs[1].shape[0]
        var carry = inputs[0]
        var outputs = [Tensor?](repeating: nil, count: length)
        for step in isReverse ? Array((0..<length).reversed()) : Array(0..<length) {
            let input = inputs[1].sliced(axis: 0, step..<(step + 1)).reshaped(carry.shape)
            carry = cell(carry, input, inputs[2])
            outputs[step] = (carry * input).reshaped(Shape([1] + carry.shape.sizes))
        }
        return [carry, concatenate(outputs.compactMap { $0 }, axis: 0)]
    }

    private func types(length: Int) -> [TensorType] {
        [TensorType(.f32, [3]), TensorType(.f32, [length, 3]), TensorType(.f32, [3, 3])]
    }

    @Test("give the bits of the steps written out, forward and in reverse", arguments: [false, true])
    func unrolling(isReverse: Bool) throws {
        for seed in 0..<20 as Range<UInt64> {
            var random = Seeded(seed)
            let types = types(length: random.integer(1...7))
            let inputs = types.map { random.value($0) }
            let loop = try Program.of(types) { looped($0, isReverse: isReverse) }
            let steps = try Program.of(types) { unrolled($0, isReverse: isReverse) }
            #expect(try CompiledProgram(loop).run(inputs) == CompiledProgram(steps).run(inputs), "seed \(seed)")
        }
    }

    @Test("have the gradient of the steps written out, and the second", arguments: [false, true])
    func gradients(isReverse: Bool) throws {
        func scalar(_ results: [Tensor]) -> Tensor { (results[0] * results[0]).sum() + results[1].sine().sum() }
        for seed in 0..<10 as Range<UInt64> {
            var random = Seeded(seed)
            let types = types(length: random.integer(1...5))
            let inputs = types.map { random.value($0) }
            func program(_ function: @escaping ([Tensor]) -> [Tensor]) throws -> Program {
                try Program.of(types) { inputs in
                    let first = gradient(at: inputs) { scalar(function($0)) }
                    let second = gradient(at: inputs) { inputs in
                        gradient(at: inputs) { scalar(function($0)) }.reduce(inputs[0].scalar(0)) {
                            $0 + ($1 * $1).sum()
                        }
                    }
                    return first + second
                }
            }
            let reference = ReferenceInterpreter()
            let loop = try program { looped($0, isReverse: isReverse) }
            let steps = try program { unrolled($0, isReverse: isReverse) }
            for (l, s) in zip(try reference.run(loop, inputs), try reference.run(steps, inputs)) {
                // Both in Double: only the order of sums differs.
                for (a, b) in zip(l.doubles, s.doubles) { #expect(abs(a - b) < 1e-11 * (1 + abs(b)), "seed \(seed)") }
            }
            try expectGradients(at: inputs, seed: seed) { looped($0, isReverse: isReverse) }
        }
    }

    @Test("run in lanes as they run alone, whatever is shared")
    func lanes() throws {
        for seed in 0..<40 as Range<UInt64> {
            try expectSameInLanes(types(length: Int(seed % 4)), seed: seed) { looped($0, isReverse: seed % 2 == 0) }
        }
    }

    @Test("of no steps hand on their start and stack nothing")
    func empty() throws {
        let types = types(length: 0)
        var random = Seeded(1)
        let inputs = types.map { random.value($0) }
        let program = try Program.of(types) { looped($0, isReverse: false) }
        let found = try CompiledProgram(program).run(inputs)
        #expect(found[0] == inputs[0])
        #expect(found[1] == TensorValue([] as [Float], shape: [0, 3]))
        let gradients = try Program.of(types) { inputs in
            gradient(at: inputs) { looped($0, isReverse: false)[0].sum() }
        }
        #expect(try CompiledProgram(gradients).run(inputs)[0].floats == [1, 1, 1])
    }

    @Test("inside loops see what is around them")
    func nested() throws {
        // Σ over i < 4 and j < 3 of (i + 1) (j + 1) x, in two loops that count.
        let program = try Program.of([TensorType(.f32, [2])]) { inputs in
            let sums = scan(inputs[0].filled(0), count: 4) { sum, i in
                let inner = scan(sum, count: 3) { sum, j in
                    let weight = (i.converted(to: .f32) + 1) * (j.converted(to: .f32) + 1)
                    return (sum + inputs[0] * weight, sum)
                }
                return (inner.carry, inner.outputs)
            }
            return [sums.carry, sums.outputs]
        }
        let found = try CompiledProgram(program).run([TensorValue([1, -2] as [Float])])
        #expect(found[0].floats == [60, -120])
        #expect(found[1].shape == [4, 3, 2])
        #expect(found[1].floats.prefix(6) == [0, 0, 1, -2, 3, -6])
    }

    @Test("may exchange, double and forget what they carry")
    func exchanges() throws {
        let types = [TensorType(.f32, [2]), TensorType(.f32, [2]), TensorType(.f32, [2])]
        let program = try Program.of(types) { inputs in
            let loop = scan(inputs, count: 5) { carry, step in
                // The second becomes the first, the first the second and, unchanged, the output; the third a constant.
                ([carry[1], carry[0], carry[0].filled(7)], [carry[0], carry[2], carry[0]])
            }
            return loop.carry + loop.outputs
        }
        let found = try CompiledProgram(program).run([[1, 2], [3, 4], [5, 6]].map { TensorValue($0 as [Float]) })
        #expect(found.prefix(3).map(\.floats) == [[3, 4], [1, 2], [7, 7]])
        #expect(found[3].floats == [1, 2, 3, 4, 1, 2, 3, 4, 1, 2])
        #expect(found[4].floats == [5, 6, 7, 7, 7, 7, 7, 7, 7, 7])
        #expect(found[5] == found[3])
    }

    @Test("may differentiate by what lies outside with what is only known inside")
    func gradientInside() throws {
        // Newton's steps towards the root of each number: the body differentiates by a tensor from outside.
        let program = try Program.of([TensorType(.f32, []), TensorType(.f32, [3])]) { inputs in
            let loop = scan(inputs[0], over: inputs[1]) { carry, number in
                let slope = gradient(at: inputs[0]) { outer in outer * outer * number * carry }
                let lanes = vmap(inputs[1]) { lane in lane * number + carry }
                return (carry * 0.5 + slope, lanes)
            }
            return [loop.carry, loop.outputs]
        }
        let inputs = [TensorValue(scalar: Float(0.5)), TensorValue([1, 2, 3] as [Float])]
        // slope = 2 · 0.5 · number · carry
        #expect(try CompiledProgram(program).run(inputs)[0].floats == [0.5 * 1.5 * 2.5 * 3.5])
    }

    @Test("stop gradients where they are told to")
    func stopped() throws {
        let program = try Program.of([TensorType(.f32, [])]) { inputs in
            [gradient(at: inputs[0]) { x in x * x.stoppingGradient() + (x * x).stoppingGradient() }]
        }
        #expect(try CompiledProgram(program).run([TensorValue(scalar: Float(3))])[0].floats == [3])
    }
}
