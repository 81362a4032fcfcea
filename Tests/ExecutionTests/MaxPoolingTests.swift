@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("Max pooling")
struct MaxPoolingTests {
    private func numbers(_ shape: Shape, _ factor: Int) -> TensorValue {
        TensorValue((0..<shape.count).map { Float($0 * factor % 17 - 8) }, shape: shape)
    }

    @Test("takes the first of the largest under a window, which lies where convolution_golden.py says")
    func positions() throws {
        let x = numbers([2, 4, 5, 2], 7)
        let primitive = WindowArgMax(window: [2, 3], stride: [2, 2], low: [1, 0], high: [0, 2])
        let program = try Program.of([x.type]) { [Trace.apply(primitive, [$0[0]])[0]] }
        let expected: [Int32] = [
            2, 1, 4, 7, 8, 9, 12, 21, 24, 29, 28, 29, 0, 1, 6, 5, 8, 9, 20, 23, 18, 25, 18, 29,
        ]
        #expect(try CompiledProgram(program).run([x]) == [TensorValue(expected, shape: [2, 2, 3, 2])])
        let pool = try Program.of([x.type]) { inputs in
            [maxPool(inputs[0], window: [2, 3], stride: [2, 2], padding: .edges(low: [1, 0], high: [0, 2]))]
        }
        let largest = expected.enumerated().map { x.floats[($0 < 12 ? 0 : 40) + Int($1)] }
        #expect(try CompiledProgram(pool).run([x])[0].floats == largest)
    }

    @Test(
        "has the derivatives that differences show, where windows overlap and reach beyond, and runs in lanes"
    )
    func pooling() throws {
        for seed in 0..<10 as Range<UInt64> {
            var random = Seeded(seed)
            let type = TensorType(.f32, [random.integer(1...2), random.integer(2...4), random.integer(2...4), 2])
            let (window, stride) = ([random.integer(1...3), 2], [random.integer(1...2), 1])
            let body = { (inputs: [Tensor]) in
                [maxPool(inputs[0] * inputs[0].sine(), window: window, stride: stride, padding: .same)]
            }
            try expectGradients(at: [random.value(type, .apart)], seed: seed) { inputs in
                // It ascends, so that numbers apart stay so.
                [maxPool(inputs[0] + inputs[0].sine() * 0.5, window: window, stride: stride, padding: .same)]
            }
            try expectSameInLanes([type], seed: seed, numbers: .any, body)
        }
    }

    @Test("hands on NaN, and its derivative goes to the first of equals")
    func poolingTies() throws {
        let x = TensorValue([1, 3, 3, 2, .nan, 5, -.infinity, -.infinity] as [Float], shape: [1, 8, 1])
        let program = try Program.of([x.type]) { inputs in
            [maxPool(inputs[0], window: [2]), gradient(at: inputs[0]) { maxPool($0, window: [2]).sum() }]
        }
        let found = try CompiledProgram(program).run([x])
        #expect(found[0].floats.map { $0.isNaN ? 99 : $0 } == [3, 3, 99, -.infinity])
        #expect(found[1].floats == [0, 1, 1, 0, 1, 0, 1, 0])
    }
}
