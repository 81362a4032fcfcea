@testable import Execution
@testable import Tensors
import TestSupport
import Testing

@Suite("Windowed sums")
struct WindowSumTests {
    private func numbers(_ shape: Shape, _ factor: Int) -> TensorValue {
        TensorValue((0..<shape.count).map { Float($0 * factor % 17 - 8) }, shape: shape)
    }

    @Test("with holes, padding and cuts are those of window_sum_golden.py")
    func golden() throws {
        let x = numbers([4, 5], 7)
        let program = try Program.of([x.type]) { inputs in
            [
                windowSum(
                    inputs[0],
                    window: [2, 3],
                    stride: [2, 1],
                    padding: .edges(low: [1, 2], high: [2, 0]),
                    inputDilation: [1, 2],
                    windowDilation: [2, 1]
                ),
                windowSum(
                    inputs[0],
                    window: [2, 2],
                    stride: [1, 2],
                    padding: .edges(low: [-1, 1], high: [1, -2]),
                    inputDilation: [2, 1],
                    windowDilation: [1, 2]
                ),
            ]
        }
        let found = try CompiledProgram(program).run([x])
        let dilated: [Float] = [
            -7, -7, -7, 0, 7, 7, 4, -3, 1, -12, -12, -10, 2, 1, -1, -5, -4, 6, -5, -5, -3, 2, -6, -8, -9, -1, 5,
        ]
        #expect(found[0] == TensorValue(dilated, shape: [3, 9]))
        #expect(found[1] == TensorValue([0, 0, 1, 1, 2, 2] as [Float], shape: [6, 1]))
        let image = numbers([1, 3, 4, 2], 5)
        let pool = try Program.of([image.type]) { inputs in
            [averagePool(inputs[0], window: [2, 3], stride: [2, 1], padding: .edges(low: [1, 0], high: [0, 2]))]
        }
        let means: [Float] = [
            -3.666667, 1.333333, 0.666667, 0, 0, -3.5, 5, -7, 2.5, -1, 1.166667, 0.5, 0.5, 1.25, -3, 2,
        ]
        let pooled = try CompiledProgram(pool).run([image])[0]
        #expect(pooled.shape == [1, 2, 4, 2])
        for (f, e) in zip(pooled.floats, means) { #expect(abs(f - e) < 1e-6) }
    }

    @Test("add in row-major order of the window, from zero")
    func order() throws {
        // Only in this order does anything of the small numbers stay: 1e8 − 1e8 first, or the other way round.
        let rows: [[Float]] = [[1e8, -1e8, 1, 1], [1, 1, 1e8, -1e8], [1e8, 1, -1e8, 1]]
        for row in rows {
            let x = TensorValue(row, shape: [2, 2])
            let program = try Program.of([x.type]) { [windowSum($0[0], window: [2, 2])] }
            let sum = row.reduce(Float(0)) { $0 + $1 }
            #expect(try CompiledProgram(program).run([x])[0].floats == [sum])
        }
        // −0 is no sum that starts from zero.
        let zero = TensorValue([-0.0] as [Float])
        let program = try Program.of([zero.type]) { [windowSum($0[0], window: [1])] }
        #expect(try CompiledProgram(program).run([zero])[0].floats[0].sign == .plus)
    }

    @Test("are their own adjoints: ⟨W x, y⟩ = ⟨x, Wᵀ y⟩, and means have the derivatives that differences show")
    func adjoints() throws {
        for seed in 0..<20 as Range<UInt64> {
            var random = Seeded(seed)
            let type = TensorType(.f32, [random.integer(1...2), random.integer(2...4), random.integer(2...4), 2])
            let (window, stride) = ([random.integer(1...3), 2], [random.integer(1...2), 1])
            let body = { (inputs: [Tensor]) in
                [averagePool(inputs[0] * inputs[0].sine(), window: window, stride: stride, padding: .same)]
            }
            try expectGradients(at: [random.value(type)], seed: seed, body)
            try expectTangents(at: [random.value(type)], seed: seed, body)
            try expectSameInLanes([type], seed: seed, body)
        }
    }

    @Test("over a giant window, step or hole end at once, and without a place are refused")
    func giants() throws {
        let huge = 1 << 40
        let x = TensorValue([1, 2, 3] as [Float])
        func sum(_ window: Int, _ stride: Int, low: Int = 0, high: Int = 0, base: Int = 1, apart: Int = 1) -> WindowSum
        {
            WindowSum(
                window: [window],
                stride: [stride],
                low: [low],
                high: [high],
                inputDilation: [base],
                windowDilation: [apart]
            )
        }
        let cases: [(WindowSum, [Float])] = [
            (sum(huge, 1, low: huge - 1), [1, 3, 6]), (sum(huge, huge, low: huge - 1), [1]),
            (sum(2, 1, high: 0, base: huge, apart: huge / 2), []), (sum(2, huge, base: huge, apart: huge), [3, 5]),
            (sum(huge, huge, low: huge, high: huge, base: huge), [0, 1, 2, 3]),
            (sum(3, huge, low: huge, high: huge, apart: huge), [1]),
        ]
        for (primitive, expected) in cases where !expected.isEmpty {
            let program = try Program.of([x.type]) { [Trace.apply(primitive, [$0[0]])[0]] }
            #expect(try CompiledProgram(program).run([x])[0].floats == expected, "\(primitive)")
        }
        for primitive in [
            sum(0, 1), sum(1, 0), sum(1, 1, low: -4), sum(.max, 1), sum(1, .max), sum(1, 1, low: .min, high: .max),
            sum(1, 1, base: .max), sum(2, 1, apart: .max), sum(1, 1, low: .max, high: .max), sum(1, 1, high: huge),
        ] {
            #expect(throws: (any Error).self, "\(primitive)") {
                try CompiledProgram(Program.of([x.type]) { [Trace.apply(primitive, [$0[0]])[0]] })
            }
        }
    }
}
